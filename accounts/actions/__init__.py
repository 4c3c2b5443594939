"""What may be done about staff, about looks without a case, and about guardians."""

from accounts.actions.guardians import GUARDIANS
from accounts.actions.looks import LOOKS
from accounts.actions.staff import MOTIONS, STAFF

__all__ = ["GUARDIANS", "LOOKS", "MOTIONS", "STAFF"]
