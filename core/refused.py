"""What fields of libraries say where they refuse something, and leave to nobody's language or length."""

from django import forms
from rest_framework import serializers


def say_it_in_one_sentence() -> None:
    """Leave what was sent out of what is said of it, and say what a library says in English alone by a sentence that has one
    in every language.

    What was sent may be thousands of signs, some of which turn the words around. A field takes its sentences when it is
    made, so this comes before any is.
    """
    sentence = forms.ModelChoiceField.default_error_messages["invalid_choice"]
    for kind in (forms.ChoiceField, forms.MultipleChoiceField, forms.ModelMultipleChoiceField):
        kind.default_error_messages["invalid_choice"] = sentence
    forms.ModelMultipleChoiceField.default_error_messages["invalid_pk_value"] = sentence
    for read in (serializers.ChoiceField, serializers.MultipleChoiceField):
        read.default_error_messages = read.default_error_messages | {"invalid_choice": sentence}
    number = serializers.FloatField.default_error_messages
    number["overflow"] = number["invalid"]
