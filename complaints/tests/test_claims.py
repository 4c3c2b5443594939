"""Safeguards (C6): documents, two people, a cap that no race passes, a ledger that always adds up."""

import io
import threading
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from complaints import services
from complaints.errors import CapReached, ClaimClosed, PapersMissing, ReasonNeeded
from complaints.models import Accident, CareTask, Claim
from complaints.safeguards import PAPERS_NEEDED
from complaints.selectors import (
    granted_by_one_alone,
    granted_without_entry,
    wrong_accidents,
)
from complaints.states import CAPPED, ClaimKind, Paper, Settlement
from core import clock, ledger
from core.errors import DomainError, Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, LedgerEntry, Notification, Payout, TimelineEntry
from core.tests.factories import PDF

CAP = 120_000_000


def picture():
    drawn = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(drawn, "PNG")
    return drawn.getvalue()


PNG = picture()


class Help:
    """Opens accidents and claims as the cast would."""

    def __init__(self, people):
        self.people, self.count = people, 0

    def accident(self, trip=""):
        self.count += 1
        return services.open_accident(
            account=self.people("agent"), trip_code=trip, happened_at=clock.now() - timedelta(hours=1),
            place="G104", words="撞上护栏", submission=f"a-{self.count}"[:64],
        )  # fmt: skip

    def claim(self, accident, kind=ClaimKind.HUMANITARIAN, fen=5_000_000, *, papers=True):
        self.count += 1
        claim = services.file_claim(
            account=self.people("agent"), accident_code=accident.code, kind=kind, name="家属",
            phone="13911110003", fen=fen, submission=f"k-{self.count}"[:64],
        )  # fmt: skip
        if papers:
            for paper in PAPERS_NEEDED[kind]:
                services.add_papers(
                    claim=claim, actor=self.people("agent").actor, paper=paper,
                    files=[services.read_file(PDF)],
                )  # fmt: skip
        return claim

    def propose(self, claim, fen=None, who="agent"):
        return services.propose_claim(
            account=self.people(who), code=claim.code, fen=fen or claim.asked_fen, reason="as the papers say"
        )

    def granted(self, accident, kind=ClaimKind.HUMANITARIAN, fen=5_000_000):
        claim = self.claim(accident, kind, fen)
        self.propose(claim)
        return services.decide_claim(account=self.people("supervisor"), code=claim.code, approves=True)


@pytest.fixture
def safe(people):
    return Help(people)


def test_one_accident_for_a_trip_and_a_call_to_those_concerned_is_due(safe, rides):
    trip = rides.ended()
    accident = safe.accident(trip.code)
    assert safe.accident(trip.code) == accident
    assert accident.cap_fen == CAP
    task = CareTask.objects.get()
    assert (task.kind, task.owner.code, task.due_at) == (
        "after_accident",
        "agent",
        clock.now() + timedelta(days=1),
    )


def test_a_claim_rests_on_its_documents(safe):
    claim = safe.claim(safe.accident(), ClaimKind.SUDDEN_DEATH, papers=False)
    with pytest.raises(PapersMissing) as told:
        safe.propose(claim)
    assert told.value.detail.count(",") == 2
    for paper in (Paper.IDENTITY, Paper.RELATION, Paper.DEATH):
        services.add_papers(
            claim=claim, actor=safe.people("agent").actor, paper=paper, files=[services.read_file(PDF)]
        )
    safe.propose(claim)
    with pytest.raises(InvalidInput):
        services.add_papers(claim=claim, actor=safe.people("agent").actor, paper=Paper.OTHER, files=[])


def test_much_money_takes_two_and_little_one(safe, people):
    accident = safe.accident()
    much = safe.claim(accident, fen=1_000_001)
    safe.propose(much, who="adjudicator")
    assert Claim.objects.get(pk=much.pk).state == "proposed"
    with pytest.raises(SecondPersonNeeded):
        services.decide_claim(account=people("adjudicator"), code=much.code, approves=True)
    with pytest.raises(Forbidden):
        services.decide_claim(account=people("agent2"), code=much.code, approves=True)
    services.decide_claim(account=people("supervisor"), code=much.code, approves=True)
    little = safe.claim(accident, fen=1_000_000)
    safe.propose(little, who="adjudicator")
    assert Claim.objects.get(pk=little.pk).state == "approved"
    third = safe.claim(accident, fen=1_000_000)
    safe.propose(third, who="agent")  # an agent alone never grants
    assert Claim.objects.get(pk=third.pk).state == "proposed"
    accident.refresh_from_db()
    assert accident.reserved_fen == 2_000_001
    assert granted_by_one_alone(1_000_000) == []


def test_the_second_person_can_send_it_back_and_a_refusal_is_looked_at_by_another(safe, people):
    claim = safe.claim(safe.accident())
    safe.propose(claim)
    with pytest.raises(ReasonNeeded):
        services.decide_claim(account=people("supervisor"), code=claim.code, approves=False)
    services.decide_claim(account=people("supervisor"), code=claim.code, approves=False, reason="too much")
    services.refuse_claim(account=people("adjudicator"), code=claim.code, reason="not covered")
    with pytest.raises(SecondPersonNeeded):
        services.reopen_claim(account=people("adjudicator"), code=claim.code, reason="x")
    services.reopen_claim(account=people("supervisor"), code=claim.code, reason="it is covered")
    safe.propose(Claim.objects.get(pk=claim.pk))


def test_what_is_granted_is_owed_once_and_paid_out(safe):
    claim = safe.granted(safe.accident())
    assert ledger.balance(f"payable:claim:{claim.code}") == -5_000_000
    assert Payout.objects.get(key=f"claim:{claim.code}").fen == 5_000_000
    with pytest.raises(ClaimClosed):
        services.decide_claim(account=safe.people("supervisor2"), code=claim.code, approves=True)
    assert Payout.objects.filter(subject=claim.code).count() == 1
    assert Notification.objects.filter(key__startswith=f"claim:{claim.code}:approved").count() == 1


def test_the_cap_is_together_and_the_care_fund_on_top(safe):
    accident = safe.accident()
    safe.granted(accident, ClaimKind.HUMANITARIAN, 100_000_000)
    claim = safe.claim(accident, ClaimKind.SUDDEN_DEATH, 20_000_001)
    with pytest.raises(CapReached) as told:
        safe.propose(claim)
    assert "200,000.00" in told.value.detail
    safe.granted(accident, ClaimKind.SUDDEN_DEATH, 20_000_000)
    safe.granted(accident, ClaimKind.CARE_FUND, 30_000_000)
    accident.refresh_from_db()
    assert accident.reserved_fen == CAP
    assert ledger.balance("fund:care") == 30_000_000
    assert wrong_accidents() == []


def test_the_database_itself_holds_the_cap(safe):
    accident = safe.accident()
    with pytest.raises(IntegrityError), transaction.atomic():
        Accident.objects.filter(pk=accident.pk).update(reserved_fen=CAP + 1)


def test_an_advance_comes_before_fault_and_is_settled_after(safe, people):
    accident = safe.accident()
    claim = safe.granted(accident, ClaimKind.ADVANCE, 8_000_000)
    assert ledger.balance(f"asset:advances:{accident.code}") == 8_000_000
    services.settle_advance(
        account=people("adjudicator"), code=claim.code, how=Settlement.RECOVERED, reason="insurer"
    )
    assert ledger.balance(f"asset:advances:{accident.code}") == 8_000_000  # two lent it: two settle it
    with pytest.raises(SecondPersonNeeded):
        services.decide_settlement(account=people("adjudicator"), code=claim.code, approves=True)
    services.decide_settlement(account=people("supervisor"), code=claim.code, approves=True)
    accident.refresh_from_db()
    assert accident.reserved_fen == 0
    assert ledger.balance(f"asset:advances:{accident.code}") == 0
    second = safe.granted(accident, ClaimKind.ADVANCE, 1_500_000)
    services.settle_advance(
        account=people("adjudicator"), code=second.code, how=Settlement.BORNE, reason="nobody pays"
    )
    with pytest.raises(ReasonNeeded):
        services.decide_settlement(account=people("supervisor"), code=second.code, approves=False)
    services.decide_settlement(account=people("supervisor"), code=second.code, approves=False, reason="x")
    with pytest.raises(ClaimClosed):
        services.decide_settlement(account=people("supervisor"), code=second.code, approves=True)
    services.settle_advance(
        account=people("adjudicator"), code=second.code, how=Settlement.BORNE, reason="nobody pays"
    )
    services.decide_settlement(account=people("supervisor2"), code=second.code, approves=True)
    accident.refresh_from_db()
    assert accident.reserved_fen == 1_500_000
    with pytest.raises(ClaimClosed):
        services.settle_advance(
            account=people("adjudicator"), code=second.code, how=Settlement.BORNE, reason="x"
        )
    assert wrong_accidents() == granted_without_entry() == ledger.unbalanced() == []


MOVES = st.lists(
    st.tuples(
        st.sampled_from(list(ClaimKind)),
        st.integers(1, 90_000_000),
        st.sampled_from(["grant", "back", "refuse", "grant twice", "recovered", "borne"]),
    ),
    max_size=8,
)


@pytest.mark.long
@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_the_order_no_accident_passes_its_cap_and_every_ledger_sums_to_zero(world, people, moves):
    safe = Help(people)
    safe.count = uuid.uuid4().int  # submissions of examples must differ
    accident = safe.accident()
    for kind, fen, what in moves:
        claim = safe.claim(accident, kind, fen)
        try:
            safe.propose(claim)
            if what == "refuse":
                services.decide_claim(
                    account=people("supervisor"), code=claim.code, approves=False, reason="x"
                )
                services.refuse_claim(account=people("supervisor"), code=claim.code, reason="x")
                continue
            services.decide_claim(
                account=people("supervisor"), code=claim.code, approves=what != "back", reason="x"
            )
            if what == "grant twice":
                services.decide_claim(account=people("supervisor2"), code=claim.code, approves=True)
            if what in {"recovered", "borne"}:
                services.settle_advance(
                    account=people("supervisor"), code=claim.code, how=Settlement(what), reason="x"
                )
                services.decide_settlement(account=people("adjudicator"), code=claim.code, approves=True)
        except DomainError:
            pass
        accident.refresh_from_db()
        assert 0 <= accident.reserved_fen <= CAP
        assert wrong_accidents() == granted_without_entry() == ledger.unbalanced() == []


@pytest.mark.django_db(transaction=True)
def test_claims_that_race_cannot_pass_the_cap(people):
    safe = Help(people)
    accident = safe.accident()
    claims = [safe.claim(accident, ClaimKind.HUMANITARIAN, 50_000_000) for _ in range(4)]
    for claim in claims:
        safe.propose(claim)
    begin, outcomes = threading.Barrier(4), []

    def agree(code):
        begin.wait()
        try:
            services.decide_claim(account=people("supervisor"), code=code, approves=True)
            outcomes.append("granted")
        except CapReached:
            outcomes.append("cap")
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=(claim.code,)) for claim in claims]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["cap", "cap", "granted", "granted"]
    accident.refresh_from_db()
    assert accident.reserved_fen == 100_000_000
    granted = Claim.objects.filter(kind__in=sorted(CAPPED), granted_fen__gt=0)
    assert granted.count() == LedgerEntry.objects.filter(account__startswith="payable:claim:").count() == 2
    assert wrong_accidents() == []


# --- Pages ---


def test_whoever_claims_follows_it_and_adds_documents_without_an_account(safe, client):
    claim = safe.claim(safe.accident(), papers=False)
    page = f"/claims/{claim.code}/{claim.secret}/"
    assert "K-" in client.get(page).content.decode()
    assert client.get(f"/claims/{claim.code}/{'x' * 22}/").status_code == 404
    sent = client.post(f"{page}papers/", {"paper": "identity", "uploads": SimpleUploadedFile("a.pdf", PDF)})
    assert sent.status_code == 302
    assert claim.papers.get().paper == "identity"
    bad = client.post(f"{page}papers/", {"paper": "identity", "uploads": SimpleUploadedFile("a.exe", b"MZ")})
    assert bad.status_code == 400


def test_a_document_that_is_sent_twice_is_kept_once(
    safe, client, settings, tmp_path, django_capture_on_commit_callbacks
):
    own = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"pictures": own}
    claim = safe.claim(safe.accident(), papers=False)
    page = f"/claims/{claim.code}/{claim.secret}/papers/"

    def send(paper, *contents):
        files = [SimpleUploadedFile(f"{number}", content) for number, content in enumerate(contents)]
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(page, {"paper": paper, "uploads": files})

    def in_storage():
        return sum(path.is_file() for path in tmp_path.rglob("*"))

    def lines():
        return TimelineEntry.objects.count(), AuditEntry.objects.filter(action="claims.papers").count()

    assert send("identity", PDF, PNG).status_code == 302
    assert claim.papers.count() == 2
    stored, before = in_storage(), lines()
    assert send("identity", PNG).status_code == 302
    assert send("identity", PNG, PDF, PDF).status_code == 302
    assert (claim.papers.count(), lines()) == (2, before)
    assert in_storage() == stored
    # What is new among them comes in, and the same paper may be two things.
    assert send("identity", PDF, PDF + b" ").status_code == 302
    assert send("hospital", PDF).status_code == 302
    assert claim.papers.count() == 4


def test_a_document_sent_again_is_answered_after_the_claim_was_decided(safe, client):
    claim = safe.granted(safe.accident())
    page, paper = f"/claims/{claim.code}/{claim.secret}/papers/", claim.papers.first().paper
    kept = claim.papers.count()
    again = client.post(page, {"paper": paper, "uploads": SimpleUploadedFile("a.pdf", PDF)})
    assert again.status_code == 302
    other = client.post(page, {"paper": paper, "uploads": SimpleUploadedFile("a.png", PNG)})
    assert other.status_code == 409
    assert claim.papers.count() == kept


def test_the_statement_is_a_pdf_with_the_figures(safe, signed_in):
    accident = safe.accident()
    claim = safe.granted(accident)
    answer = signed_in("agent").get(f"/admin/accidents/{accident.code}/statement.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert AuditEntry.objects.filter(action="claims.statement", case=accident.code).exists()
    page = signed_in("agent").get(f"/admin/accidents/{accident.code}/").content.decode()
    assert claim.code in page
    assert "1,150,000.00" in page  # what is left of the cap


def test_the_pages_from_accident_to_money(people, signed_in, rides):
    agent, supervisor = signed_in("agent"), signed_in("supervisor")
    sent = agent.post(
        "/admin/accidents/",
        {
            "trip": rides.ended().code,
            "happened_at": "2026-03-02T11:00",
            "place": "x",
            "words": "x",
            "submission": "s",
        },
    )
    code = Accident.objects.get().code
    assert sent.headers["location"] == f"/admin/accidents/{code}/"
    agent.post(
        f"/admin/accidents/{code}/claims/",
        {"kind": "advance", "name": "x", "phone": "13911110004", "yuan": "30000", "submission": "c"},
    )
    claim = Claim.objects.get()
    base = f"/admin/claims/{claim.code}"
    agent.post(f"{base}/papers/", {"paper": "hospital", "uploads": SimpleUploadedFile("a.pdf", PDF)})
    agent.post(f"{base}/do/propose/", {"yuan": "30000", "words": "bill"})
    assert "Too" not in supervisor.get(f"/admin/accidents/{code}/").content.decode()
    assert supervisor.post(f"{base}/do/approve/").status_code == 400  # nothing was meant by it
    supervisor.post(f"{base}/do/approve/", {"do": "1"})
    claim.refresh_from_db()
    assert (claim.state, claim.granted_fen) == ("approved", 3_000_000)
    with pytest.raises(NotFound):
        services.decide_claim(account=people("supervisor"), code="K-NONE", approves=True)


# --- Many small ones ---


def small(safe, accident=None, fen=400_000, who="adjudicator"):
    claim = safe.claim(accident or safe.accident(), fen=fen)
    safe.propose(claim, who=who)
    return Claim.objects.get(pk=claim.pk)


def test_many_small_claims_of_one_person_take_two_together(safe, people):
    assert [small(safe).state for _number in range(3)] == ["approved", "approved", "proposed"]
    third = Claim.objects.latest("pk")
    with pytest.raises(SecondPersonNeeded):
        services.decide_claim(account=people("adjudicator"), code=third.code, approves=True)
    services.decide_claim(account=people("supervisor"), code=third.code, approves=True)
    third.refresh_from_db()
    assert (third.granted_fen, third.alone_fen) == (400_000, 200_000)


def test_somebody_else_a_later_time_and_another_person_count_by_themselves(safe, people, noon):
    for _number in range(2):
        small(safe)
    assert small(safe, who="supervisor").state == "approved"
    noon.shift(timedelta(days=31))
    assert small(safe).state == "approved"


def test_what_is_left_may_be_granted_alone(safe):
    small(safe, fen=900_000)
    assert small(safe, fen=100_001).state == "proposed"
    assert small(safe, fen=100_000).state == "approved"


def test_an_advance_above_what_was_left_is_settled_by_two(safe, people):
    small(safe, fen=900_000)
    claim = safe.claim(safe.accident(), ClaimKind.ADVANCE, 400_000)
    safe.propose(claim, who="adjudicator")
    services.decide_claim(account=people("supervisor"), code=claim.code, approves=True)
    services.settle_advance(
        account=people("adjudicator"), code=claim.code, how=Settlement.RECOVERED, reason="paid back"
    )
    claim.refresh_from_db()
    assert (claim.state, claim.settle_by) == ("approved", "adjudicator")


@pytest.mark.django_db(transaction=True)
def test_two_small_claims_at_once_are_not_both_granted_alone(safe, people):
    claims = [safe.claim(safe.accident(), fen=600_000) for _number in range(2)]
    gate = threading.Barrier(2)

    def grant(claim):
        gate.wait()
        try:
            safe.propose(claim, who="adjudicator")
        finally:
            connection.close()

    threads = [threading.Thread(target=grant, args=[claim]) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Claim.objects.values_list("state", flat=True)) == ["approved", "proposed"]
