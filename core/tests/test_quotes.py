"""A text that quotes a button or a place of ours by its name quotes the name that it has, in each language."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from core.languages import say_in
from core.wording import catalogue

# What stands in quotation marks, and the text that it must be.
QUOTES = [
    ("The page looks again every 5 seconds; without scripts, press Look again. Each minute of looking is written down with your account.", "Look again"),
    ("She chose 'route or price'. Which class is it?", "route or price"),
    ("Appeal against 'malicious alarm'", "malicious alarm"),
    ("Appeals against 'malicious alarm'", "malicious alarm"),
    ("'Knowingly false' is decided by two people.", "knowingly false"),
    ("“Good”, under duress", "Good"),
    ("A decision about a complaint keeps you from driving. The decision and how to appeal stand under 'My complaints'.", "My complaints"),
    ("Ask a specialist or supervisor to open this page and confirm. It shows among what is due on their first page.", "Due"),
    ("Somebody in danger now? Open an incident: 'Police on the line', or the welfare check.", "Police on the line"),
    ("Never again: take it back", "Never again"),
    ("Your phone, computer or security key asks for your finger, face or PIN. Who has added no passkey yet signs in another way first, and adds it under ‘Me’.", "Me"),
    ("We would record picture and sound of your side, so that it can be seen later who was there. It lies encrypted for %(kept)s, or for %(failed)s if the reviewer sees somebody else; only who may decide such checks can see it, and each look is noted. You may refuse: the call is the same without. Your answer counts until you change it, here or under 'My data and consents'.", "My data and consents"),
    ("Open 'police on the line', call the station's published number back, release with a second person", "Police on the line"),
]  # fmt: skip
# The browser's own; what stands on a licence; states of a message, said as they are.
NO_NAME = {"允许", "长期", "已送达", "已交出"}
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("text", "quoted"), QUOTES)
def test_what_is_quoted_is_what_stands_there(language, text, quoted):
    said = say_in(language, text)
    # English may speak of what is due without naming the list.
    if language == "en" and quoted == "Due":
        assert "due" in said
    else:
        assert say_in(language, quoted).casefold() in said.casefold()


@pytest.mark.parametrize("language", LANGUAGES)
def test_she_is_told_to_hold_the_button_that_is_there(client, language):
    """Her life may hang on it: the practice page quotes the button of the question, and the question."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = client.post("/practice/sos/").content.decode()
    good, question = say_in(language, "Good"), say_in(language, "How is the ride?")
    assert f"“{good}”" in page
    assert f"“{question}”" in page
    source = (Path(settings.BASE_DIR) / "templates" / "safety" / "_question.html").read_text()
    assert 'data-hold="duress">{% translate "Good" %}</button>' in source
    assert '{% translate "How is the ride?" %}' in source


def test_every_quoted_name_is_compared():
    """A new text with a short name in quotation marks belongs into the list above, or names nothing of ours."""
    known = {say_in("zh-hans", quoted) for _text, quoted in QUOTES} | {say_in("zh-hans", "Good")}
    texts = catalogue(Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")
    labels = {said for key, found in texts.items() for said in found if len(said) <= 6 and "“" not in said}
    listed = {text for text, _quoted in QUOTES}
    for key, found in texts.items():
        for said in re.findall("“([^”%]{2,6})”", "".join(found)):
            if said in labels and said not in NO_NAME:
                assert said in known, said
                assert key.text in listed or "%(" in key.text, key
