"""From a draft to a decision of two people (D1, D2), with registries that answer, are down or contradict."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest
from django.db import connection, transaction

from accounts.errors import DocumentTaken
from accounts.models import Account
from accounts.services import enrol
from core import clock, outside
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Notification
from core.permissions import Role
from core.states import IllegalTransition
from drivers.errors import (
    AlreadyEnrolled,
    ApplicationOpen,
    CertificatesFaulty,
    IdCardFirst,
    LicenceTaken,
    NotEnrolled,
    NotYourIdNumber,
    ScreeningBars,
    ScreeningOpen,
    VehicleDiffers,
)
from drivers.models import (
    Application,
    Binding,
    Driver,
    FaceTemplate,
    Paper,
    Screening,
    Vehicle,
    VettingDecision,
)
from drivers.selectors import driver_of, next_in_queue, why_not_eligible
from drivers.services import (
    agree_appeal_decision,
    agree_decision,
    answer_face_check,
    appeal,
    ask_face_check,
    ask_registries_again,
    begin_application,
    due_screenings,
    give_face_consent,
    propose_appeal_decision,
    propose_decision,
    return_application,
    save_fields,
    save_photo,
    settle_screening,
    submit_application,
)
from drivers.services.applications import given_of
from drivers.states import Certificate, Decision, FacePurpose, Line
from drivers.tests.factories import followed
from drivers.vision.poses import Pose, shares
from sandbox import certificates
from sandbox.camera import frame

pytestmark = pytest.mark.long


def newcomer(code="newcomer", phone="13912340001"):
    with transaction.atomic():
        return enrol(
            code=code, role=Role.MEMBER, phone=phone, real_name="", id_number="", password_hash="!", verified_at=None
        )  # fmt: skip


def send_photos(account, face):
    for kind in Certificate:
        save_photo(account=account, kind=kind, content=certificates.photo(face, kind.value))
    save_fields(account=account, typed={"colour": "灰色", "seats": "4"})


def show_face(account, face, enrolled=None):
    driver = driver_of(account)
    give_face_consent(driver=driver)
    check = ask_face_check(driver=driver, purpose=FacePurpose.ENROL)
    frames = [
        [
            frame(face, pose, 4 * number + again, share)
            for again, share in enumerate(dict.fromkeys(shares(Pose(pose))))
        ]
        for number, pose in enumerate(check.challenge)
    ]
    return answer_face_check(driver=driver, code=followed(check, frames).code, frames=frames)


def enrol_quickly(account):
    FaceTemplate.objects.create(
        driver=driver_of(account), protected=[0.0] * 127 + [1.0], model="x", made_at=clock.now()
    )


def sent(account, face="applicant", line=Line.HITCH):
    begin_application(account=account, line=line)
    send_photos(account, face)
    enrol_quickly(account)
    return submit_application(account=account)


def in_review(account, face="applicant"):
    application = sent(account, face)
    settle_screening(Screening.objects.latest("pk").pk)
    application.refresh_from_db()
    assert application.state == "review"
    return application


def decided(people, application, outcome=Decision.APPROVE):
    propose_decision(account=people("vetting"), code=application.code, outcome=outcome, reason="seen")
    return agree_decision(account=people("supervisor"), code=application.code, agrees=True)


def test_the_whole_way_to_a_driver(registry, people):
    account = newcomer()
    begin_application(account=account)
    send_photos(account, "applicant")
    assert given_of(Application.objects.get())["vin"] == "LSVCF6C40KN000001"
    assert show_face(account, "applicant").refusal is None
    submit_application(account=account)
    row = Screening.objects.get()
    assert due_screenings(at=clock.now()) == [row.pk]
    settle_screening(row.pk)
    settle_screening(row.pk)
    row.refresh_from_db()
    assert (row.verdict, row.proven) == ("clear", True)
    assert {name for name, _body in registry.asked} == {"identity", "licence", "police", "vehicle"}
    application = decided(people, Application.objects.get())
    driver = driver_of(Account.objects.get(code="newcomer"))
    assert (application.state, driver.state, driver.licence_class) == ("approved", "vetted", "C1")
    assert driver.account.verified_at is not None
    assert driver.account.real_name == "陈新"
    assert Binding.objects.get(driver=driver).vehicle.plate == "浙C·A6789"
    assert Paper.objects.filter(replaced_at=None).count() == 2
    assert why_not_eligible(driver) is None
    decision = VettingDecision.objects.get()
    assert (decision.proposed_by, decision.agreed_by) == ("vetting", "supervisor")
    assert "drivers.offence_rules v0" in decision.citation
    assert application.code in Notification.objects.latest("pk").text
    assert driver.photo.startswith("data:image/jpeg")


def test_typed_as_you_go_is_kept_right_or_wrong_and_prefill_never_overwrites(world):
    account = newcomer()
    first = begin_application(account=account)
    assert begin_application(account=account, line=Line.EXPRESS) == first
    save_fields(account=account, typed={"vin": "wrong", "unknown": "x", "name": " 陈 "})
    assert given_of(Application.objects.get()) == {"vin": "WRONG", "name": "陈"}
    save_photo(
        account=account,
        kind=Certificate.VEHICLE_LICENCE,
        content=certificates.photo("applicant", "vehicle_licence"),
    )
    assert given_of(Application.objects.get())["vin"] == "WRONG"


def test_every_fault_comes_back_at_its_field(world):
    account = newcomer()
    begin_application(account=account)
    save_fields(account=account, typed={"id_number": "1"})
    with pytest.raises(CertificatesFaulty) as error:
        submit_application(account=account)
    codes = error.value.problem()["codes"]
    assert (codes["id_number"], codes["vin"], codes["id_card"]) == (
        "id_number_wrong",
        "missing",
        "photo_missing",
    )
    assert Application.objects.get().state == "draft"


def test_sending_needs_the_face_and_ones_own_number(world, people):
    account = newcomer()
    begin_application(account=account)
    send_photos(account, "applicant")
    with pytest.raises(NotEnrolled):
        submit_application(account=account)
    passenger = people("passenger")
    begin_application(account=passenger)
    assert given_of(Application.objects.get(driver__account=passenger))["name"] == "林小雨"
    save_fields(account=passenger, typed={"id_number": "", "name": ""})
    send_photos(passenger, "applicant")
    enrol_quickly(passenger)
    with pytest.raises(NotYourIdNumber):
        submit_application(account=passenger)


def test_enrolment_is_compared_with_the_id_card(world):
    account = newcomer()
    begin_application(account=account)
    give_face_consent(driver=driver_of(account))
    with pytest.raises(IdCardFirst):
        ask_face_check(driver=driver_of(account), purpose=FacePurpose.ENROL)
    send_photos(account, "applicant")
    outcome = show_face(account, "son")
    assert outcome.refusal.code == "face_refused"
    assert not FaceTemplate.objects.filter(driver=driver_of(account)).exists()
    assert show_face(account, "applicant").refusal is None
    assert FaceTemplate.objects.filter(driver=driver_of(account), retired_at=None).count() == 1


def test_what_is_being_checked_cannot_be_changed(registry, world):
    account = newcomer()
    sent(account)
    for attempt in (
        lambda: save_fields(account=account, typed={"name": "x"}),
        lambda: submit_application(account=account),
        lambda: save_photo(account=account, kind=Certificate.ID_CARD, content=certificates.photo("applicant", "id_card")),
    ):  # fmt: skip
        with pytest.raises(ApplicationOpen):
            attempt()


@pytest.mark.parametrize(
    ("name", "answer"), [("police", 503), ("licence", 500), ("identity", {"match": "perhaps"})]
)
def test_a_registry_that_is_down_delays_and_never_decides(registry, people, noon, name, answer):
    registry.said[name] = answer
    application = sent(newcomer())
    settle_screening(Screening.objects.get().pk)
    row = Screening.objects.get()
    application.refresh_from_db()
    assert (row.state, row.attempts, application.state) == ("asked", 1, "checking")
    assert due_screenings(at=clock.now()) == []
    with pytest.raises(IllegalTransition):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.REFUSE, reason="x"
        )
    registry.said.clear()
    noon.shift(6)
    assert due_screenings(at=clock.now()) == [row.pk]
    settle_screening(row.pk)
    application.refresh_from_db()
    assert application.state == "review"


def test_nobody_is_approved_against_a_bar_and_a_registry_can_be_asked_again(registry, people):
    registry.said["police"] = {"records": [{"category": "persons", "year": 2012}]}
    application = in_review(newcomer())
    with pytest.raises(ScreeningBars):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x"
        )
    registry.said.clear()
    ask_registries_again(account=people("vetting"), code=application.code)
    with pytest.raises(ScreeningOpen):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x"
        )
    settle_screening(Screening.objects.latest("pk").pk)
    assert decided(people, application).state == "approved"
    assert [row.verdict for row in Screening.objects.order_by("pk")] == ["bar", "clear"]


def test_somebody_with_a_record_is_refused_and_can_object_to_others(registry, people):
    account = newcomer()
    application = decided(people, in_review(account, "stranger"), Decision.REFUSE)
    assert (application.state, Driver.objects.get(account=account).state) == ("refused", "applied")
    row = appeal(driver=driver_of(account), code=application.code, words="that was my brother")
    for had in ("vetting", "supervisor"):
        with pytest.raises(Exception, match="had_a_part"):
            propose_appeal_decision(account=people(had), code=row.code, granted=True, reason="x")
    propose_appeal_decision(account=people("adjudicator"), code=row.code, granted=True, reason="look again")
    for had, code in (("vetting", "had_a_part"), ("adjudicator", "second_person_needed")):
        with pytest.raises(Exception, match=code):
            agree_appeal_decision(account=people(had), code=row.code, agrees=True)
    application.refresh_from_db()
    assert application.state == "refused"
    agree_appeal_decision(account=people("adjudicator2"), code=row.code, agrees=True)
    application.refresh_from_db()
    assert application.state == "review"
    with pytest.raises(Forbidden):  # those who decided before do not decide again
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.REFUSE, reason="x"
        )


def test_a_second_decision_overrides_the_first_and_both_stay(registry, people):
    account = newcomer()
    application = decided(people, in_review(account), Decision.REFUSE)
    row = appeal(driver=driver_of(account), code=application.code, words="x")
    propose_appeal_decision(account=people("adjudicator"), code=row.code, granted=True, reason="x")
    agree_appeal_decision(account=people("adjudicator2"), code=row.code, agrees=True)
    with transaction.atomic():
        for name in ("vetting3", "vetting4"):
            enrol(code=name, role=Role.VETTING, phone=f"139777700{name[-1]}0", real_name="", id_number="", password_hash="!", verified_at=None)  # fmt: skip
    propose_decision(account=people("vetting3"), code=application.code, outcome=Decision.APPROVE, reason="x")
    agree_decision(account=people("vetting4"), code=application.code, agrees=True)
    first, second = VettingDecision.objects.order_by("pk")
    assert (first.outcome, second.outcome, second.overrides) == ("refuse", "approve", first)


def test_two_keys_and_reasons(registry, people):
    application = in_review(newcomer())
    with pytest.raises(InvalidInput):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason=" "
        )
    for who in ("agent", "specialist", "adjudicator", "admin", "officer", "driver"):
        with pytest.raises(Forbidden):
            propose_decision(account=people(who), code=application.code, outcome=Decision.APPROVE, reason="x")
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")
    with pytest.raises(SecondPersonNeeded):
        agree_decision(account=people("vetting"), code=application.code, agrees=True)
    agree_decision(account=people("supervisor"), code=application.code, agrees=False)
    application.refresh_from_db()
    assert (application.state, application.proposed, VettingDecision.objects.count()) == ("review", "", 0)


def test_back_to_the_applicant_with_words(registry, people, signed_in):
    application = in_review(newcomer())
    return_application(account=people("vetting"), code=application.code, words="行驶证照片模糊")
    application.refresh_from_db()
    assert application.state == "draft"
    assert "行驶证照片模糊" in signed_in("newcomer").get("/drive/apply/").content.decode()


def test_one_licence_and_one_document_are_one_account(registry, people):
    decided(people, in_review(newcomer()))
    second = in_review(newcomer("second", "13912340002"))
    propose_decision(account=people("vetting"), code=second.code, outcome=Decision.APPROVE, reason="x")
    with pytest.raises(DocumentTaken):
        agree_decision(account=people("supervisor"), code=second.code, agrees=True)
    Account.objects.filter(code="newcomer").update(id_index=None, verified_at=None)
    with pytest.raises(LicenceTaken):
        agree_decision(account=people("supervisor"), code=second.code, agrees=True)
    assert Driver.objects.get(account__code="second").state == "applied"
    assert VettingDecision.objects.count() == 1


def test_a_plate_that_is_another_car_here_is_refused(registry, people):
    Vehicle.objects.create(plate="浙C·A6789", vin="LFV3A23CXG3000004", model="x", colour="x")
    application = in_review(newcomer())
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")
    with pytest.raises(VehicleDiffers):
        agree_decision(account=people("supervisor"), code=application.code, agrees=True)
    assert VettingDecision.objects.count() == 0


def test_a_claimed_licence_is_bound_to_nobody_before_it_is_vetted(registry, world):
    sent(newcomer())
    assert Driver.objects.get(account__code="newcomer").licence_index is None


def test_the_reviewers_page_marks_differences_and_is_in_the_journal(registry, people, signed_in):
    registry.said["vehicle"] = {
        "match": True, "owner": "别人", "model": "大众朗逸", "colour": "红色", "seats": 4,
        "registered_on": "2019-06-18", "valid_until": "2029-06-30", "use": "private",
    }  # fmt: skip
    application = in_review(newcomer())
    page = signed_in("vetting").get(f"/admin/vetting/applications/{application.code}/").content.decode()
    assert "≠ 别人" in page
    assert "≠ 红色" in page
    assert "≠ 大众朗逸" not in page
    assert AuditEntry.objects.filter(action="drivers.application_read", case=application.code).count() == 1


def test_the_next_applicant_is_one_that_i_may_act_on(registry, people):
    one, two = in_review(newcomer()), in_review(newcomer("second", "13912340002"), "lender")
    assert next_in_queue(one.code, "vetting") == two.code
    propose_decision(account=people("vetting"), code=two.code, outcome=Decision.REFUSE, reason="x")
    assert next_in_queue(one.code, "vetting") == ""
    assert next_in_queue(two.code, "supervisor") == one.code


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_agree_at_once_and_one_decision_stands(registry, people):
    application = in_review(newcomer())
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")
    with transaction.atomic():
        enrol(code="vetting3", role=Role.VETTING, phone="13977770030", real_name="", id_number="", password_hash="!", verified_at=None)  # fmt: skip
    gate = Barrier(2)

    def agree(name):
        gate.wait()
        try:
            agree_decision(account=people(name), code=application.code, agrees=True)
        except IllegalTransition:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(agree, ["supervisor", "vetting3"])) == [False, True]
    assert VettingDecision.objects.count() == 1


def test_pages_and_api_keep_read_and_send(registry, people, signed_in):
    newcomer()
    client = signed_in("newcomer")
    assert client.get("/api/v1/driver/application/").json()["code"] == "not_a_driver"
    assert client.post("/api/v1/driver/application/", {}, content_type="application/json").status_code == 201
    body = json.dumps({"fields_typed": {"vin": "x"}})
    said = client.patch("/api/v1/driver/application/", body, content_type="application/json").json()
    assert {"field": "vin", "code": "vin_wrong"}.items() <= next(
        row for row in said["faults"] if row["field"] == "vin"
    ).items()
    answer = client.post("/api/v1/driver/application/send/")
    assert (answer.status_code, answer.json()["codes"]["vin"]) == (400, "vin_wrong")
    page = client.post("/drive/apply/save/", {"vin": "LSVCF6C41KN000001"}, headers={"hx-request": "true"})
    assert "This is not a VIN" in page.content.decode()
    assert client.post("/drive/apply/photos/passport/").status_code == 400
    assert client.post("/drive/apply/photos/id_card/").status_code == 302
    with pytest.raises(NotFound):
        save_fields(account=people("passenger"), typed={})


def test_nobody_puts_another_face_in_the_place_of_a_vetted_one(world, people):
    """The son begins a renewal on the father's account, with his own card and his own face."""
    father = people("driver")
    begin_application(account=father)
    save_photo(account=father, kind=Certificate.ID_CARD, content=certificates.photo("son", "id_card"))
    before = list(FaceTemplate.objects.filter(driver=driver_of(father), retired_at=None))
    with pytest.raises(AlreadyEnrolled):
        show_face(father, "son")
    assert list(FaceTemplate.objects.filter(driver=driver_of(father), retired_at=None)) == before
    # After a change of model he is compared with the vetted portrait, not with the new card.
    FaceTemplate.objects.update(model="an older one")
    assert show_face(father, "son").refusal.code == "face_refused"
    assert show_face(father, "driver").refusal is None


def test_another_id_card_asks_for_the_face_again(world):
    account = newcomer()
    begin_application(account=account)
    send_photos(account, "applicant")
    assert show_face(account, "applicant").refusal is None
    save_photo(account=account, kind=Certificate.ID_CARD, content=certificates.photo("lender", "id_card"))
    with pytest.raises(NotEnrolled):
        submit_application(account=account)


def test_a_registry_that_is_slow_is_one_that_is_down(registry, world, monkeypatch):
    registry.pause = 0.6
    monkeypatch.setattr(outside, "_client", lambda: httpx.Client(timeout=0.2, trust_env=False))
    application = sent(newcomer())
    settle_screening(Screening.objects.get().pk)
    application.refresh_from_db()
    assert (Screening.objects.get().state, application.state) == ("asked", "checking")


def test_certificates_open_to_reviewers_alone(world, people, signed_in):
    account = newcomer()
    begin_application(account=account)
    send_photos(account, "applicant")
    code = Application.objects.get().id_card.code
    assert signed_in("vetting").get(f"/admin/pictures/{code}.jpg").status_code == 200
    for who in ("agent", "specialist", "passenger", ""):
        assert signed_in(who).get(f"/admin/pictures/{code}.jpg").status_code in {302, 403, 404}


def test_nothing_personal_of_an_application_is_in_the_clear(registry, people):
    in_review(newcomer())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given, read FROM drivers_application"
            " UNION ALL SELECT answers, convert_to(findings::text, 'UTF8') FROM drivers_screening"
        )
        dump = b"".join(bytes(each) for row in cursor.fetchall() for each in row)
    assert len(dump) > 500
    for secret in ("陈新", "33010619900101123X", "LSVCF6C40KN000001"):
        assert secret.encode() not in dump
