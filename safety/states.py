from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import facts, live, timeline
from core.states import Transitions
from safety.monitor.rules import KINDS


class IncidentState(models.TextChoices):
    OPEN = "open", _("nobody has it")
    TAKEN = "taken", _("taken")
    RESOLVED = "resolved", _("outcome given, awaits a second person")
    CLOSED = "closed", _("closed")


INCIDENT_TRANSITIONS = Transitions(
    IncidentState,
    {
        "open": frozenset({"taken"}),
        "taken": frozenset({"resolved"}),
        "resolved": frozenset({"taken", "closed"}),  # the second person may send it back
    },
    ends={"closed"},
)
LIVE = frozenset({IncidentState.OPEN, IncidentState.TAKEN, IncidentState.RESOLVED})


class Origin(models.TextChoices):
    SOS = "sos", _("SOS")
    WELFARE_CHECK = "welfare_check", _("welfare check")  # 失联核查
    MONITOR = "monitor", _("trip monitor")
    RULE = "rule", _("rule")


class SignalKind(models.TextChoices):
    """Kinds of signals: those of what people do, named here, and those of the monitor, which its rules declare."""

    CANCEL_ABOARD = "cancel_aboard", _("somebody tried to cancel after boarding")
    CANCEL_AFTER_MEETING = "cancel_after_meeting", _("cancelled after both phones had met")
    BOARDING_PRESUMED = "boarding_presumed", _("counts as boarded, and nobody compared the car")
    ENDED_FAR = "ended_far", _("ended far from the destination")
    NO_ANSWER = "no_answer", _("no answer to the question in 60 seconds")
    ASKED_FOR_HELP = "asked_for_help", _("the passenger answered that not all is well")
    FINE_NOT_SHOWN = "fine_not_shown", _("all is well was answered, and no position of hers shows it")
    MISMATCH = "mismatch", _("not the registered car or driver")
    ACCIDENT = "accident", _("an accident, or nobody says that there was none")
    PICKUP_LATE = "pickup_late", _("waited for a pick-up in the night and does not answer")
    WELFARE_CHECK = "welfare_check", _("somebody is worried")
    REPEATED_REPORT = "repeated_report", _("reported again")
    DISTRESS = "distress", _("a message of distress was reported")
    SOS = "sos", _("SOS")
    # Members of an enumeration are what its body assigns: OFF_ROUTE and so on.
    vars().update({value.upper(): (value, kind.label) for value, kind in KINDS.items()})


class RecordingPurpose(models.TextChoices):
    TRIP = "trip", _("the whole trip, with both sides' consent")
    SOS = "sos", _("a call for help")


class RecordingState(models.TextChoices):
    LIVE = "live", _("recording now")
    ENDED = "ended", _("ended")
    DESTROYED = "destroyed", _("destroyed")


RECORDING_TRANSITIONS = Transitions(
    RecordingState,
    {
        "live": frozenset({"ended", "destroyed"}),
        "ended": frozenset({"destroyed"}),
    },
    ends={"destroyed"},
)


class Answer(models.TextChoices):
    FINE = "fine", _("fine")
    # Held down instead of tapped: looks like 'fine' to whoever watches her hand.
    DURESS = "duress", _("“Good”, under duress")
    NOT_WELL = "not_well", _("not quite")
    NONE = "none", _("no answer")


class AccidentAnswer(models.TextChoices):
    NO = "no", pgettext_lazy("accident", "no accident")
    YES = "yes", pgettext_lazy("accident", "an accident")


class Heard(models.TextChoices):
    """What came of the automated call that follows a question without an answer (S15); who pressed nobody knows."""

    RINGING = "ringing", pgettext_lazy("automated call", "rings")
    FINE = "fine", pgettext_lazy("automated call", "somebody pressed 1, all is well")
    HELP = "help", pgettext_lazy("automated call", "somebody pressed 2, help")
    SILENT = "silent", pgettext_lazy("automated call", "taken up, and no key pressed")
    MISSED = "missed", pgettext_lazy("automated call", "not taken up")
    ENDED = (
        "ended",
        pgettext_lazy("automated call", "not rung any more: answered on the page, or called for help"),
    )


HEARD_TRANSITIONS = Transitions(
    Heard,
    {
        "ringing": frozenset({"fine", "help", "silent", "missed", "ended"}),
        # A relay that was away may say later that key 2 was pressed.
        "missed": frozenset({"help"}),
        "ended": frozenset({"help"}),
    },
    ends={"fine", "help", "silent"},
)


class IncidentOutcome(models.TextChoices):
    SAFE = "safe", _("reached and safe")
    POLICE = "police", _("handed to the police")
    FALSE_ALARM = "false_alarm", _("false alarm in good faith")
    MALICIOUS = "malicious", _("malicious alarm")


class Harm(models.TextChoices):
    """The gravest that is known to have come of an incident; nothing recorded is not known, never 'nobody was hurt'."""

    NONE = "none", pgettext_lazy("harm", "nobody was hurt")
    LIGHT = "light", pgettext_lazy("harm", "somebody was lightly hurt")
    SEVERE = "severe", pgettext_lazy("harm", "somebody was severely injured")
    DEATH = "death", pgettext_lazy("harm", "somebody died")
    UNKNOWN = "unknown", pgettext_lazy("harm", "not known whether somebody was hurt")


GRAVE = frozenset({Harm.SEVERE, Harm.DEATH})


class StaffPhrase(models.TextChoices):
    """What staff write to a caller with one tap; read in the caller's language."""

    YES = "yes", pgettext_lazy("call for help", "Yes.")
    NO = "no", pgettext_lazy("call for help", "No.")
    WE_SEE_YOU = "we_see_you", _("We see on the map where you are.")
    POLICE_TOLD = "police_told", _("The police know where you are.")
    KEEP_OPEN = "keep_open", _("Keep this page open. We stay with you.")
    CAN_YOU_WRITE = "can_you_write", _("Can you write? Yes or No is enough.")
    HURT = "hurt", _("Are you hurt?")
    WEAPON = "weapon", _("Is there a weapon?")
    WITH_YOU = "with_you", _("Is that person still with you?")
    CALL_NOW = "call_now", _("May we call you now?")
    TO_PEOPLE = "to_people", _("If you can, go where there are people.")


class CallerPhrase(models.TextChoices):
    """What a caller writes with one tap; read in the reader's language."""

    YES = "yes", pgettext_lazy("call for help", "Yes.")
    NO = "no", pgettext_lazy("call for help", "No.")
    POLICE = "police", _("Please call the police.")
    CANNOT_SPEAK = "cannot_speak", _("I cannot speak.")
    OTHER_WAY = "other_way", _("The car takes another way.")
    LOCKED = "locked", _("I cannot get out.")
    HURT = "hurt", _("I am hurt.")
    OUT = "out", _("I am out of the car.")


class Callee(models.TextChoices):
    """Whom staff call from an incident."""

    PASSENGER = "passenger", _("passenger")
    CONTACT = "contact", _("emergency contact")
    DRIVER = "driver", _("driver")
    STATION = "station", _("police station")


class PlacedState(models.TextChoices):
    RINGING = "ringing", pgettext_lazy("call", "ringing")
    CONNECTED = "connected", pgettext_lazy("call", "connected")
    FAILED = "failed", pgettext_lazy("call", "not connected")


PLACED_TRANSITIONS = Transitions(
    PlacedState,
    {"ringing": frozenset({"connected", "failed"})},
    ends={"connected", "failed"},
)


class PushCause(models.TextChoices):
    """What sends an incident to the emergency centre (110) by itself (P12)."""

    SOS = "sos", _("a call for help")
    DANGER = "danger", _("high risk that the trip itself shows")


class CentreWord(models.TextChoices):
    """What the emergency centre says of a case, each further on than the one before."""

    RECEIVED = "received", pgettext_lazy("emergency centre", "received")
    DISPATCHED = "dispatched", pgettext_lazy("emergency centre", "police are on their way")
    ON_SCENE = "on_scene", pgettext_lazy("emergency centre", "police are there")
    OVER = "over", pgettext_lazy("emergency centre", "over for the police")
    REFUSED = "refused", pgettext_lazy("emergency centre", "not taken on")


class AppealOutcome(models.TextChoices):
    UPHELD = "upheld", _("it was not malicious")
    REFUSED = "refused", _("it stays so")


timeline.vocabulary(heard=Heard, accident=AccidentAnswer)
timeline.vocabulary(callee=Callee, cause=PushCause, centre=CentreWord)
timeline.vocabulary(from_staff=StaffPhrase, from_caller=CallerPhrase)
timeline.vocabulary(
    appeal=AppealOutcome, origin=Origin, signal=SignalKind, answer=Answer, outcome=IncidentOutcome, harm=Harm
)
timeline.forms(why=facts.say)


@timeline.kinds
class SafetyLine(models.TextChoices):
    """What the timeline says of an incident."""

    OPENED = "safety.opened", _("Incident opened by: %(origin)s")
    SIGNAL = "safety.signal", _("Signal: %(signal)s (+%(score)s, now %(total)s). %(why)s")
    ASKED = "safety.asked", _("The passenger alone was asked whether all is well")
    ANSWERED = "safety.answered", _("The passenger's answer: %(answer)s")
    ACCIDENT_ASKED = "safety.accident_asked", _("Both sides were asked whether there was an accident")
    ACCIDENT_ANSWERED = "safety.accident_answered", _("The answer of the %(party)s: %(accident)s")
    RUNG_HER = "safety.rung_her", _("An automated call rings the passenger: no answer on the page")
    HEARD_BY_PHONE = "safety.heard_by_phone", _("Automated call to the passenger: %(heard)s")
    SOS = "safety.sos", _("SOS by the %(party)s")
    SOS_AGAIN = "safety.sos_again", _("SOS again by the %(party)s")
    WORD = "safety.word", _("The %(party)s wrote")
    PHRASE = "safety.phrase", _("The %(party)s wrote: %(from_caller)s")
    WROTE = "safety.wrote", _("%(who)s wrote to the %(party)s")
    WROTE_PHRASE = "safety.wrote_phrase", _("%(who)s wrote to the %(party)s: %(from_staff)s")
    SHOWN = "safety.shown", _("What was written is on the %(party)s's screen")
    SILENT = "safety.silent", _("The %(party)s asked not to be called")
    NOT_SILENT = "safety.not_silent", _("The %(party)s may be called again")
    STREET_REPORT = "safety.street_report", _("Report %(code)s from the street names the plate of this trip")
    SEEN = "safety.seen", _("%(who)s has seen what was new")
    CONTACTS = "safety.contacts", _("Messages to emergency contacts on their way: %(count)s")
    WELFARE_CHECK = "safety.welfare_check", _("Welfare check filed, report code %(code)s")
    EVIDENCE = "safety.evidence", _("The reporter of %(code)s added")
    CHECK_MENDED = "safety.check_mended", _("The reporter of %(code)s mended a phone number")
    CHECK_MOVED = "safety.check_moved", _("The report %(code)s belongs to another person: it went to %(to)s")
    CHECK_CAME = "safety.check_came", _("The report %(code)s came from %(other)s")
    REPORTER_VERIFIED = "safety.reporter_verified", _("The reporter of %(code)s verified their phone")
    TAKEN = "safety.taken", _("Taken by %(who)s")
    NOTE = "safety.note", _("Note")
    STEP = "safety.step", _("Prepared step taken: %(step)s")
    SAFE_CHECK = (
        "safety.safe_check",
        _("A safe check reached the passenger: spoken to, apart from the driver"),
    )
    HANDED_OVER = "safety.handed_over", _("Handed over to %(who)s")
    OFFERED = "safety.offered", _("%(who)s was asked to take it over")
    LISTENED = "safety.listened", _("%(who)s listens live (%(code)s)")
    PLAYED = "safety.played", _("Recording %(code)s played by %(who)s")
    SOUND = "safety.sound", _("Sound from the %(party)s's phone: recording %(code)s")
    RECORDING_KEPT = "safety.recording_kept", _("The passenger asked to keep the recording")
    SHARED = "safety.shared", _("The %(party)s shared the trip")
    PACKET = "safety.packet", _("SMS packet from the %(party)s's phone, sent %(sent_at)s")
    APPEAL = "safety.appeal", _("Appeal against 'malicious alarm'")
    APPEAL_DECIDED = "safety.appeal_decided", _("Appeal decided: %(appeal)s")
    CALLED = "safety.called", _("Called the passenger: %(result)s")
    CALLING = "safety.calling", _("%(who)s calls: %(callee)s")
    CONNECTED = "safety.connected", _("Connected: %(callee)s")
    NOT_CONNECTED = "safety.not_connected", _("Not connected: %(callee)s")
    POLICE_CALL_UNDONE = (
        "safety.police_call_undone",
        _(
            "Who asked in the name of %(station)s was not the police: the clock of the call to the police runs on"
        ),
    )
    POLICE_CALLED = "safety.police_called", _("The police of the place were called: %(station)s")
    POLICE_GIVEN = (
        "safety.police_given",
        _("%(station)s asked and was given the pack: nobody has said that police are sent"),
    )
    POLICE_SAID = (
        "safety.police_said",
        _("Police called by hand: %(station)s, %(number)s. A second person looks"),
    )
    POLICE_SEEN = "safety.police_seen", _("A second person confirmed that the police were called")
    POLICE_NOT_CALLED = "safety.police_not_called", _("A supervisor recorded why the police were not called")
    CENTRE_ASKED = "safety.centre_asked", _("Sent to the emergency centre (110): %(cause)s")
    CENTRE_WISHED = "safety.centre_wished", _("The passenger asked that 110 comes")
    CENTRE_SAID = "safety.centre_said", _("The emergency centre (110), case %(number)s: %(centre)s")
    CENTRE_CLOSED = "safety.centre_closed", _("The emergency centre (110) was told that it is closed")
    RESOLVED = "safety.resolved", _("Outcome given: %(outcome)s")
    HARM = "safety.harm", _("Recorded: %(harm)s")
    SENT_BACK = "safety.sent_back", _("The second person sent it back")
    CLOSED = "safety.closed", _("Reviewed by a second person and closed")


timeline.by_staff(
    SafetyLine.NOTE,
    SafetyLine.WROTE,
    SafetyLine.WROTE_PHRASE,
    SafetyLine.SAFE_CHECK,
    SafetyLine.OFFERED,
    SafetyLine.PLAYED,
    SafetyLine.CALLED,
    SafetyLine.POLICE_NOT_CALLED,
    SafetyLine.RESOLVED,
    SafetyLine.HARM,
    SafetyLine.SENT_BACK,
    SafetyLine.APPEAL_DECIDED,
)

# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("incidents", "safety.")
live.looks("safety.incident_read")


def topic_of(trip: str, party: str) -> str:
    """The topic on which open pages of one side of a trip are woken (`core.live`): the other side's hear nothing."""
    return f"side:{trip}/{party}"
