"""What staff and the sides of a case may do here, a file for each kind of row."""

from complaints.actions.care import CARE, GREETINGS
from complaints.actions.cases import COMPLAINTS
from complaints.actions.claims import ACCIDENTS, CLAIMS
from complaints.actions.outside import MESSAGES
from complaints.actions.own import OWN
from complaints.actions.summaries import SUMMARIES

__all__ = ["ACCIDENTS", "CARE", "CLAIMS", "COMPLAINTS", "GREETINGS", "MESSAGES", "OWN", "SUMMARIES"]
