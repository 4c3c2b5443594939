"""The three certificates as typed (D1), and what is read from their photos."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import typed
from drivers import certificates
from drivers.certificates import check, tidy, years_between
from drivers.states import Certificate, Line
from drivers.vision.documents import differences, read_certificate
from sandbox import certificates as drawn
from sandbox.people import people

pytestmark = pytest.mark.long

TODAY = date(2026, 3, 2)
GOOD = {
    "name": "陈新",
    "id_number": "33010619900101123X",
    "licence_number": "33010619900101123X",
    "licence_class": "C1",
    "licence_first": "2012-05-06",
    "licence_until": "2032-05-06",
    "plate": "浙C·A6789",
    "vin": "LSVCF6C40KN000001",
    "owner": "陈新",
    "model": "大众朗逸",
    "colour": "灰色",
    "seats": "4",
    "registered_on": "2019-06-18",
    "vehicle_until": "2029-06-30",
}


def faults(line=Line.HITCH, **changed):
    found, wrong = check(GOOD | changed, line=line, today=TODAY)
    assert (found is None) == bool(wrong)
    return {(each.field, each.code) for each in wrong}


def test_what_holds_up_is_read_into_its_types():
    found, wrong = check(GOOD, line=Line.HITCH, today=TODAY)
    assert wrong == []
    assert (found.seats, found.licence_until, found.plate) == (4, date(2032, 5, 6), "浙C·A6789")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "missing"),
        ("id_number", "330106199001011231", "id_number_wrong"),
        ("id_number", "x", "id_number_wrong"),
        ("licence_class", "D", "licence_class_wrong"),
        ("licence_class", "C9", "licence_class_wrong"),
        ("licence_first", "2027-01-01", "date_in_future"),
        ("licence_first", "2007-12-31", "licence_too_early"),
        ("licence_first", "2012-13-01", "date_wrong"),
        ("licence_until", "2026-03-01", "expired"),
        ("licence_until", "soon", "date_wrong"),
        ("licence_number", "410105199205052344", "licence_number_differs"),
        ("plate", "浙C·A678", "plate_wrong"),
        ("plate", "浙C·A67O9", "plate_wrong"),
        ("plate", "A·C12345", "plate_wrong"),
        ("vin", "LSVCF6C41KN000001", "vin_wrong"),
        ("vin", "LSVCF6C4IKN000001", "vin_wrong"),
        ("vin", "LSVCF6C40KN00000", "vin_wrong"),
        ("seats", "0", "seats_wrong"),
        ("seats", "7", "seats_wrong"),
        ("seats", "four", "seats_wrong"),
        ("registered_on", "2026-03-03", "date_in_future"),
        ("vehicle_until", "2026-03-01", "expired"),
        ("vehicle_until", "长期", "date_wrong"),
    ],
)
def test_each_failure_names_its_field(field, value, code):
    assert (field, code) in faults(**{field: value})


def test_the_last_day_of_validity_still_holds_and_a_licence_may_have_no_end():
    assert faults(licence_until="2026-03-02", vehicle_until="2026-03-02") == set()
    assert faults(licence_until="长期") == set()


@pytest.mark.parametrize("plate", ["京AF12345", "粤B·D12345", "粤B12345D", "浙C·A6789"])
def test_plates_of_both_kinds_hold(plate):
    assert faults(plate=tidy("plate", plate)) == set()


def test_somebody_under_eighteen_is_refused():
    assert ("id_number", "under_age") in faults(id_number=minor())


def minor():
    """An ID number of somebody born in 2009."""
    return next(f"44030520090101123{mark}" for mark in "0123456789X" if typed.document.is_id_number(f"44030520090101123{mark}"))  # fmt: skip


def test_other_lines_ask_for_permits_and_the_alarm_device():
    asked = faults(line=Line.EXPRESS)
    assert ("alarm_device", "alarm_device_missing") in asked
    assert {field for field, _code in asked} == set(certificates.PERMITS)
    permits = {"driver_permit": "1", "driver_permit_until": "2027-01-01", "transport_permit": "2"}
    assert faults(
        line=Line.EXPRESS, **permits, transport_permit_until="2027-01-01", alarm_device="yes"
    ) == set()  # fmt: skip


def test_every_fault_has_a_sentence():
    for code in certificates.SENTENCES:
        assert certificates.Fault("x", code).sentence


@given(st.text(max_size=30))
def test_no_text_breaks_the_checks(text):
    for field in GOOD:
        _found, wrong = check(GOOD | {field: tidy(field, text)}, line=Line.HITCH, today=TODAY)
        assert all(each.sentence for each in wrong)


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPRSTUVWXYZ"))
def test_a_slip_in_a_vin_is_seen(place, mark):
    """ISO 3779's digit sees a changed mark unless its value modulo 11 is the same."""
    good = "LSVCF6C40KN000001"
    changed = good[:place] + mark + good[place + 1 :]
    value = typed.vin._VALUES
    if place != 8 and int(value.get(mark, mark)) == int(value.get(good[place], good[place])):
        assert typed.vin.is_vin(changed)
    elif changed != good:
        assert not typed.vin.is_vin(changed)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-05-31", date(2026, 5, 31)), ("2026/5/31", date(2026, 5, 31)), ("2026年5月31日", date(2026, 5, 31)), ("2026-02-30", None), ("", None)],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(text, day):
    assert typed.day.guess(text) == day


def test_years_turn_on_the_birthday():
    assert years_between(date(2008, 3, 2), TODAY) == 18
    assert years_between(date(2008, 3, 3), TODAY) == 17


@pytest.mark.parametrize("face", ["applicant", "lender"])
def test_photos_of_all_three_are_read(face):
    person = next(each for each in people().values() if each["face"] == face)
    read = {kind: read_certificate(kind, drawn.photo(face, kind.value))[0] for kind in Certificate}
    assert read[Certificate.ID_CARD]["name"] == person["name"]
    assert read[Certificate.DRIVING_LICENCE]["licence_class"] == person["licence"]["class"]
    assert read[Certificate.DRIVING_LICENCE]["licence_until"] == person["licence"]["valid_until"]
    car = person["vehicles"][0]
    assert read[Certificate.VEHICLE_LICENCE]["vin"] == car["vin"]
    assert read[Certificate.VEHICLE_LICENCE]["plate"] == car["plate"]
    assert read[Certificate.VEHICLE_LICENCE]["registered_on"] == car["registered_on"]


def test_a_photo_of_something_else_says_nothing():
    from sandbox.plates import photo

    assert read_certificate(Certificate.ID_CARD, photo("浙C·A6789")) == ({}, b"")


def test_a_difference_is_one_only_where_something_else_is_meant():
    assert differences({"plate": "浙C·A6789", "licence_until": "2032年5月6日"}, {"plate": "浙CA6789", "licence_until": "2032-05-06"}) == {}  # fmt: skip
    assert differences({"name": "陈新"}, {"name": "陈欣", "vin": "x"}) == {"name": "陈欣"}


def test_without_an_end_is_without_an_end_however_it_is_written():
    assert differences({"licence_until": "长期有效"}, {"licence_until": "长期"}) == {}
    assert differences({"licence_until": "2032-05-06"}, {"licence_until": "长期"}) == {
        "licence_until": "长期"
    }
