"""What staff do about the board: letting a measure be for a time takes two."""

from django.urls import reverse

from core.console.motions import desk
from governance.waivers import KINDS, WAIVE

WAIVERS = desk(
    "board_motion",
    permission=WAIVE,
    kinds=KINDS,
    route="governance_console:motion_act",
    back=lambda _motion: reverse("governance_console:board"),
)
