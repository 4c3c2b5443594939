"""N9: each table says how long it is kept; what is over goes on a simulated clock, what is held stays, and one bad row
stops only itself."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.html import escape

from accounts.leaving import _close, _erase
from accounts.models import Device, EmergencyContact, OneTimeCode, RealNameCheck
from accounts.services import add_emergency_contact
from complaints.models import Complaint
from complaints.services import file_complaint
from complaints.states import Category, ComplaintState
from core import clock, holds, jobs, pictures, retention, retry
from core.actors import SYSTEM
from core.models import Notification, StoredPicture, TimelineEntry
from core.privacy import EncryptedTextField
from core.wording import APPS
from drivers.models import Application
from drivers.selectors import driver_of
from drivers.services import begin_application
from drivers.services.applications import DRAFTS
from drivers.tests.factories import passed_check
from governance import shadow
from police.models import Release
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides import partitions
from rides.models import TrailMinute, Trip
from rides.selectors import trail_of
from rides.states import Party
from rides.tokens import TripKey
from rides.trails import Fix, pack
from safety.models import TripShare, WelfareCheck
from safety.services import file_welfare_check, share_trip
from tests.test_machines import MACHINES

OURS = {
    model._meta.label
    for app in APPS
    if apps.is_installed(app)
    for model in apps.get_app_config(app).get_models()
}
YEARS = timedelta(days=3 * 366, minutes=1)


def test_everybody_reads_what_is_kept_what_for_and_how_long_before_anything_is_asked(client, db):
    """PIPL art. 17: in their language, each kind of data of which a table holds something, with the times in force."""
    assert 'href="/kept/"' in client.get("/sign-in/code/").content.decode()
    page = client.get("/kept/", headers={"accept-language": "zh-hans"}).content.decode()
    held = {rule.data.key for rule in retention.rules().values() if rule.data is not None}
    with translation.override("zh-hans"):
        for kind in (each for each in retention.kinds() if each.key in held):
            for said in (kind.label, kind.purpose, kind.processors):
                assert escape(str(said)) in page, kind.key
        assert retention.RECORDS_KEPT.kind.lines(retention.RECORDS_KEPT.default)[0] in page


def run(table):
    return retention.rules()[table].job.run(at=clock.now())


def test_each_table_of_ours_says_how_long_it_is_kept():
    assert OURS - retention.rules().keys() == set()
    assert retention.rules().keys() - OURS == set()


def test_a_column_of_personal_data_is_in_no_table_that_holds_nobody():
    for table, rule in retention.rules().items():
        if rule.data is None:
            fields = apps.get_model(table)._meta.concrete_fields
            assert not [field.name for field in fields if isinstance(field, EncryptedTextField)], table


def test_each_encrypted_column_is_emptied_or_goes_with_its_row():
    """Whatever stays says so by name; a new encrypted column of a table that is emptied must be emptied too."""
    for table, rule in retention.rules().items():
        sealed = [
            field.name
            for field in apps.get_model(table)._meta.concrete_fields
            if isinstance(field, EncryptedTextField)
        ]
        if "emptied" in rule.ends and rule.job:
            assert [name for name in sealed if f"`{name}`" not in rule.ends] == [], table
        elif rule.ends.startswith("stays"):
            assert sealed == [], table


def test_nothing_sealed_goes_with_a_table_whose_rows_stay():
    """Where the other table is emptied only, its rows stay, and so does what hangs on them."""
    for table, rule in retention.rules().items():
        _goes, with_, parent = rule.ends.partition("goes with ")
        sealed = [
            field.name
            for field in apps.get_model(table)._meta.concrete_fields
            if isinstance(field, EncryptedTextField)
        ]
        if with_ and sealed:
            assert retention.rules()[parent.strip("`")].ends.startswith("destroyed"), (table, sealed)


def test_work_that_is_named_is_work_that_runs():
    """Each table that a job empties has it in a periodic task, and that task in the schedule."""
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    kinds = {
        job.work.kind for task, found in jobs.periodic_tasks().items() if task in scheduled for job in found
    }
    rules = retention.rules().values()
    named = {work for rule in rules for work in (rule.work, rule.also_work) if work}
    assert named - kinds == set()


@pytest.mark.django_db
def test_whatever_a_machine_ends_in_is_over():
    """A new end of a case that retention does not name would keep what the case holds for ever."""
    asked = set()
    for rule in filter(lambda rule: rule.job, retention.rules().values()):
        statement = str(retention.due(rule.table, clock.now()).query)
        for machine in MACHINES:
            column = f'"{apps.get_model(machine)._meta.db_table}"."state"'
            for named in re.findall(rf"(?<!NOT \(){column} (?:IN \(|= )((?:\w+, )*\w+)", statement):
                assert MACHINES[machine].ends <= set(named.split(", ")), (rule.table, machine)
                asked.add(rule.table)
    assert {"rides.Trip", "complaints.Complaint", "police.PoliceRequest", "safety.TripShare"} <= asked


@pytest.mark.django_db
def test_each_question_for_what_is_over_can_be_asked():
    for table, rule in retention.rules().items():
        if rule.job:
            assert list(retention.due(table, clock.now())[:1]) == [], table
            assert rule.job.run(at=clock.now()).failed == 0


# Of whom it is, and what makes it over; `driver`, `account`, `phone` and `code` are of the person of a trip that is held.
OF_PEOPLE = {
    "accounts.Restriction": {"account_id": "account", "lifted_at": "old"},
    "accounts.RealNameCheck": {"account_id": "account", "decided_at": "old"},
    "accounts.Device": {"account_id": "account"},
    "accounts.DataExport": {"account_id": "account"},
    "accounts.Look": {"subject": "code"},
    "drivers.Paper": {"driver_id": "driver", "replaced_at": "old"},
    "drivers.Binding": {"driver_id": "driver", "ended_at": "old"},
    "drivers.Hold": {"driver_id": "driver", "released_at": "old"},
    "drivers.Screening": {"driver_id": "driver", "answered_at": "old", "answers": "words"},
    "drivers.Application": {"driver_id": "driver", "decided_at": "old", "given": "words"},
    "drivers.VettingDecision": {"application_id": "drivers.Application", "reason": "words"},
    "drivers.VettingCase": {"driver_id": "driver", "decided_at": "old", "reason": "words"},
    "drivers.Appeal": {"hold_id": "drivers.Hold", "decided_at": "old", "words": "words"},
    "drivers.Reward": {"case_id": "drivers.VettingCase", "reason": "words"},
    "drivers.OnlineSpell": {"driver_id": "driver", "ended_at": "old"},
    "complaints.CareConsent": {"account_id": "account", "withdrawn_at": "old"},
    "complaints.Call": {"number_index": "phone"},
    "rides.Itinerary": {"driver_id": "driver", "origin_name": "words"},
    "rides.OwnPlace": {"account_id": "account", "kind": "hidden"},
}
# What these hold is how our staff work, about which no trip is; what is held by its incident; and what the
# police asked to preserve, whose trips have a hold by it.
OF_NO_TRIP = {
    "accounts.SetUpCode",
    "complaints.Satisfaction",
    "complaints.Shift",
    "complaints.PracticeRun",
    "complaints.WorkSummary",
    "safety.EmergencyPush",
    "police.Preservation",
}


def leads_to_people(model, steps=3):
    """Whether rows of a table lead to an account or a driver."""
    if model._meta.label in {"accounts.Account", "drivers.Driver"}:
        return True
    relations = [field.related_model for field in model._meta.concrete_fields if field.is_relation]
    return steps > 0 and any(leads_to_people(each, steps - 1) for each in relations)


def test_whatever_is_kept_of_people_asks_for_a_hold():
    """N9+: by the trip that it names, or by the trips of whom it is."""
    rules = {table: rule for table, rule in retention.rules().items() if rule.job}
    deaf = {
        table
        for table, rule in rules.items()
        if leads_to_people(apps.get_model(table)) and not (rule.trip or rule.person)
    }
    assert deaf == OF_NO_TRIP
    assert {table for table, rule in rules.items() if rule.person} == OF_PEOPLE.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("side", ["passenger", "driver"])
@pytest.mark.parametrize("table", OF_PEOPLE)
def test_what_is_kept_of_somebody_stays_while_a_trip_of_theirs_is_held(table, side):
    at = clock.now()
    old = at - 10 * YEARS
    with shadow.world(old) as world:
        world.table("rides.Trip", "core.DataHold", "accounts.Account", "drivers.Driver", "drivers.Binding")

        def somebody(number):
            account = world.make("accounts.Account", code=f"P-{number}", phone_index=f"phone {number}")
            driver = world.make("drivers.Driver", account_id=account.pk)
            means = {
                "account": account.pk,
                "driver": driver.pk,
                "code": account.code,
                "phone": account.phone_index,
                "old": old,
            }

            def make(label):
                given = OF_PEOPLE.get(label, {})
                return world.make(
                    label,
                    **{
                        column: make(value).pk if "." in value else means.get(value, value)
                        for column, value in given.items()
                    },
                )

            return account, driver, make(table)

        mine, driver, row = somebody(1)
        _other, _driver, others = somebody(2)
        whose = {"passenger_id": mine.pk} if side == "passenger" else {"driver_id": driver.pk}
        world.make("rides.Trip", code="T-HELD", **whose)
        held = world.make("core.DataHold", subject="T-HELD", until=at + timedelta(days=1))
        assert set(retention.due(table, at)) == {others}
        type(held).objects.filter(pk=held.pk).update(released_at=at)
        assert set(retention.due(table, at)) == {others, row}


def test_who_leaves_while_a_trip_is_held_leaves_what_is_kept_of_them(rides, people, noon):
    """Browsers, questions to registries and contacts go by their time then, and with the account at the latest."""
    trip = rides.ended()
    account, other = people("passenger"), people("passenger2")
    for each in (account, other):
        at = {"asked_at": clock.now(), "next_at": clock.now()}
        RealNameCheck.objects.create(account=each, real_name="x", id_number="y", **at)
        Device.objects.create(
            account=each, digest=each.code, first_seen_at=clock.now(), last_seen_at=clock.now()
        )
        add_emergency_contact(account=each, name="x", phone="13911110001")
        begin_application(account=each)
    with transaction.atomic():
        holds.place(
            actor=SYSTEM, subject=trip.code, source="police", case="R-1", until=clock.now() + 2 * YEARS
        )
    _close(account)
    _close(other)
    for kept in (RealNameCheck, Device, EmergencyContact):
        assert set(kept.objects.filter(account__in=[account, other]).values_list("account", flat=True)) == {
            account.pk
        }, kept
    assert list(Application.objects.values_list("driver__account__code", flat=True)) == ["passenger"]
    noon.shift(YEARS)
    assert DRAFTS.run(at=clock.now()).total == 0
    run("accounts.Device")
    assert Device.objects.filter(account=account).exists()
    noon.shift(YEARS + timedelta(days=1))
    assert DRAFTS.run(at=clock.now()).total == 1
    _erase(account.pk, clock.now())
    account.refresh_from_db()
    assert account.erased_at
    for kept in (RealNameCheck, Device, EmergencyContact):
        assert not kept.objects.filter(account=account).exists(), kept


def test_codes_and_questions_to_registries_go_after_a_month(people, noon):
    at = clock.now()
    OneTimeCode.objects.create(
        purpose="sign_in", phone_index="x", digest="x", created_at=at, expires_at=at + timedelta(minutes=5)
    )
    decided = {"state": "refused", "decided_at": at, "asked_at": at, "next_at": at}
    RealNameCheck.objects.create(account=people("passenger"), real_name="x", id_number="y", **decided)
    RealNameCheck.objects.create(
        account=people("passenger2"), real_name="x", id_number="y", asked_at=at, next_at=at
    )
    noon.shift(timedelta(days=29))
    run("accounts.OneTimeCode")
    run("accounts.RealNameCheck")
    assert (OneTimeCode.objects.count(), RealNameCheck.objects.count()) == (1, 2)
    noon.shift(timedelta(days=2))
    run("accounts.OneTimeCode")
    run("accounts.RealNameCheck")
    assert OneTimeCode.objects.count() == 0
    assert RealNameCheck.objects.get().state == "asked"  # the registry has not answered: nobody knows the end


def test_a_trip_keeps_no_places_after_three_years_but_one_that_is_held(rides, noon):
    gone, kept = rides.ended(), rides.ended("passenger2", "driver2")
    waiting = rides.booked()
    noon.shift(YEARS)
    holds.place(actor=SYSTEM, subject=kept.code, source="police", case="R-1")
    ran = run("rides.Trip")
    assert (ran.total, ran.failed) == (1, 0)
    assert run("rides.Trip").total == 0  # done once
    for trip in (gone, kept, waiting):
        trip.refresh_from_db()
    assert (gone.origin_name, gone.origin_latitude, gone.planned_route) == ("", 0.0, [])
    assert gone.ended_at and gone.fare is not None  # codes, times and sums stay
    assert kept.origin_name
    assert waiting.origin_name
    noon.shift(timedelta(days=15))  # the hold lapsed
    assert run("rides.Trip").total == 1


def test_one_row_that_cannot_be_emptied_stops_only_itself(rides, noon, poison):
    bad, good = rides.ended(), rides.ended("passenger2", "driver2")
    noon.shift(YEARS)
    poison(bad)
    ran = run("rides.Trip")
    assert (ran.total, ran.failed) == (1, 1)
    assert Trip.objects.get(pk=good.pk).origin_name == ""
    assert retry.open_count(retention.rules()["rides.Trip"].job.work) == 1


def test_words_of_a_complaint_go_three_years_after_the_end_and_never_before(rides, people, noon):
    trip = rides.ended()
    row = file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("other"),
        words="the car was dirty",
        submission="s" * 16,
    )
    noon.shift(YEARS * 2)
    holds.release(actor=SYSTEM, source="complaint", case=row.code)
    assert run("complaints.Complaint").total == 0  # nobody decided it
    Complaint.objects.filter(pk=row.pk).update(
        state=ComplaintState.FINAL, decided_at=clock.now(), decided_by="adjudicator", finding="upheld"
    )
    noon.shift(YEARS)
    holds.place(actor=SYSTEM, subject=trip.code, source="police", case="R-1")
    assert run("complaints.Complaint").total == 0
    holds.release(actor=SYSTEM, source="police", case="R-1")
    assert run("complaints.Complaint").total == 1
    row.refresh_from_db()
    assert (row.words, row.search) == ("", None)


def test_a_worried_persons_phone_goes_when_the_case_is_closed_long_ago(rides, noon):
    file_welfare_check(
        missing_phone="13800000001", reporter_phone="13911110055", words="x", submission="w" * 16
    )
    filed = WelfareCheck.objects.get()
    noon.shift(YEARS)
    assert run("safety.WelfareCheck").total == 0
    incident = filed.incident
    type(incident).objects.filter(pk=incident.pk).update(
        state="closed",
        closed_at=clock.now(),
        taken_at=clock.now(),
        taken_by="specialist",
        outcome="safe",
        harm="none",
        harm_at=clock.now(),
        resolved_by="specialist",
        closed_by="specialist2",
    )
    assert run("safety.WelfareCheck").total == 1
    filed.refresh_from_db()
    assert (filed.reporter_phone, filed.missing_phone, filed.reporter_index) == ("", "", "")


def test_a_draft_that_nobody_sends_goes_with_its_photos(people, noon):
    old = begin_application(account=people("passenger"))
    noon.shift(timedelta(days=100))
    young = begin_application(account=people("passenger2"))
    noon.shift(timedelta(days=84))
    assert DRAFTS.run(at=clock.now()).total == 1
    assert not type(old).objects.filter(pk=old.pk).exists()
    assert type(young).objects.filter(pk=young.pk).exists()


def test_a_link_to_a_trip_goes_a_month_after(rides, noon):
    trip = rides.under_way()
    share_trip(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    noon.shift(timedelta(days=31))
    assert run("safety.TripShare").total == 0  # the trip goes on
    Trip.objects.filter(pk=trip.pk).update(state="ended", ended_at=clock.now(), fare=1)
    assert run("safety.TripShare").total == 1
    assert TripShare.objects.get().token == ""


def test_messages_go_after_half_a_year_but_what_waits(noon, people):
    at = clock.now()
    for key, state in (("a", "sent"), ("b", "queued")):
        Notification.objects.create(
            key=key,
            channel="sms",
            recipient="+8613800000001",
            text="x",
            state=state,
            created_at=at,
            not_before=at,
            helps_until=at,
            sent_at=at if state == "sent" else None,
        )
    noon.shift(timedelta(days=182))
    run("core.Notification")
    assert Notification.objects.count() == 2
    noon.shift(timedelta(days=2))
    run("core.Notification")
    assert Notification.objects.get().key == "b"


def test_pictures_of_a_held_trip_stay_and_hold_up_no_others(rides, people, noon):
    trip = rides.accepted()
    check, _token = passed_check(driver_of(people("driver2")), "pickup", trip.code)
    check.code = "K-AAAAAAAA"
    check.save(update_fields=["code"])
    for subject in (check.code, trip.code, "K-0000000"):
        StoredPicture.objects.create(
            code=f"F-{subject[-4:]}{subject[0]}",
            purpose="face_check",
            subject=subject,
            name=f"aa/{subject}",
            digest="x",
            size=1,
            kept_at=clock.now(),
            keep_until=clock.now(),
        )
    holds.place(actor=SYSTEM, subject=trip.code, source="police", case="R-1")
    noon.shift(60)
    pictures.sweep(at=clock.now())
    left = set(
        StoredPicture.objects.filter(destroyed_at=None, name__startswith="aa/").values_list(
            "subject", flat=True
        )
    )
    assert left == {check.code, trip.code}
    holds.release(actor=SYSTEM, source="police", case="R-1")
    pictures.sweep(at=clock.now())
    assert not StoredPicture.objects.filter(destroyed_at=None, name__startswith="aa/").exists()


def test_trails_of_a_held_trip_stay_when_their_month_goes(rides, noon):
    gone, kept = rides.ended(), rides.ended("passenger2", "driver2")
    old = clock.now() - timedelta(days=5 * 366)
    partitions.ensure_month(*partitions.month_of(old))
    for trip in (gone, kept):
        packed = pack([Fix(old.timestamp(), 28.2, 121.0)])
        TrailMinute.objects.create(
            trip=trip,
            party=Party.PASSENGER,
            minute=packed.minute,
            latitude=packed.latitude,
            longitude=packed.longitude,
            packed=packed.packed,
            accuracy=packed.accuracy,
            far=packed.far,
        )
    holds.place(actor=SYSTEM, subject=kept.code, source="police", case="R-1")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit does
    assert partitions.drop_expired() >= 1
    assert trail_of(kept, Party.PASSENGER)
    assert not trail_of(gone, Party.PASSENGER)
    holds.release(actor=SYSTEM, source="police", case="R-1")
    partitions.drop_expired()
    assert not trail_of(kept, Party.PASSENGER)


def test_what_nobody_may_rewrite_is_let_go_by_the_owners_function_alone(rides, noon):
    """Lines of a timeline go after three years, by a function that looks at the database's own clock."""
    trip = rides.ended()
    lines = TimelineEntry.objects.filter(trip=trip.code)
    young = lines.first()
    lines.exclude(pk=young.pk).update(at=clock.now() - timedelta(days=4 * 366))
    count = lines.count()
    ran = run("core.TimelineEntry")
    assert (ran.total, ran.failed) == (count - 1, 0)
    # Whoever turns the platform's clock on does not get at what is young.
    noon.shift(timedelta(days=6 * 366))
    run("core.TimelineEntry")
    assert lines.get().pk == young.pk


def test_a_pack_goes_after_its_time_and_its_digest_stays(rides, people, noon):
    trip = rides.under_way()
    ask_by_form(account=people("officer"), question=urgent(Query.TRIP, trip.code), submission="p" * 16)
    release = Release.objects.get()
    digest = release.digest
    assert trip.code in release.pack
    assert run("police.Release").total == 0
    # Whoever turns the platform's clock on does not get at what is young.
    Release.objects.update(
        released_at=clock.now() - timedelta(days=4 * 366), expires_at=real_now() + timedelta(hours=1)
    )
    assert run("police.Release").total == 0
    Release.objects.update(expires_at=real_now() - timedelta(hours=1))
    # The hold that the request placed on its trip keeps the trip's data, and no copy of them; one that names it does.
    holds.place(actor=SYSTEM, subject=release.request.code, source="police", case="R-1")
    assert run("police.Release").total == 0
    holds.release(actor=SYSTEM, source="police", case="R-1")
    assert run("police.Release").total == 1
    release.refresh_from_db()
    assert (release.pack, release.spoken_code, release.digest) == ("", "", digest)
    assert run("police.Release").total == 0


def real_now():
    """The time of the database, which no test freezes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "value"), [("core_auditentry", b"x" * 30), ("police_release", b"a pack")])
def test_the_owners_function_does_nothing_else(table, value):
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute("SELECT core_let_go(%s, %s, %s, %s::bytea[])", [table, [1], ["pack"], [value]])


def test_the_register_is_current_and_names_each_table():
    call_command("processing", check=True)
    text = (settings.BASE_DIR / "docs" / "processing.md").read_text()
    assert [table for table in OURS if f"`{table}`" not in text] == []
