"""Every door by which words of people come in is read for danger, and what was read stands before staff."""

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import translation
from django.utils.html import escape

from complaints import services as complaints
from complaints.models import OutsideMessage
from complaints.selectors import waiting_messages
from complaints.states import Category, Level, Side
from complaints.tests.conftest import Cases
from core import alarms, danger, timeline
from core.actors import NOBODY
from core.models import Heard, TimelineEntry
from core.privacy import EncryptedTextField
from drivers.models import MismatchReport
from drivers.services import report_from_street
from rides.states import Party
from rides.tokens import TripKey
from safety import services as safety
from safety.models import Incident
from safety.states import SafetyLine, SignalKind
from sandbox.plates import photo

OURS = {"core", "accounts", "rides", "drivers", "safety", "complaints", "police", "governance"}
GRAVE = "他拿刀逼我，不让我下车"
UNKNOWN = "운전사가 문을 잠그고 칼을 들었어요"

# Words of people that a line of the timeline repeats: read there, as it is written.
ON_A_LINE = {
    "core.TimelineEntry.words", "complaints.Complaint.words", "complaints.Accident.words", "complaints.Statement.words",
    "complaints.Appeal.words", "safety.MaliceAppeal.words", "safety.HelpMessage.words",
}  # fmt: skip
# Words of people that the row itself keeps with what was read.
ON_THE_ROW = {
    "governance.Comment.words",
    "complaints.OutsideMessage.words", "drivers.MismatchReport.words", "drivers.Appeal.words", "governance.ConcernLine.words",
}  # fmt: skip
# By which alarm grave words in it ring until a person looked at them.
RINGS_BY = {
    "governance.Comment": "comment_danger", "complaints.OutsideMessage": "outside_danger", "governance.ConcernLine": "concerns",
    "drivers.MismatchReport": "street_danger", "drivers.Appeal": "appeal_danger",
}  # fmt: skip
# What staff write of themselves: reasons, questions, plans, answers, texts for all.
BY_STAFF = {
    "accounts.Look.reason", "accounts.Look.words", "core.Motion.given",
    "core.FailedWork.closed_reason", "core.AuditEntry.reason", "core.PolicyVersion.reason", "drivers.Hold.release_reason",
    "governance.ConcernOpening.reason", "governance.Review.facts", "governance.Review.causes", "governance.Review.warned",
    "governance.ReviewAction.words_zh", "governance.ReviewAction.words_en", "governance.ReviewAction.why_zh", "governance.ReviewAction.why_en", "governance.Waiver.reason", "governance.RuleChange.reason", "governance.Proof.statement", "governance.TransparencyReport.change", "governance.Reassessment.questions",
    "governance.Comment.published", "governance.Consultation.title_zh", "governance.Consultation.title_en", "governance.Consultation.background_zh",
    "governance.Consultation.background_en", "governance.Option.zh", "governance.Option.en", "governance.ConsultationAnswer.decision_zh",
    "governance.ConsultationAnswer.decision_en", "governance.ConsultationAnswer.why_zh", "governance.ConsultationAnswer.why_en",
    "governance.Reassessment.findings", "governance.Reassessment.decision", "drivers.ScreeningRun.reason", "drivers.Application.reason", "drivers.VettingDecision.reason", "drivers.VettingCase.reason",
    "drivers.Appeal.reason", "drivers.Reward.reason", "rides.LineSuspension.reason", "safety.MaliceAppeal.reason",
    "safety.RecordingPlay.reason", "complaints.Claim.reason", "complaints.CareTask.words", "complaints.CareTask.outcome",
    "complaints.Campaign.text_zh", "complaints.Campaign.text_en", "complaints.Macro.body_zh", "complaints.Macro.body_en", "complaints.Macro.note_zh", "complaints.Macro.note_en",
    "complaints.Article.body_zh", "complaints.Article.body_en", "complaints.OutsideMessage.dismissed",
    "complaints.Statement.question", "complaints.Decision.reason", "complaints.WorkSummary.judgement",
    "complaints.WorkSummary.learned", "complaints.WorkSummary.skills", "complaints.WorkSummary.goals",
    "complaints.WorkSummary.reply", "police.Officer.reinstate_reason", "police.PoliceRequest.refusal",
    "police.IdentityPart.refusal", "police.ReleaseNotice.later_reason",
    "police.ReleaseError.cause", "police.ReleaseError.remedy", "police.Preservation.renewal_reason",
    "police.Notice.filled", "police.PoliceRequest.danger", "police.PoliceRequest.why_not_written",  # of an emergency, which rings by itself
    "police.PoliceRequest.legal_basis",  # chosen or named by an officer, whose request is an alarm by itself
}  # fmt: skip
# No sentences: names, numbers, addresses, keys, what machines wrote, what a form of ours asks letter by letter.
NO_SENTENCE = {
    "police.NoticeFile.lines",  # shapes of lines, as digests
    "governance.FeedMessage.refused_for",  # an interface, a field and a word
    "governance.Concern.secret", "governance.Concern.about",  # read with the words of its first line
    "core.HandlerRun.handler", "core.FailedWork.key", "core.FailedWork.error", "core.JobTurn.after", "core.Notification.key",
    "core.Notification.recipient", "core.Notification.text", "core.Notification.parameters", "accounts.Account.password",
    "accounts.Account.phone", "accounts.Account.real_name", "accounts.Account.id_number", "accounts.Account.born_on", "accounts.EmergencyContact.name",
    "accounts.EmergencyContact.phone", "accounts.RealNameCheck.real_name", "accounts.RealNameCheck.id_number",
    "accounts.SignInPlace.place", "accounts.Session.session_data", "accounts.PushSubscription.endpoint", "accounts.PushSubscription.keys", "accounts.Authenticator.key", "drivers.Driver.licence_number", "drivers.Driver.photo", "drivers.Paper.number",
    "drivers.MismatchReport.phone", "drivers.VideoSignal.body", "drivers.Screening.answers", "drivers.Application.given", "drivers.Application.read", "drivers.VettingDecision.citation",
    "safety.EmergencyPush.secret", "rides.RelayNumber.key", "rides.OwnPlace.called", "rides.OwnPlace.names", "rides.OwnPlace.coordinates", "rides.Trip.rider_name", "rides.Trip.rider_phone", "safety.WelfareCheck.missing_phone",
    "safety.WelfareCheck.reporter_phone", "safety.WelfareCheck.missing_written", "safety.WelfareCheck.reporter_written", "safety.WelfareCheck.reporter_name", "safety.WelfareCheck.relation",
    "safety.TripShare.token", "safety.WelfareCheck.secret", "complaints.Complaint.secret", "complaints.Claim.secret", "complaints.Satisfaction.secret", "accounts.ContactQuestion.secret",
    "safety.TripShare.contact_phone", "complaints.Complaint.caller_name",
    "complaints.Complaint.caller_phone", "complaints.Accident.place", "complaints.Claim.name", "complaints.Claim.phone",
    "complaints.SavedView.query", "complaints.Call.number", "complaints.OutsideMessage.key",
    "complaints.OutsideMessage.sender", "police.Agency.registered_email", "police.Agency.coming_email",
    "police.Agency.search", "police.Officer.head", "police.Officer.badge_number",
    "police.PoliceRequest.badge_number", "police.PoliceRequest.query_value", "police.PoliceRequest.letter_number",
    "police.PoliceRequest.certificates", "police.Release.pack", "police.Release.spoken_code",
    "police.PoliceRequest.supervisor_name", "police.PoliceRequest.supervisor_phone", "police.IdentityPart.pack",
    "police.ReleaseCopy.content", "police.ReleaseCopy.blocks", "police.ReleaseCopy.stamped_blocks",
    "police.Preservation.letter_number", "police.Preservation.query_value", "police.Preservation.legal_basis",
    "core.JournalCheckpoint.note", "core.JournalCheckpoint.cosignature", "core.JournalRefusal.note",
}  # fmt: skip
# Kinds of lines whose words are staff's own; any other kind is read.
LINES_BY_STAFF = {
    "shift.handed_over", "complaints.kept", "complaints.lift_proposed", "complaints.lower_proposed", "complaints.lower_refused",
    "complaints.named", "complaints.reached", "complaints.note", "complaints.answered", "complaints.asked",
    "complaints.decided", "complaints.trained", "complaints.training_refused", "complaints.appeal_decided",
    "complaints.merged", "complaints.reopen_proposed", "complaints.reopen_refused", "complaints.reopened",
    "claims.proposed", "claims.sent_back", "claims.refused", "claims.reopened", "claims.settling", "claims.not_settled",
    "claims.settled", "claims.care", "safety.note", "safety.wrote", "safety.wrote_phrase", "safety.safe_check", "safety.offered", "safety.played",
    "safety.called", "safety.police_not_called", "safety.resolved", "safety.harm", "safety.sent_back", "safety.appeal_decided",
    "police.refused", "police.identity_refused",
}  # fmt: skip


def said(facts):
    """What a page in English says of it."""
    with translation.override("en"):
        return escape(danger.said_of(facts))


def columns():
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.split(".")[0] in OURS
        for field in model._meta.get_fields()
        if isinstance(field, (EncryptedTextField, models.TextField))
        or (isinstance(field, models.CharField) and (field.max_length or 0) >= 100)
    }


def test_every_column_that_can_hold_words_is_read_or_is_not_of_people():
    groups = [ON_A_LINE, ON_THE_ROW, BY_STAFF, NO_SENTENCE]
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert set.union(*groups) == columns()


def test_what_keeps_words_on_its_row_is_refused_when_nobody_read_them(db):
    heard = [model for model in apps.get_models() if issubclass(model, Heard)]
    assert {f"{model._meta.label}.words" for model in heard} == ON_THE_ROW
    for model in heard:
        conditions = [each.condition for each in model._meta.constraints if hasattr(each, "condition")]
        assert Heard.law("").condition in conditions, model
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideMessage.objects.create(
            code="N-X", channel="email", key="x", sender="x", words="x", at="2026-01-01T00:00Z"
        )


def test_grave_words_that_a_row_keeps_ring_whichever_row_it_is():
    assert RINGS_BY.keys() == {column.rpartition(".")[0] for column in ON_THE_ROW}
    assert set(RINGS_BY.values()) <= set(alarms.sources())


def test_every_kind_of_line_is_read_unless_staff_wrote_it(db):
    kinds = set(timeline._sentences)
    assert kinds >= LINES_BY_STAFF
    with transaction.atomic():
        for kind in kinds:
            timeline.add(kind, NOBODY, case="C-X", words=GRAVE)
    read = {
        line.kind for line in TimelineEntry.objects.filter(case="C-X") if line.facts.get("danger") == "severe"
    }
    assert read == kinds - LINES_BY_STAFF


def test_a_message_from_outside_that_tells_of_danger_stands_first(people, signed_in):
    letters = {"a": "雨伞忘在车上了", "b": "救命，司机绑架了我妹妹", "c": UNKNOWN, "d": "司机酒驾，开得飞快"}
    for key, words in letters.items():
        complaints.take_message(channel="email", key=key, sender="a@example.org", words=words)
    rows = waiting_messages()
    assert [row.key[-1] for row in rows] == ["b", "c", "d", "a"]
    assert rows[0].danger == "severe"
    assert rows[1].heard == {"danger_unread": True}
    page = signed_in("agent").get("/admin/outside/").content.decode()
    assert said(rows[0].heard) in page
    assert said(rows[1].heard) in page


def test_a_report_from_the_street_is_read(people, world, signed_in):
    report_from_street(
        account=people("passenger2"),
        phone="",
        plate="川A·F9999",
        words=GRAVE,
        content=photo("川A·H0001"),
        submission="s",
    )
    row = MismatchReport.objects.get()
    assert row.danger == "severe"
    assert said(row.heard) in signed_in("vetting").get("/admin/vetting/").content.decode()


def test_what_she_writes_after_sos_starts_the_clock_of_the_police(rides):
    trip = rides.under_way()
    key = TripKey(trip.code, Party.PASSENGER, trip.city.code)
    safety.raise_sos(key=key)
    safety.add_word(key=key, words=GRAVE)
    incident = Incident.objects.get()
    assert incident.high_risk_at is not None
    assert incident.signals.filter(kind=SignalKind.DISTRESS).count() == 1
    assert TimelineEntry.objects.get(kind=SafetyLine.WORD).facts["danger"] == "severe"


def test_a_statement_of_who_was_harmed_raises_the_class(rides, people):
    row = Cases(rides, people).ended(words="司机绕路", category=Category.DISPUTE)
    assert row.level == Level.ORDINARY
    complaints.take(account=people("agent"), code=row.code)
    complaints.ask_statement(account=people("agent"), code=row.code, side=Side.COMPLAINANT, words="?")
    row.refresh_from_db()
    complaints.give_statement(
        complaint=row, side=Side.COMPLAINANT, actor=people("passenger").actor, words=f"其实{GRAVE}"
    )
    row.refresh_from_db()
    assert row.level == Level.SEVERE


def test_a_complaint_that_nobody_can_read_is_raised(rides, people):
    row = Cases(rides, people).ended(words=UNKNOWN, category=Category.OTHER)
    assert row.level == Level.RAISED
    line = TimelineEntry.objects.get(kind="complaints.filed")
    assert line.facts["danger_unread"] is True
