"""What may be done about staff, and about looks without a case."""

from accounts.actions.looks import LOOKS
from accounts.actions.staff import MOTIONS, STAFF

__all__ = ["LOOKS", "MOTIONS", "STAFF"]
