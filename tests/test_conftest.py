"""What one test leaves behind is not there for the next one; these run in their order."""

from django.conf import settings
from django.utils import timezone, translation


def test_a_test_that_speaks_french_in_tokyo():
    translation.activate("fr")
    timezone.activate("Asia/Tokyo")
    assert (translation.get_language(), timezone.get_current_timezone_name()) == ("fr", "Asia/Tokyo")


def test_leaves_the_next_one_its_own_language_and_zone():
    assert translation.get_language() == settings.LANGUAGE_CODE
    assert timezone.get_current_timezone_name() == settings.TIME_ZONE
