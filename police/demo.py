"""Stations and officers of the cast. Numbers and addresses are invented."""

from datetime import timedelta
from typing import TYPE_CHECKING

from core import clock
from core.transactions import joins_transaction
from police.models import Agency, Officer
from police.register import searchable
from police.states import AgencyKind, OfficerState, Tier

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def enrol_police(people: "dict[str, Account]") -> dict[str, Officer]:
    """Two stations with an officer each, an officer who is suspended, and an authority abroad."""
    shangtang = Agency.objects.create(
        code="shangtang",
        name_zh="永嘉县公安局上塘派出所",
        name_en="Shangtang station, Yongjia",
        published_phone="0577-6722-0110",
        registered_email="shangtang@police.example",
    )
    hongqiao = Agency.objects.create(
        code="hongqiao",
        name_zh="乐清市公安局虹桥派出所",
        name_en="Hongqiao station, Yueqing",
        published_phone="0577-6231-0110",
        registered_email="hongqiao@police.example",
    )
    Agency.objects.create(
        code="abroad",
        name_zh="境外执法机构（示例）",
        name_en="Authority abroad (example)",
        published_phone="+1 555 0100",
        registered_email="desk@abroad.example",
        country="US",
    )
    Agency.objects.create(
        code="wenzhou-transport",
        name_zh="温州市交通运输局",
        name_en="Wenzhou transport authority",
        published_phone="0577-8800-0328",
        registered_email="transport@wenzhou.example",
        kind=AgencyKind.TRANSPORT,
    )
    for agency in Agency.objects.all():
        Agency.objects.filter(pk=agency.pk).update(
            search=searchable(agency.code, agency.name_zh, agency.name_en)
        )
    expires = clock.now() + timedelta(days=365)
    rows = [
        ("officer", hongqiao, "331001", OfficerState.ACTIVE),
        ("officer2", shangtang, "331002", OfficerState.ACTIVE),
        ("officer3", shangtang, "331003", OfficerState.SUSPENDED),
    ]
    return {
        code: Officer.objects.create(
            account=people[code],
            agency=agency,
            badge_number=badge,
            state=state,
            expires_at=expires,
            tier=Tier.CALLED_BACK,
            called_back_at=clock.now(),
            called_back_by="supervisor",
            called_back_number=agency.published_phone,
        )
        for code, agency, badge, state in rows
    }
