"""What the addresses of complaints are about: one of each (`tests/test_permissions.py`)."""

from complaints import services as desk
from complaints.models import CareTask, Satisfaction
from complaints.services import file_complaint, read_file, save_macro
from complaints.states import Audience, Category, ClaimKind, Paper
from conftest import NOON
from core import clock
from core.actors import SYSTEM
from core.tests.factories import PDF
from drivers.models import Hold


def things(rides, people, made):
    complaint = file_complaint(
        account=people("passenger"),
        trip_code=made["trip"],
        category=Category.DANGER,
        words="x",
        submission="s",
        files=[read_file(PDF)],
    )
    texts = dict.fromkeys(("title_zh", "title_en", "body_zh", "body_en"), "x")
    macro = save_macro(account=people("supervisor"), code="thanks", texts=texts, category="")
    letter = desk.take_message(channel="email", key="m", sender="a@example.org", words="x")
    call = desk.announce_call(key="t", number="13800000001", agent="agent")
    accident = desk.open_accident(
        account=people("agent"), trip_code="", happened_at=clock.now(), place="x", words="x", submission="x"
    )
    claim = desk.file_claim(
        account=people("agent"), accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x",
        phone="13911110001", fen=100, submission="k",
    )  # fmt: skip
    desk.add_papers(claim=claim, actor=SYSTEM, paper=Paper.HOSPITAL, files=[read_file(PDF)])
    greeting = desk.propose_campaign(
        account=people("agent"),
        title="x",
        text_zh="x",
        text_en="x",
        audience=Audience.DRIVERS,
        send_at=clock.now(),
    )
    exercise = desk.begin_practice(account=people("agent"), scenario="yueqing")
    summary = desk.begin_summary(account=people("agent"), begins=NOON.date(), ends=NOON.date())
    desk.write_summary(
        account=people("agent"), code=summary.code, judgement="x", learned="x", skills="", goals="", cases=[],
        submit=True,
    )  # fmt: skip
    scored = file_complaint(
        account=people("passenger"),
        trip_code=made["trip"],
        category=Category.OTHER,
        words="x",
        submission="o",
    )
    asked_about = Satisfaction.objects.create(complaint=scored, asked_at=clock.now())
    return {
        "complaint": complaint.code,
        "complaint_secret": complaint.secret,
        "evidence": complaint.evidence.get().picture.code,
        "hold": Hold.objects.get(kind="complaint").code,
        "macro": macro.code,
        "letter": letter.code,
        "call": call.pk,
        "accident": accident.code,
        "claim": claim.code,
        "claim_secret": claim.secret,
        "claim_paper": claim.papers.get().picture.code,
        "care_task": CareTask.objects.get().code,
        "greeting": greeting.code,
        "exercise": exercise.code,
        "summary": summary.code,
        "scored": scored.code,
        "thanks": asked_about.secret,
    }
