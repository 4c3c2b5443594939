"""What staff may do with care that is due, and with greetings."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import selectors, services
from complaints.actions.forms import WORK
from complaints.errors import NotNow
from complaints.models import Campaign, CareTask
from complaints.policies import GREETING
from complaints.states import CampaignState
from core.actions import Action, ActionSet, calls, words
from core.permissions import may

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Account


CARE: ActionSet[CareTask] = ActionSet(
    kind="care_task",
    find=lambda code, _person: selectors.care_task_by_code(code),
    route="complaints_console:care_act",
    back=lambda _task: reverse("complaints_console:care"),
    why_not=lambda task, _person, _key: _("It is done already.") if task.done_at else "",
    refused=NotNow,
    listed=True,
)
CARE.add(
    Action(
        key="done",
        label=pgettext_lazy("care", "Done"),
        permission=WORK,
        run=calls(services.finish_task, "words"),
        form=words(_("What came of it?")),
    )
)


def _not_waiting(greeting: Campaign, person: "Account", key: str) -> "str | Promise":
    if greeting.state != CampaignState.PROPOSED:
        return _("It is decided already.")
    own = key == "agree" and greeting.proposed_by == person.code
    return _("You proposed it: somebody else agrees.") if own else ""


GREETINGS: ActionSet[Campaign] = ActionSet(
    kind="greeting",
    find=lambda code, _person: selectors.campaign_by_code(code),
    route="complaints_console:greeting_act",
    back=lambda _greeting: reverse("complaints_console:care"),
    why_not=_not_waiting,
    listed=True,
)
GREETINGS.add(
    *(
        Action(
            key=key,
            label=label,
            permission="greetings.decide",
            run=calls(services.decide_campaign, approves=approves),
            two=GREETING.key,
            offered=lambda greeting, person: (
                greeting.state == CampaignState.PROPOSED and may(person, "greetings.decide")
            ),
        )
        for key, label, approves in (("agree", _("Agree"), True), ("drop", _("Drop it"), False))
    )
)
