"""What staff may do at the vetting desk: with cases, applications, video calls, plates, reports, rewards, appeals, holds and runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock
from core.actions import (
    AGREE,
    Action,
    ActionForm,
    ActionSet,
    Given,
    Step,
    by_two,
    calls,
    choice,
    either,
    text,
)
from core.permissions import may
from drivers import policies, selectors, services, wording
from drivers.models import (
    Appeal,
    Application,
    FaceCheck,
    Hold,
    MismatchReport,
    PlatePhoto,
    Reward,
    ScreeningRun,
    VettingCase,
)
from drivers.states import (
    UNDECIDED_PHOTO,
    AppealState,
    ApplicationState,
    CaseOutcome,
    CaseState,
    Decision,
    FaceCheckState,
    HoldKind,
    RewardState,
)

if TYPE_CHECKING:
    from accounts.models import Account

DECIDE, RELEASE = "vetting.decide", "holds.release"


def _desk_page(_row: object) -> str:
    return reverse("drivers_console:desk")


def _proposed(state: str) -> Callable[[Any], str | None]:
    """What is proposed, empty where nothing is yet; None where the row is not open in `state`."""
    return lambda row: row.proposed if row.state == state else None


def _in(*states: str) -> Callable[[Any, "Account"], bool]:
    """Offered in these states alone."""
    return lambda row, _person: row.state in states


class Reasoned(ActionForm):
    reason = text(_("Reason"), rows=3)


class ShortlyReasoned(ActionForm):
    reason = text(_("Reason"), limit=400)


# --- Vetting cases -------------------------------------------------------------------------------


class ProposeOutcome(Reasoned):
    outcome = choice(pgettext_lazy("application", "Outcome"), CaseOutcome.choices)
    field_order = ("outcome", "reason")


def _propose_outcome(case: VettingCase, person: "Account", given: Given) -> None:
    services.propose(
        account=person, code=case.code, outcome=CaseOutcome(given["outcome"]), reason=given["reason"]
    )


CASES: ActionSet[VettingCase] = ActionSet(
    kind="vetting_case",
    find=lambda code, _person: selectors.case_by_code(code),
    route="drivers_console:case_act",
    back=lambda case: reverse("drivers_console:case", args=[case.code]),
    why_not=policies.against_case,
)
CASES.add(
    *by_two(
        "drivers.case",
        DECIDE,
        Step("propose", _("Propose"), _propose_outcome, ProposeOutcome),
        *either(services.agree),
        proposal=_proposed(CaseState.OPEN),
    )
)

# --- Applications --------------------------------------------------------------------------------


class ProposeDecision(ActionForm):
    outcome = choice(pgettext_lazy("application", "Outcome"), Decision.choices)
    reason = text(_("Reason"), rows=3, limit=2000)

    def prepare(self) -> None:
        """Nobody is approved against the registries, or with what no longer holds up: the page says which."""
        if wording.is_barred(self.row) or wording.still_holds(self.row):
            self.fields["outcome"] = choice(
                pgettext_lazy("application", "Outcome"), [(Decision.REFUSE.value, Decision.REFUSE.label)]
            )


class ReturnToApplicant(ActionForm):
    reason = text(_("What is to be mended; the applicant reads it"), rows=3, limit=2000)


def _propose_decision(application: Application, person: "Account", given: Given) -> None:
    services.propose_decision(
        account=person, code=application.code, outcome=Decision(given["outcome"]), reason=given["reason"]
    )


def _return(application: Application, person: "Account", given: Given) -> None:
    services.return_application(account=person, code=application.code, words=given["reason"])


APPLICATIONS: ActionSet[Application] = ActionSet(
    kind="application",
    find=lambda code, _person: selectors.application_by_code(code),
    route="drivers_console:application_act",
    back=lambda application: reverse("drivers_console:application", args=[application.code]),
    why_not=lambda row, person, key: policies.against_application(
        row, person, key, selectors.screening_of(row)
    ),
)
APPLICATIONS.add(
    *by_two(
        "drivers.application",
        DECIDE,
        Step("propose", _("Propose"), _propose_decision, ProposeDecision),
        *either(services.agree_decision),
        proposal=_proposed(ApplicationState.REVIEW),
    ),
    Action(
        key="return",
        label=_("Back to the applicant, with this reason"),
        permission=DECIDE,
        run=_return,
        form=ReturnToApplicant,
        offered=_in(ApplicationState.REVIEW),
    ),
    Action(
        key="ask",
        label=_("Ask the registries again"),
        permission=DECIDE,
        run=calls(services.ask_registries_again),
        offered=lambda _application, _person: False,  # beside what they answered
    ),
)

# --- A driver waits for each of these ------------------------------------------------------------


def _decide_plate(same: bool) -> Callable[[PlatePhoto, "Account", Given], None]:
    def run(photo: PlatePhoto, person: "Account", _given: Given) -> None:
        services.decide_plate_photo(account=person, picture=photo.picture.code, same=same)

    return run


PLATES: ActionSet[PlatePhoto] = ActionSet(
    kind="plate",
    find=lambda code, _person: selectors.plate_photo_of(code),
    code=lambda photo: photo.picture.code,
    route="drivers_console:plate_act",
    back=_desk_page,
    why_not=lambda photo, person, _key: policies.against_plate(photo, person),
    listed=True,
)
PLATES.add(
    Action(
        key="same",
        label=_("This plate is on the photo"),
        permission="plates.read",
        run=_decide_plate(same=True),
        offered=_in(*UNDECIDED_PHOTO),
    ),
    Action(
        key="other",
        label=_("Another plate"),
        permission="plates.read",
        run=_decide_plate(same=False),
        offered=_in(*UNDECIDED_PHOTO),
        urgent=True,
    ),
)


class WhatWasSeen(ActionForm):
    same = choice(_("Decision"), [("yes", _("It is this driver")), ("no", _("Somebody else"))])
    reason = text(_("What you compared"), limit=400)


def _decide_video(check: FaceCheck, person: "Account", given: Given) -> None:
    services.decide_video_check(
        account=person, code=check.code, same=given["same"] == "yes", reason=given["reason"]
    )


def _waits(check: FaceCheck) -> bool:
    return check.state == FaceCheckState.ASKED and check.expires_at > clock.now()


def _called_by(check: FaceCheck, person: "Account") -> bool:
    return any(call.reviewer == person.code for call in selectors.calls_of(check))


def _my_call(check: FaceCheck, person: "Account") -> bool:
    call = selectors.open_call(check)
    return call is not None and call.reviewer == person.code


VIDEOS: ActionSet[FaceCheck] = ActionSet(
    kind="video",
    find=lambda code, _person: selectors.video_check_by_code(code),
    route="drivers_console:video_act",
    back=lambda check: reverse("drivers_console:video", args=[check.code]),
    why_not=lambda check, person, key: policies.against_video(
        check, person, key, selectors.calls_of(check), clock.now()
    ),
    listed=True,
)
VIDEOS.add(
    Action(
        key="take",
        label=pgettext_lazy("video call", "Call now"),
        permission=DECIDE,
        run=calls(services.take_video_check),
        offered=lambda check, person: _waits(check) and not _my_call(check, person),
    ),
    Action(
        key="decide",
        label=_("Decide"),
        permission=DECIDE,
        run=_decide_video,
        form=WhatWasSeen,
        offered=lambda check, person: _waits(check) and _called_by(check, person),
    ),
    Action(
        key="hang_up",
        label=_("Hang up without a decision"),
        permission=DECIDE,
        run=calls(services.hang_up),
        offered=_my_call,
    ),
)

# --- Reports and their rewards -------------------------------------------------------------------


class WhoIsMeant(ActionForm):
    driver = forms.CharField(label=_("Driver's account code"), max_length=20)

    def clean_driver(self) -> str:
        """Raises `ValidationError` where no driver has this code."""
        code: str = self.cleaned_data["driver"]
        if selectors.driver_by_code(code) is None:
            raise ValidationError(_("No driver has this code."))
        return code


def _sort(report: MismatchReport, person: "Account", given: Given) -> None:
    services.sort_report(account=person, code=report.code, driver_code=given["driver"])


REPORTS: ActionSet[MismatchReport] = ActionSet(
    kind="mismatch_report",
    find=lambda code, _person: selectors.report_by_code(code),
    route="drivers_console:report_act",
    back=_desk_page,
    why_not=policies.against_report,
    listed=True,
)
REPORTS.add(
    Action(
        key="look",
        label=_("I have looked at it"),
        permission="vetting.see",
        run=calls(services.look_at_report),
        offered=lambda report, _person: report.rings,
    ),
    Action(
        key="sort",
        label=_("It is about this driver"),
        permission=DECIDE,
        run=_sort,
        form=WhoIsMeant,
        offered=lambda report, person: report.driver_id is None and may(person, DECIDE),
    ),
)


def _back_from_reward(person: "Account") -> HttpResponse | None:
    """The desk is not for everybody who approves rewards."""
    return None if may(person, "vetting.see") else redirect("admin:index")


def _propose_reward(reward: Reward, person: "Account", given: Given) -> HttpResponse | None:
    services.propose_reward(account=person, code=reward.report.code, reason=given["reason"])
    return _back_from_reward(person)


def _decide_reward(approves: bool) -> Callable[[Reward, "Account", Given], HttpResponse | None]:
    def run(reward: Reward, person: "Account", _given: Given) -> HttpResponse | None:
        services.decide_reward(account=person, code=reward.report.code, approves=approves)
        return _back_from_reward(person)

    return run


def _reward_proposed(reward: Reward) -> str | None:
    """Who proposed to pay it; None where it is decided."""
    return reward.proposed_by if reward.state in {RewardState.DUE, RewardState.PROPOSED} else None


REWARDS: ActionSet[Reward] = ActionSet(
    kind="reward",
    find=lambda code, _person: selectors.reward_by_report(code),
    code=lambda reward: reward.report.code,
    route="drivers_console:reward_act",
    back=_desk_page,
    why_not=policies.against_reward,
    listed=True,
)
REWARDS.add(
    *by_two(
        "drivers.reward",
        "rewards.decide",
        Step("propose", _("Propose to pay it"), _propose_reward, ShortlyReasoned),
        Step("approve", AGREE, _decide_reward(approves=True)),
        Step("refuse", _("Refuse it"), _decide_reward(approves=False)),
        proposal=_reward_proposed,
    )
)

# --- Appeals and holds ---------------------------------------------------------------------------


class ProposeAppealDecision(Reasoned):
    granted = choice(_("Decision"), [])
    field_order = ("granted", "reason")

    def prepare(self) -> None:
        grant = _("Grant: the hold ends") if self.row.hold else _("Grant: two other people decide again")
        self.fields["granted"] = choice(_("Decision"), [("yes", grant), ("no", _("Reject"))])
        self.order_fields(self.field_order)


def _propose_appeal_decision(row: Appeal, person: "Account", given: Given) -> None:
    services.propose_appeal_decision(
        account=person, code=row.code, granted=given["granted"] == "yes", reason=given["reason"]
    )


APPEALS: ActionSet[Appeal] = ActionSet(
    kind="driver_appeal",
    find=lambda code, _person: selectors.appeal_by_code(code),
    route="drivers_console:appeal_act",
    back=lambda row: reverse("drivers_console:appeal", args=[row.code]),
    why_not=lambda row, person, key: policies.against_appeal(row, person, key, selectors.parties_to(row)),
)
APPEALS.add(
    Action(
        key="look",
        label=_("I have looked at it"),
        permission=RELEASE,
        run=calls(services.look_at_appeal),
        offered=lambda row, _person: row.rings,
    ),
    *by_two(
        "drivers.appeal",
        RELEASE,
        Step("propose", _("Propose"), _propose_appeal_decision, ProposeAppealDecision),
        *either(services.agree_appeal_decision),
        proposal=_proposed(AppealState.OPEN),
    ),
)


def _release_proposed(hold: Hold) -> str | None:
    """Who proposed to release it; None where it is over, or ends by the way of its kind."""
    return hold.release_proposed_by if hold.released_at is None and hold.kind == HoldKind.STAFF else None


HOLDS: ActionSet[Hold] = ActionSet(
    kind="hold",
    find=lambda code, _person: selectors.hold_by_code(code),
    route="drivers_console:hold_act",
    back=lambda hold: reverse("drivers_console:hold", args=[hold.code]),
    why_not=policies.against_release,
    lock=lambda hold, _given: selectors.locked_together(hold),
)
HOLDS.add(
    *by_two(
        "drivers.hold_release",
        RELEASE,
        Step("propose", _("Propose to release it"), calls(services.propose_release, "reason"), Reasoned),
        *either(services.agree_release, _("I agree: release it"), done=(_("The hold is released."), "")),
        proposal=_release_proposed,
    )
)

# --- Screening of the fleet ----------------------------------------------------------------------

RUNS: ActionSet[ScreeningRun] = ActionSet(
    kind="screening_run",
    find=lambda code, _person: selectors.run_by_code(code),
    route="drivers_console:run_act",
    back=lambda _run: reverse("drivers_console:fleet"),
    why_not=policies.against_run,
    listed=True,
)
RUNS.add(
    Action(
        key="pause",
        label=_("Pause"),
        permission="fleet.screen",
        run=calls(services.pause_run, pause=True),
        offered=lambda run, person: not policies.against_run(run, person, "pause"),
    ),
    Action(
        key="resume",
        label=_("Resume"),
        permission="fleet.screen",
        run=calls(services.pause_run, pause=False),
        offered=lambda run, person: not policies.against_run(run, person, "resume"),
    ),
)
