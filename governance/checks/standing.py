"""Live checks of what law asks and what we set ourselves since 2018. Each has its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from complaints.selectors import NEXT_ON_CALL
from core import audit_selectors, centre, policy
from governance.checks import ask
from governance.checks.verdicts import SPAN, laws, verdict
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.shadow import World
from governance.states import ATTACK_GOT, ATTACK_REFUSED
from police.selectors import FORM_WITHIN, LETTER_HALF_WITHIN, LETTER_WITHIN, preserved_unheld
from safety.selectors import OWNED_WITHIN, PUSHED, TAKEN_WITHIN

A_RUN = timedelta(
    seconds=30
)  # the job that rings runs each five seconds, and a provider takes the call a little later
NOT_STOPPED = fault("grave_not_stopped", noop("Their drivers may take orders: %(codes)s"))
GRAVE = line(
    "grave_stopped",
    noop("%(good)s of %(all)s SOS and incidents of high risk in 30 days stopped the driver's next order."),
)


@live_check("D15")
def danger_stops_the_next_order(at: datetime) -> Found:
    """Each SOS and incident of high risk stopped the driver of its trip within a minute, for as long as it was open."""
    found = ask.grave_without_stop(at - SPAN, at)
    faults = [NOT_STOPPED(codes=named(found.codes, found.wrong))] if found.wrong else []
    return verdict(faults, GRAVE(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("D15", NOT_STOPPED)
def a_driver_in_an_sos_goes_on(world: World) -> None:
    world.table("drivers.Hold", "safety.SosCall")
    trip = world.trip()
    world.make(
        "safety.Incident",
        trip_id=trip.pk,
        state="taken",
        has_sos=True,
        opened_at=world.at - timedelta(hours=1),
    )


NOBODY_RUNG = fault("nobody_rung", noop("Nobody took it in time, and nobody on call was rung: %(codes)s"))
RUNG = line(
    "rung",
    noop(
        "%(good)s of %(all)s SOS, incidents of high risk and emergencies of the police in 30 days had somebody in time, or staff on call were rung."
    ),
)


@live_check("S3+")
def staff_on_call_are_rung(at: datetime) -> Found:
    """What nobody took by its limit had somebody on call rung by the time in which the next one would be."""
    since, calls = at - SPAN, 2 * policy.span(NEXT_ON_CALL) + A_RUN
    grave = ask.grave_unrung(
        since, at, sos=policy.span(TAKEN_WITHIN), danger=policy.span(OWNED_WITHIN), calls=calls
    )
    police = ask.police_unrung(since, at, within=policy.span(FORM_WITHIN), calls=calls)
    every, wrong = grave.all + police.all, grave.wrong + police.wrong
    faults = [NOBODY_RUNG(codes=named([*grave.codes, *police.codes], wrong))] if wrong else []
    return verdict(faults, RUNG(good=every - wrong, all=every), happened=every)


@breaks("S3+", NOBODY_RUNG)
def an_sos_for_which_nobody_is_rung(world: World) -> None:
    world.table("core.Notification", "safety.SosCall", "police.PoliceRequest")
    world.make("safety.Incident", has_sos=True, opened_at=world.at - timedelta(hours=1))


@breaks("S3+", NOBODY_RUNG)
def an_emergency_of_the_police_for_which_nobody_is_rung(world: World) -> None:
    world.table("core.Notification", "safety.Incident")
    world.make("police.PoliceRequest", urgency="emergency", asked_at=world.at - timedelta(hours=1))


SHARE = 0.98
HALF_LATE = fault(
    "letters_half_late", noop("Half of the letters were answered within %(minutes)s minutes only")
)
LETTERS_LATE = fault(
    "letters_late", noop("%(late)s of %(all)s questions of letters took longer than %(within)s minutes")
)
LETTERS = line(
    "letters",
    noop(
        "%(good)s of %(all)s questions of complete letters in 30 days were answered within %(within)s minutes."
    ),
)


@live_check("P5+")
def letters_in_an_hour(at: datetime) -> Found:
    """Complete letters of 30 days: half of their questions, and 98 of a hundred, answered within the times of the rules."""
    half, outer = policy.span(LETTER_HALF_WITHIN), policy.span(LETTER_WITHIN)
    found = ask.letters_answered(at - SPAN, at, limit=outer)
    minutes = round(outer.total_seconds() / 60)
    faults = []
    if found.half > half.total_seconds():
        faults.append(HALF_LATE(minutes=round(found.half / 60)))
    if found.all and found.within < SHARE * found.all:
        faults.append(LETTERS_LATE(late=found.all - found.within, all=found.all, within=minutes))
    seen = LETTERS(good=found.within, all=found.all, within=minutes)
    return verdict(faults, seen, happened=found.all)


@breaks("P5+", LETTERS_LATE)
def a_letter_that_lies_until_the_morning(world: World) -> None:
    world.make(
        "police.PoliceRequest", urgency="ordinary", notice_id=1, asked_at=world.at - timedelta(hours=8)
    )


NOT_PRESERVED = fault(
    "preserved_gone", noop("The police asked to preserve it, and it ended or is not held: %(codes)s")
)
PRESERVED = line(
    "preserved", noop("%(good)s of %(all)s preservation requests of the police hold all that they name.")
)


@live_check("P7+")
def what_is_preserved_is_there(at: datetime) -> Found:
    """All that a preservation request names is held until its day, and nothing of it was destroyed; two people renew it."""
    faults = laws("preservation_renewed_by_two")
    found = ask.preserved_and_gone(at - SPAN, at)
    wrong = sorted({*found.codes, *preserved_unheld(at)})
    if wrong:
        faults.append(NOT_PRESERVED(codes=named(wrong, max(found.wrong, len(wrong)))))
    return verdict(faults, PRESERVED(good=found.all - len(wrong), all=found.all), happened=found.all)


@breaks("P7+", NOT_PRESERVED)
def a_recording_goes_that_the_police_asked_to_preserve(world: World) -> None:
    world.table("safety.Recording", "core.StoredPicture")
    trip, asked = world.trip(), world.at - timedelta(days=1)
    request = world.make(
        "police.Preservation",
        code="PP-~",
        query="trip",
        query_value=trip.code,
        asked_at=asked,
        until=world.at + SPAN,
        walked_at=world.at,
    )
    world.make(
        "core.DataHold", subject=trip.code, source="preserve", case=request.code, placed_at=asked, until=request.until
    )  # fmt: skip
    world.make(
        "safety.Recording", trip_id=trip.pk, state="destroyed", destroyed_at=asked + timedelta(hours=1)
    )


UNWRITTEN = fault(
    "followed_unwritten", noop("A car was followed without a line of the journal, or too long: %(codes)s")
)
FOLLOWED = line(
    "followed", noop("%(good)s of %(all)s minutes in which officers followed a car are in the journal.")
)


@live_check("S19")
def each_minute_of_following_is_written(at: datetime) -> Found:
    """Each minute in which an officer's page followed a car is in the journal, and none is after the pack was closed."""
    found = ask.followed_unwritten(at - SPAN)
    faults = [UNWRITTEN(codes=named(found.codes, found.wrong))] if found.wrong else []
    return verdict(faults, FOLLOWED(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("S19", UNWRITTEN)
def a_minute_that_nobody_wrote_down(world: World) -> None:
    world.table("core.AuditEntry")
    request = world.make("police.PoliceRequest", urgency="emergency")
    release = world.make("police.Release", request_id=request.pk, expires_at=world.at + SPAN)
    world.make("police.ReleaseCopy", release_id=release.pk, kind="live", at=world.at)


BY_HAND_WITHIN = timedelta(
    minutes=3
)  # of the silence of 110: as long as S10 gives for the police of the place
UNHEARD = fault("push_unheard", noop("110 did not confirm in time, and nobody called there: %(codes)s"))
NOT_SET_UP = fault("push_nowhere", noop("No emergency centre is set up: nothing can reach 110 by itself"))
PUSHED_TO_110 = line(
    "pushed", noop("%(good)s of %(all)s cases of 30 days that were due at 110 were confirmed by it in time.")
)


@live_check("P12")
def cases_reach_110(at: datetime) -> Found:
    """What was due at the emergency centre was confirmed by it in time, or told to it by a person."""
    faults = [] if centre.is_set_up() else [NOT_SET_UP()]
    causes: tuple[str, ...] = policy.value(PUSHED)
    found = ask.pushes_unheard(
        at - SPAN,
        at,
        causes=causes,
        within=timedelta(seconds=15),
        by_hand=BY_HAND_WITHIN,
    )
    if found.wrong:
        faults.append(UNHEARD(codes=named(found.codes, found.wrong)))
    return verdict(faults, PUSHED_TO_110(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("P12", UNHEARD)
def a_case_of_which_110_never_hears(world: World) -> None:
    world.table("safety.EmergencyPush", "safety.SosCall")
    trip, long_ago = world.trip(), world.at - timedelta(hours=1)
    incident = world.make("safety.Incident", trip_id=trip.pk, has_sos=True, opened_at=long_ago)
    world.make("safety.EmergencyPush", incident_id=incident.pk, cause="sos", asked_at=long_ago)


IDENTITY_LATE = fault("identity_late", noop("Identity neither given nor refused in time: %(codes)s"))
GRADED = line(
    "graded",
    noop(
        "%(good)s of %(all)s emergency releases in 30 days had their identity part, or its refusal, in time."
    ),
)


@live_check("P3a")
def graded_release(at: datetime) -> Found:
    """The car part goes at once, the identity part with it where our data bear it out, else after a call-back in time."""
    faults = laws(
        "release_of_identity_is_borne_out",
        "identity_part_takes_two_people",
        "identity_part_after_a_call_back",
    )
    found = ask.releases_borne_out(at - SPAN, at)
    if found.wrong:
        faults.append(IDENTITY_LATE(codes=named(found.codes, found.wrong)))
    return verdict(faults, GRADED(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("P3a", IDENTITY_LATE)
def an_identity_part_that_nobody_decides(world: World) -> None:
    request = world.make("police.PoliceRequest", urgency="emergency")
    release = world.make("police.Release", request_id=request.pk, grade="car")
    world.make("police.IdentityPart", release_id=release.pk, due_at=world.at - timedelta(minutes=1))


BY_RULE = fault("unusual_whole", noop("Unusual, and identity went out before a call-back: %(codes)s"))
UNUSUAL = line(
    "unusual", noop("%(good)s of %(all)s unusual requests in 30 days went by call-back before any identity.")
)


@live_check("P10")
def unusual_requests_go_by_call_back(at: datetime) -> Found:
    """What is unlike its officer or station gives no identity by rule."""
    found = ask.unusual_released_whole(at - SPAN)
    faults = [BY_RULE(codes=named(found.codes, found.wrong))] if found.wrong else []
    return verdict(faults, UNUSUAL(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("P10", BY_RULE)
def a_stolen_account_gets_an_identity(world: World) -> None:
    request = world.make("police.PoliceRequest", unusual=["device"], by_rule=True)
    world.make("police.Release", request_id=request.pk, grade="whole")


WAYS = ("stolen_session", "wrong_mailbox", "forged_letter", "replayed_link")
RESTS_FOR = timedelta(hours=2)  # it tries each hour
RED_FOR = timedelta(days=1)  # a way in is not closed by the next try that fails
# `codes`: the public reads how many, and no thief which.
GOT_IN = fault("red_team_got_in", noop("The false officer got something: %(codes)s"))
UNTRIED_WAYS = fault("red_team_untried", noop("The false officer has not tried for two hours: %(codes)s"))
TRIED_WAYS = line(
    "red_team", noop("%(good)s of %(all)s ways of a false officer were refused when last tried.")
)


@live_check("P11")
def a_false_officer_gets_nothing(at: datetime) -> Found:
    """Each way was tried within two hours, and none got anything within a day."""
    got = sorted(audit_selectors.newest_of_each([ATTACK_GOT], at - RED_FOR))
    tried = audit_selectors.newest_of_each([ATTACK_GOT, ATTACK_REFUSED], at - SPAN)
    rests = [way for way in WAYS if way not in tried or tried[way][1] < at - RESTS_FOR]
    faults = [GOT_IN(codes=named(got))] if got else []
    began = audit_selectors.began_at()
    if rests and (tried or (began is not None and began < at - RESTS_FOR)):
        faults.append(UNTRIED_WAYS(codes=named(rests)))
    refused = [way for way in WAYS if way in tried and tried[way][0] == ATTACK_REFUSED]
    return verdict(faults, TRIED_WAYS(good=len(refused), all=len(WAYS)), happened=len(tried))


@breaks("P11", GOT_IN)
def a_stolen_session_gets_a_name(world: World) -> None:
    world.make("core.AuditEntry", action=ATTACK_GOT, subject="stolen_session", at=world.at)
