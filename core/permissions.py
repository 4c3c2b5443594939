"""Who may do what: one table of roles and permissions, and the only place that asks for a role.

A permission is named after what it lets somebody do (`claims.decide`). Fronts let people in by it, services ask it
again, and messages to whoever is responsible find their readers by it. Whether it may be done with *this* row now is
the rule of the row's own app.
"""

from collections.abc import Mapping
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import Forbidden


class Role(models.TextChoices):
    MEMBER = "member", _("member")  # passenger, driver or both
    AGENT = "agent", _("customer-service agent")
    SPECIALIST = "specialist", _("safety specialist")
    VETTING = "vetting", _("vetting reviewer")
    ADJUDICATOR = "adjudicator", _("adjudicator")
    SUPERVISOR = "supervisor", _("supervisor")
    OFFICER = "officer", _("police liaison officer")
    ADMIN = "admin", _("administrator")


class HasRole(Protocol):
    """Somebody signed in, or who acts."""

    @property
    def role(self) -> str: ...


MEMBER, AGENT, SPECIALIST, VETTING = Role.MEMBER, Role.AGENT, Role.SPECIALIST, Role.VETTING
ADJUDICATOR, SUPERVISOR, OFFICER, ADMIN = Role.ADJUDICATOR, Role.SUPERVISOR, Role.OFFICER, Role.ADMIN
# Whoever came by a link of their own and has no account may do with it what a member may.
WITHOUT_ACCOUNT: str = MEMBER

# Who is made at the command line, before anybody could agree; and what whoever is entered with a station becomes.
FOUNDER, LIAISON = ADMIN, OFFICER

TABLE: Mapping[str, frozenset[Role]] = {
    name: frozenset(roles)
    for name, roles in {
        # --- outside the console ---
        "ride": {MEMBER},  # book, drive, complain, be cared for
        "police.ask": {OFFICER},
        "consultations.vote": {MEMBER},
        # --- the console and its lists ---
        "console.open": {AGENT, SPECIALIST, VETTING, ADJUDICATOR, SUPERVISOR, ADMIN},
        "accounts.read": {SUPERVISOR, ADMIN},
        "core.read": {SUPERVISOR, ADMIN},
        "drivers.read": {AGENT, SPECIALIST, VETTING, SUPERVISOR, ADMIN},
        "rides.read": {AGENT, SPECIALIST, SUPERVISOR, ADMIN},
        "safety.read": {AGENT, SPECIALIST, SUPERVISOR, ADMIN},
        "complaints.read": {AGENT, SPECIALIST, ADJUDICATOR, SUPERVISOR, ADMIN},
        "police.read": {AGENT, SPECIALIST, SUPERVISOR, ADMIN},
        "governance.read": {AGENT, SPECIALIST, VETTING, ADJUDICATOR, SUPERVISOR, ADMIN},
        # --- everybody's work ---
        "duty.supervise": {SUPERVISOR},  # who is told where nobody else is responsible
        "duty.answer": {SUPERVISOR, ADMIN},  # who is told where nobody is on duty
        "failed_work.retry": {SPECIALIST, SUPERVISOR, ADMIN},
        "people.reveal": {
            AGENT,
            SPECIALIST,
            VETTING,
            ADJUDICATOR,
            SUPERVISOR,
        },  # in a case or with a reason (A5)
        "looks.answer": {SUPERVISOR},  # at people with whom the reader has no case (A8)
        "guardians.end": {AGENT, SPECIALIST, SUPERVISOR},  # of who is not of age, with a reason (A9)
        "sessions.end": {SUPERVISOR, ADMIN},  # of anybody, with a reason
        "staff.appoint": {SUPERVISOR, ADMIN},  # two of them together: who belongs to the staff, and as what
        "staff.suspend": {SUPERVISOR, ADMIN},
        "data_holds.renew": {AGENT, SPECIALIST, SUPERVISOR},
        # --- incidents ---
        "incidents.respond": {AGENT, SPECIALIST, SUPERVISOR},
        "incidents.specialise": {SPECIALIST},  # who counts for the roster of the night (S12)
        "incidents.review": {SPECIALIST, SUPERVISOR},  # the second person beside whoever gave the outcome
        "incidents.excuse_police": {SUPERVISOR},
        "recordings.hear": {AGENT, SPECIALIST, ADJUDICATOR, SUPERVISOR},  # inside an open case (S7)
        # --- police ---
        "police.answer": {AGENT, SPECIALIST, SUPERVISOR},
        "police.confirm": {SPECIALIST, SUPERVISOR},  # the second person of a release
        "stations.register": {SUPERVISOR, ADMIN},  # two of them together: stations and officers
        # --- complaints, claims, care ---
        "complaints.work": {AGENT, SPECIALIST, ADJUDICATOR, SUPERVISOR},
        "complaints.judge": {ADJUDICATOR, SUPERVISOR},
        "complaints.review_stop": {SPECIALIST, ADJUDICATOR, SUPERVISOR},
        "complaints.reopen": {SUPERVISOR},
        "claims.work": {AGENT, SPECIALIST, ADJUDICATOR, SUPERVISOR},
        "claims.decide": {ADJUDICATOR, SUPERVISOR},
        "greetings.decide": {ADJUDICATOR, SUPERVISOR},
        "care.see_all": {SUPERVISOR},
        "guides.write": {ADJUDICATOR, SUPERVISOR},
        "danger_words.try": {ADJUDICATOR, SUPERVISOR},
        "roster.plan": {SUPERVISOR},
        "summaries.answer": {SUPERVISOR},
        # --- vetting ---
        "vetting.see": {AGENT, SPECIALIST, VETTING, SUPERVISOR},
        "vetting.decide": {VETTING, SUPERVISOR},
        "fleet.screen": {VETTING, SUPERVISOR},
        "plates.read": {AGENT, SPECIALIST, VETTING, SUPERVISOR},
        "rewards.decide": {VETTING, ADJUDICATOR, SUPERVISOR},
        "holds.release": {VETTING, ADJUDICATOR, SUPERVISOR},
        # --- rides ---
        "cities.plan": {SUPERVISOR, ADMIN},  # cities and their places; a line that begins takes two
        "lines.suspend": {SPECIALIST, SUPERVISOR, ADMIN},
        "lines.relaunch": {
            SPECIALIST,
            SUPERVISOR,
            ADMIN,
        },  # two of them together, of two roles, through the gate
        "night.call": {AGENT, SPECIALIST, SUPERVISOR},
        # --- governance ---
        "rules.change": {SUPERVISOR, ADMIN},  # two of them together: every version of every rule
        "rules.tighten": {SPECIALIST, SUPERVISOR},  # one alone, stricter, for hours; another looks
        "comments.moderate": {AGENT, ADJUDICATOR, SUPERVISOR},  # what the public writes about questions
        "consultations.hold": {
            SUPERVISOR,
            ADMIN,
        },  # two of them together: what the public is asked and answered
        "measures.waive": {SUPERVISOR, ADMIN},  # two of them together: letting a measure be for a time
        "reports.publish": {SUPERVISOR, ADMIN},  # two of them together: the transparency report
        "reviews.write": {
            SPECIALIST,
            ADJUDICATOR,
            SUPERVISOR,
            ADMIN,
        },  # of deaths, injuries and broken clocks
        "reviews.finish": {SUPERVISOR, ADMIN},  # another than who wrote it
        "concerns.answer": {SUPERVISOR, ADMIN},  # reports in confidence, but those that are kept from them
        "concerns.open": {SUPERVISOR, ADMIN},  # two of them together: who reported
    }.items()
}


def roles_who(permission: str) -> frozenset[Role]:
    """The roles that have a permission. Raises `KeyError` where there is no such permission."""
    return TABLE[permission]


def may(person: HasRole, permission: str) -> bool:
    """True where the person's role has the permission. Raises `KeyError` where there is no such permission."""
    return person.role in TABLE[permission]


def require(person: HasRole, permission: str) -> None:
    """Raises `Forbidden` where the person's role lacks the permission."""
    if not may(person, permission):
        raise Forbidden


def is_still(person: HasRole, role: str) -> bool:
    """True where the person has the role that was written down when they signed in."""
    return person.role == role


def needs_second_factor(person: HasRole) -> bool:
    """True for whoever may see more than their own data."""
    return person.role != MEMBER
