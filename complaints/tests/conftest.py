"""Complaints in the state that a test needs, made through the services."""

import pytest

from complaints import services
from complaints.models import Complaint
from complaints.policies import Award
from complaints.states import Category, Finding, Outcome, Side


class Cases:
    """Files, hears and decides as the cast would."""

    def __init__(self, rides, people):
        self.rides, self.people, self.count = rides, people, 0

    def filed(self, trip, who="passenger", category=Category.HARASSMENT, words="x", submission=""):
        self.count += 1
        return services.file_complaint(
            account=self.people(who),
            trip_code=trip.code,
            category=category,
            words=words,
            submission=submission or f"s-{self.count}",
        )

    def ended(self, category=Category.HARASSMENT, words="x", **trip):
        """A complaint about a trip that is over, so that both sides can be asked."""
        return self.filed(self.rides.ended(**trip), category=category, words=words)

    def heard(self, complaint, words="so it was"):
        """Both sides were asked and answered."""
        for side, who in ((Side.COMPLAINANT, complaint.complainant), (Side.ACCUSED, complaint.accused)):
            services.ask_statement(
                account=self.people("supervisor2"), code=complaint.code, side=side, words="What happened?"
            )
            services.give_statement(complaint=complaint, side=side, actor=who.actor, words=words)
        return complaint

    def decide(self, complaint, who, finding=Finding.UPHELD, *awards, cites=("words",), reason="because"):
        return services.decide(
            account=self.people(who),
            code=complaint.code,
            finding=finding,
            awards=awards,
            reason=reason,
            cites=cites,
        )

    def decided(self, complaint, finding=Finding.UPHELD, *awards, by=("adjudicator", "adjudicator2")):
        """Decided by as many as it takes."""
        self.decide(complaint, by[0], finding, *awards)
        complaint.refresh_from_db()
        if complaint.state == "proposed":
            self.decide(complaint, by[1], finding, *awards)
        return Complaint.objects.get(pk=complaint.pk)

    def appealed(self, complaint, finding=Finding.UPHELD, *awards, by=("supervisor", "supervisor2")):
        """The appeal decided by two who had no part in the decision."""
        for who in by:
            self.decide(complaint, who, finding, *awards)
        return Complaint.objects.get(pk=complaint.pk)

    def reopened(self, complaint, by=("supervisor", "supervisor2")):
        """What two decided, opened again by two."""
        services.reopen(account=self.people(by[0]), code=complaint.code, words="new evidence")
        services.agree_to_reopen(account=self.people(by[1]), code=complaint.code)
        return Complaint.objects.get(pk=complaint.pk)

    def lifted(self, complaint, by=("specialist", "supervisor")):
        """The stop on orders lifted by two."""
        services.propose_lift(account=self.people(by[0]), code=complaint.code, words="wrong car")
        services.agree_to_lift(account=self.people(by[1]), code=complaint.code)
        return Complaint.objects.get(pk=complaint.pk)


BAN = Award(Outcome.BAN, Side.ACCUSED)
WARNING = Award(Outcome.WARNING, Side.ACCUSED)
SUSPENSION = Award(Outcome.SUSPENSION, Side.ACCUSED, days=3)


@pytest.fixture
def cases(rides, people):
    return Cases(rides, people)
