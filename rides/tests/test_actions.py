"""Lines, the night and the driver's page act through their registries."""

from conftest import NOON  # noqa: F401
from rides.models import LineSuspension
from rides.tests.test_lines import propose


def test_an_empty_request_about_a_suspension_withdraws_nothing(people, signed_in):
    row = propose(people)
    signed_in("specialist").post(f"/admin/lines/{row.code}/", {})
    assert LineSuspension.objects.get().state == "proposed"
