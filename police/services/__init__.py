"""The only writers of police requests and releases, by use case."""

from police.services.escalation import EXECUTIVE as EXECUTIVE
from police.services.escalation import call_executive as call_executive
from police.services.escalation import escalate_request as escalate_request
from police.services.links import LinkOutcome as LinkOutcome
from police.services.links import link_exists as link_exists
from police.services.links import open_link as open_link
from police.services.releases import confirm_release as confirm_release
from police.services.releases import propose_release as propose_release
from police.services.releases import read_pack as read_pack
from police.services.releases import record_call_back as record_call_back
from police.services.requests import PhoneOutcome as PhoneOutcome
from police.services.requests import Question as Question
from police.services.requests import ask_by_form as ask_by_form
from police.services.requests import file_papers as file_papers
from police.services.requests import open_phone_request as open_phone_request
from police.services.requests import point_to_trip as point_to_trip
from police.services.requests import record_denial as record_denial
from police.services.requests import refuse_request as refuse_request
from police.services.reviews import decide_reinstatement as decide_reinstatement
from police.services.reviews import propose_reinstatement as propose_reinstatement
from police.services.reviews import review_release as review_release
from police.services.reviews import suspend_officer as suspend_officer
