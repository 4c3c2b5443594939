"""The stand-in registries: right answers, and failures on demand."""

import pytest

from drivers.screening import understand
from drivers.states import Registry
from sandbox import registries
from sandbox.people import people


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.STATE = tmp_path


def question(name, number, person):
    car = (person.get("vehicles") or [{"plate": "x", "vin": "x"}])[0]
    return {
        "name": person["name"],
        "id_number": number,
        "licence_number": number,
        "plate": car["plate"],
        "vin": car["vin"],
    }


@pytest.mark.parametrize("name", sorted(Registry))
def test_every_answer_about_everybody_keeps_the_contract(name):
    for number, person in people().items():
        status, body = registries.answer(name, question(name, number, person))
        assert status in {200, 404}
        if status == 200:
            understand(Registry(name), body)


@pytest.mark.parametrize("name", sorted(Registry))
def test_nobody_knows_somebody_who_does_not_exist(name):
    assert registries.answer(name, {"name": "x", "id_number": "x", "plate": "x"}) == (404, {})


@pytest.mark.parametrize("name", sorted(Registry))
def test_a_registry_is_down_and_contradicts_on_demand(name):
    number, person = next((n, p) for n, p in people().items() if p["face"] == "applicant")
    asked = question(name, number, person)
    _status, truth = registries.answer(name, asked)
    registries.behave({name: "contradict"})
    status, body = registries.answer(name, asked)
    assert (status, body == truth) == (200, False)
    understand(Registry(name), body)
    registries.behave({name: "down"})
    assert registries.answer(name, asked) == (503, {})
    with pytest.raises(ValueError, match="one of"):
        registries.behave({name: "lazy"})
