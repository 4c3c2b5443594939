"""The desk of the demo: answers and guides that are used, teams, and a roster that covers the next two weeks."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.selectors import account_by_code
from complaints import services
from complaints.models import Article, Macro, Shift
from complaints.services import Planned
from complaints.services.shifts import midnight
from complaints.states import MacroUse
from core import clock

if TYPE_CHECKING:
    from accounts.models import Account

DAYS = 15  # today has begun: two weeks from now end within the last of them
MACROS = [
    (
        "received", "", "已收到", "We have it",
        "您好，投诉{code}（{category}）已由{agent}处理，将在{due}前答复您。进度：{link}",
        "Hello, {agent} has your complaint {code} ({category}) and answers by {due}. Follow it: {link}",
    ),
    (
        "safe", "", "您现在安全吗", "Are you safe now",
        "您好，请先告诉我们您现在是否安全。如有危险请立即拨打110，也可拨打安全专线{safety_line}。",
        "First of all: are you safe now? In danger call 110, or our safety line {safety_line}.",
    ),
    (
        "both-sides", "", "听取双方", "Hearing both sides",
        "我们会分别听取双方陈述，并依据证据作出决定；您可以在{link}补充材料。",
        "We hear both sides and decide on evidence. You can add what you have here: {link}",
    ),
    (
        "lost", "lost_property", "寻找失物", "Looking for it",
        "我们已请司机查找您{trip_date}行程中遗失的物品，找到后会联系您。",
        "We asked the driver to look for what you left on {trip_date} and call you as soon as it is found.",
    ),
]  # fmt: skip
# Steps on an incident: words to who called, a note, and after how many minutes somebody looks again.
STEPS = [
    (
        "stay-quiet", 2, {
            "title_zh": "安静陪伴，两分钟后再看", "title_en": "Stay quietly, look again in two minutes",
            "body_zh": "我们看得到您的位置，一直在。能写字时，写“是”或“否”就够。",
            "body_en": "We see where you are and stay with you. When you can write, yes or no is enough.",
            "note_zh": "已告知静默陪伴，等她回应", "note_en": "Told that we stay quietly; waiting for a word",
        },
    ),
    (
        "wait-police", 5, {
            "title_zh": "警方已出发，五分钟后核实", "title_en": "The police are on their way, ask in five minutes",
            "body_zh": "", "body_en": "",
            "note_zh": "警方称已出发，届时核实是否到场", "note_en": "The police say that they are coming; ask whether they are there",
        },
    ),
]  # fmt: skip
GUIDES = [
    (
        "first-minute", "", "第一分钟", "The first minute",
        "先问是否安全。危险时：建立事件，不要让对方等待。严重投诉在提交时已自动暂停接单，不需要先证明。",
        "Ask first whether they are safe. In danger: open an incident, and never let anybody wait. A severe complaint "
        "has stopped the driver's orders already; nothing has to be proved first.",
    ),
    (
        "harassment", "harassment", "性骚扰投诉", "Sexual harassment",
        "不追问细节，不评价穿着与时间。记录原话。指定一名联系人全程跟进。对方可能仍与乘客同车时，不得向其询问。",
        "Do not press for details; say nothing of clothes or hours. Write down the words as they are said. One named "
        "person stays. Never ask the other side while somebody may still be in the car with them.",
    ),
    (
        "accident", "", "事故与垫付", "Accidents and advances",
        "先救人：120。责任未定即可先行垫付，只需医院通知。每起事故各项保障合计上限120万元，关爱基金另计。",
        "People first: 120. An advance needs the hospital's word alone and does not wait for fault. The safeguards of "
        "one accident are at most 1.2 million CNY together; the care fund comes on top.",
    ),
]  # fmt: skip
TEAMS = {"agent": "east", "agent2": "west", "supervisor": "east", "supervisor2": "west"}


def make_demo_desk() -> None:
    """Write macros, guides and teams once, and plan the next days; what is there already stays."""
    supervisor = account_by_code("supervisor")
    if supervisor is None:
        return
    if not Macro.objects.exists():
        for code, category, title_zh, title_en, body_zh, body_en in MACROS:
            texts = {"title_zh": title_zh, "title_en": title_en, "body_zh": body_zh, "body_en": body_en}
            services.save_macro(account=supervisor, code=code, texts=texts, category=category)
        for code, again, texts in STEPS:
            services.save_macro(
                account=supervisor, code=code, texts=texts, use=MacroUse.INCIDENT, again=again
            )
    if not Article.objects.exists():
        for code, category, title_zh, title_en, body_zh, body_en in GUIDES:
            texts = {"title_zh": title_zh, "title_en": title_en, "body_zh": body_zh, "body_en": body_en}
            services.write_article(account=supervisor, code=code, texts=texts, category=category)
        for code, team in TEAMS.items():
            services.set_team(account=supervisor, code=code, team=team)
    _plan(supervisor)


def _plan(supervisor: "Account") -> None:
    """Two specialists by day, two by night, two agents at their desks."""
    today = timezone.localtime(clock.now()).date()
    for number in range(DAYS):
        day = today + timedelta(days=number)
        begins = midnight(day)
        if Shift.objects.filter(
            cancelled_at=None, starts_at__gte=begins, starts_at__lt=begins + timedelta(days=1)
        ).exists():
            continue
        noon = begins + timedelta(hours=12)
        services.save_roster(
            account=supervisor,
            day=day,
            shifts=[
                *(Planned(who, begins, 12) for who in ("specialist3", "specialist4")),
                *(Planned(who, noon, 12) for who in ("specialist", "specialist2")),
                Planned("agent", begins + timedelta(hours=8), 10),
                Planned("agent2", begins + timedelta(hours=14), 10),
                Planned("supervisor", begins + timedelta(hours=8), 12, on_call=True),
            ],
        )
