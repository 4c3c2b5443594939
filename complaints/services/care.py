"""Satisfaction and care (C7): a score by one tap, calls that are due and chased, greetings for which there is consent."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.selectors import account_by_code, people_who_may
from complaints import messages
from complaints.errors import AlreadyScored, NotNow, ReasonNeeded
from complaints.models import (
    Accident,
    Campaign,
    CareConsent,
    CareTask,
    Complaint,
    Decision,
    Satisfaction,
)
from complaints.policies import (
    ASK_AFTER,
    ASK_FOR_DAYS,
    CARE_TEXT,
    CARE_WITHIN,
    FOLLOW_UP_DAYS,
    REOPEN_AT,
)
from complaints.selectors import decision_in_force
from complaints.services.intake import channel_of, locked, phone_and_language
from complaints.services.rulings import open_again
from complaints.services.timers import add_line, team_of
from complaints.states import (
    CAMPAIGN_TRANSITIONS,
    OVER,
    Audience,
    CampaignState,
    CareKind,
    ClaimLine,
    ComplaintLine,
    ComplaintState,
    Level,
)
from core import audit, clock, four_eyes, jobs, live, policy, retry, timeline
from core.actors import NOBODY, SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.messages import outbox
from core.permissions import may, require
from core.recipients import write_to_each
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import drivers_to_greet

if TYPE_CHECKING:
    from accounts.models import Account

BATCH = 200
GREETED_AT_ONCE = 500  # people of one greeting in one transaction


# --- Satisfaction --------------------------------------------------------------------------------


def ask_satisfaction(*, at: datetime) -> int:
    """Ask whoever complained, once for each decided round; returns how many. Drills are asked nothing."""
    return QUESTIONS.run(at=at).total


def _to_ask(at: datetime, limit: int) -> list[int]:
    rows = Complaint.objects.filter(
        state__in=sorted(OVER - {ComplaintState.APPEALED}),
        decided_at__gt=at - policy.span(ASK_FOR_DAYS),
        decided_at__lte=at - policy.span(ASK_AFTER),
    ).exclude(complainant__is_drill=True)
    asked = Satisfaction.objects.filter(complaint=OuterRef("pk"), round=OuterRef("round"))
    told = Decision.objects.filter(complaint=OuterRef("pk"), in_force=True, told_complainant_at__isnull=False)
    due = rows.filter(Exists(told), ~Exists(asked)).order_by("decided_at")
    return list(due.values_list("pk", flat=True)[:limit])


@begins_transaction
def _ask(pk: int, at: datetime) -> bool:
    complaint = locked(pk)
    decision = decision_in_force(complaint)
    if decision is None or decision.told_complainant_at is None:
        return False
    phone, language = phone_and_language(complaint)
    agent = complaint.owner or decision.by
    try:
        with transaction.atomic():
            asked = Satisfaction.objects.create(
                complaint=complaint, round=complaint.round, asked_at=at, agent=agent, team=team_of(agent)
            )
    except IntegrityError:
        return False
    address = reverse("complaints:thanks", args=[complaint.code, complaint.round, asked.secret])
    link = settings.PUBLIC_URL + address
    if phone:
        outbox.queue(
            messages.SatisfactionAsked(code=complaint.code, link=link),
            key=f"thanks:{complaint.code}:{complaint.round}",
            channel=channel_of(complaint),
            to=phone,
            language=language,
            subject=complaint.code,
        )
    if complaint.level != Level.ORDINARY:
        due = at + policy.span(FOLLOW_UP_DAYS)
        make_task(
            actor=SYSTEM,
            kind=CareKind.FOLLOW_UP,
            complaint=complaint,
            owner=complaint.named_contact,
            due_at=due,
        )
    return True


def question(code: str, round_: int, secret: str) -> Satisfaction:
    """The question behind a link. Raises `NotFound`."""
    row = (
        Satisfaction.objects.select_related("complaint__complainant")
        .filter(complaint__code=code, round=round_)
        .first()
    )
    if row is None or not row.opens_to(secret):
        raise NotFound
    return row


@begins_transaction
def score(*, code: str, round_: int, secret: str, points: int) -> Satisfaction:
    """One tap, 1 to 5. A low score opens the case again, once, and a person asks why.

    Raises `NotFound`, `InvalidInput`, `AlreadyScored`.
    """
    row = question(code, round_, secret)
    if points not in range(1, 6):
        raise InvalidInput("score")
    at = clock.now()
    if not Satisfaction.objects.filter(pk=row.pk, score=None).update(score=points, scored_at=at):
        raise AlreadyScored
    row.score, row.scored_at = points, at
    complaint = row.complaint = locked(row.complaint_id)
    actor = complaint.complainant.actor if complaint.complainant else NOBODY
    add_line(complaint, actor, ComplaintLine.SCORED, score=str(points))
    audit.record(actor, "complaints.scored", code, case=code, score=points)
    if points > policy.value(REOPEN_AT):
        return row
    if complaint.round == 1 and complaint.state in {ComplaintState.DECIDED, ComplaintState.FINAL}:
        open_again(complaint, actor=actor, words="")
    else:
        make_task(actor=SYSTEM, kind=CareKind.LOW_SCORE, complaint=complaint, owner=None)
    return row


# --- Tasks ---------------------------------------------------------------------------------------


@joins_transaction
def make_task(
    *,
    actor: Actor,
    kind: CareKind,
    owner: "Account | None",
    complaint: Complaint | None = None,
    accident: Accident | None = None,
    words: str = "",
    due_at: datetime | None = None,
) -> CareTask:
    """Something that is due to a person, about a complaint or an accident."""
    at = clock.now()
    task = CareTask.objects.create(
        code=new_code("W"),
        kind=kind,
        complaint=complaint,
        accident=accident,
        words=words.strip()[:400],
        due_at=due_at or at + timedelta(seconds=policy.value(CARE_WITHIN)[str(kind)]),
        owner=owner if owner and may(owner, "complaints.work") else None,
        made_by=actor.code,
        made_at=at,
    )
    audit.record(actor, "care.due", task.code, case=_case(task), kind=kind)
    return task


def _case(task: CareTask) -> str:
    if task.complaint is not None:
        return task.complaint.code
    return task.accident.code if task.accident is not None else ""


@begins_transaction
def add_care(*, account: "Account", case: str, words: str, due_at: datetime) -> CareTask:
    """Care beyond duty, by somebody's own idea. Raises `Forbidden`, `NotFound`, `ReasonNeeded`."""
    require(account, "complaints.work")
    if not words.strip():
        raise ReasonNeeded("words")
    complaint = Complaint.objects.filter(code=case).first()
    accident = Accident.objects.filter(code=case).first()
    if complaint is None and accident is None:
        raise NotFound
    return make_task(
        actor=account.actor,
        kind=CareKind.CARE,
        complaint=complaint,
        accident=accident,
        owner=account,
        words=words,
        due_at=due_at,
    )


@joins_transaction
def give_own_care(account: "Account", heir: "Account") -> int:
    """All care that somebody promised and has not done to a colleague, at the end of a shift. Returns how many."""
    rows = CareTask.objects.select_for_update(of=("self",)).select_related("complaint", "accident")
    own = list(rows.filter(owner=account, done_at=None).order_by("pk"))
    for task in own:
        task.owner, task.chased_at = heir, None  # once it is overdue, the new owner is told of it
        task.save(update_fields=["owner", "chased_at"])
        audit.record(account.actor, "care.handed", task.code, case=_case(task), to=heir.code)
    return len(own)


@begins_transaction
def finish_task(*, account: "Account", code: str, words: str) -> CareTask:
    """Say what came of it. Raises `Forbidden`, `NotFound`, `ReasonNeeded`, `NotNow`."""
    require(account, "complaints.work")
    task = (
        CareTask.objects.select_for_update(of=("self",))
        .select_related("complaint__trip", "accident__trip")
        .filter(code=code)
        .first()
    )
    if task is None:
        raise NotFound
    if task.done_at is not None:
        raise NotNow(why=str(_("It is done already.")))
    if not words.strip():
        raise ReasonNeeded("words")
    task.done_at, task.done_by, task.outcome = clock.now(), account.code, words.strip()[:2_000]
    task.save(update_fields=["done_at", "done_by", "outcome"])
    about = task.complaint or task.accident
    trip = about.trip.code if about and about.trip else ""
    timeline.add(
        ClaimLine.CARE,
        account.actor,
        trip=trip,
        case=_case(task),
        words=task.outcome,
        what=str(CareKind(task.kind).value),
    )
    audit.record(account.actor, "care.done", code, case=_case(task))
    return task


def chase_care(*, at: datetime) -> int:
    """Care that is overdue: its owner is told, and the supervisors where it has none; once. Returns how many."""
    return OVERDUE.run(at=at).total


def _overdue(at: datetime, limit: int) -> list[int]:
    rows = CareTask.objects.filter(done_at=None, chased_at=None, due_at__lte=at).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _chase(pk: int, at: datetime) -> bool:
    task = CareTask.objects.select_for_update(of=("self",), skip_locked=True).select_related("owner", "complaint", "accident").filter(pk=pk, done_at=None, chased_at=None).first()  # fmt: skip
    if task is None:
        return False
    CareTask.objects.filter(pk=pk).update(chased_at=at)
    people = [task.owner] if task.owner and task.owner.is_active else people_who_may("duty.supervise")

    def write(person: "Account") -> None:
        outbox.queue(
            messages.CareOverdue(kind=CareKind(task.kind), case=_case(task)),
            key=f"care:{task.code}:{person.code}",
            to=person.phone,
            language=person.language,
            subject=_case(task),
        )

    write_to_each(people, write, about=f"care:{task.code}")
    live.changed_on_commit("console")
    return True


# --- Consent and greetings -----------------------------------------------------------------------


@begins_transaction
def set_care_consent(*, account: "Account", on: bool) -> None:
    """Whether somebody wants to be greeted; each wish is kept with the text that it was about."""
    known = CareConsent.objects.select_for_update().filter(account=account, withdrawn_at=None).first()
    if on and known is None:
        citation = policy.in_force(CARE_TEXT).citation
        CareConsent.objects.create(account=account, citation=citation, given_at=clock.now())
        audit.record(account.actor, "care.consent", account.code, on=True, citation=citation)
    elif not on and known is not None:
        CareConsent.objects.filter(pk=known.pk).update(withdrawn_at=clock.now())
        audit.record(account.actor, "care.consent", account.code, on=False)


def wants_care(account: "Account") -> bool:
    return CareConsent.objects.filter(account=account, withdrawn_at=None).exists()


@begins_transaction
def propose_campaign(
    *, account: "Account", title: str, text_zh: str, text_en: str, audience: Audience, send_at: datetime
) -> Campaign:
    """The first of two people writes a greeting. Raises `Forbidden`, `InvalidInput`."""
    require(account, "complaints.work")
    for name, text in (("title", title), ("text_zh", text_zh), ("text_en", text_en)):
        if not text.strip():
            raise InvalidInput(name)
    if send_at < clock.now() - timedelta(minutes=5):
        raise InvalidInput("send_at")
    row = Campaign.objects.create(
        code=new_code("G"),
        title=title.strip()[:60],
        text_zh=text_zh.strip()[:200],
        text_en=text_en.strip()[:200],
        audience=audience,
        send_at=send_at,
        proposed_by=account.code,
        proposed_at=clock.now(),
    )
    audit.record(account.actor, "care.campaign", row.code, audience=audience)
    return row


@begins_transaction
def decide_campaign(*, account: "Account", code: str, approves: bool) -> Campaign:
    """A second person agrees, or drops it. Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `IllegalTransition`."""
    require(account, "greetings.decide")
    row = Campaign.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    if approves:
        four_eyes.another(account.code, row.proposed_by)
    move(
        row,
        CAMPAIGN_TRANSITIONS,
        CampaignState.APPROVED if approves else CampaignState.DROPPED,
        decided_by=account.code,
    )
    audit.record(account.actor, "care.campaign_decided", code, approved=approves)
    return row


def send_campaigns(*, at: datetime) -> int:
    """Send greetings whose time has come, to those of the audience who want them; returns how many messages."""
    return CAMPAIGNS.run(at=at).total


def _campaigns(at: datetime, limit: int) -> list[int]:
    due = Campaign.objects.filter(state=CampaignState.APPROVED, send_at__lte=at)
    return list(due.order_by("send_at").values_list("pk", flat=True)[:limit])


def _send(pk: int, at: datetime) -> int:
    told = 0
    while (part := _send_part(pk, at)) is not None:
        told += part
        if not jobs.go_on():
            break
    return told


@begins_transaction
def _send_part(pk: int, at: datetime) -> int | None:
    """Write to the next of the audience; None once a greeting is through, or is in another worker's hands."""
    row = (
        Campaign.objects.select_for_update(skip_locked=True)
        .filter(pk=pk, state=CampaignState.APPROVED)
        .first()
    )
    if row is None:
        return None
    consents = CareConsent.objects.filter(withdrawn_at=None, account_id__gt=row.reached).order_by(
        "account_id"
    )
    wants = list(consents.values_list("account_id", flat=True).distinct()[:GREETED_AT_ONCE])
    if not wants:
        move(row, CAMPAIGN_TRANSITIONS, CampaignState.SENT, sent_at=at)
        return None
    found = drivers_to_greet(on_duty=row.audience == Audience.ON_DUTY, among=wants)
    people = [each for each in found if each.is_active and not each.is_drill]
    told = retry.each(
        GREETINGS,
        people,
        lambda person: _greet(row, person),
        key=lambda person: f"{row.code}:{person.code}",
    )
    row.sent, row.reached = row.sent + told.done, wants[-1]
    row.save(update_fields=["sent", "reached"])
    return told.done


def _greet(row: Campaign, person: "Account") -> None:
    outbox.queue(
        messages.Greeting(words=(row.text_zh, row.text_en)),
        key=f"campaign:{row.code}:{person.code}",
        to=person.phone,
        language=person.language,
        subject=row.code,
    )


@begins_transaction
def _greet_again(key: str) -> None:
    """Somebody whom a campaign could not be sent to, if they still want it."""
    code, _colon, who = key.partition(":")
    row, person = Campaign.objects.get(code=code), account_by_code(who)
    if person and wants_care(person):
        _greet(row, person)


GREETINGS = retry.declare(
    "complaints.greet", gettext_lazy("sending a greeting to one person"), law=jobs.JOB_LAW, again=_greet_again
)
QUESTIONS = jobs.rows(
    "complaints.ask_satisfaction",
    gettext_lazy("asking whether people are satisfied"),
    due=_to_ask,
    act=_ask,
    key=int,
)
OVERDUE = jobs.rows(
    "complaints.chase_care", gettext_lazy("chasing care that is overdue"), due=_overdue, act=_chase, key=int
)
CAMPAIGNS = jobs.rows(
    "complaints.send_campaigns",
    gettext_lazy("sending greetings whose time has come"),
    due=_campaigns,
    act=_send,
    key=int,
    batch=10,
)
