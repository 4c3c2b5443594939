"""The people of the demo and of the tests: one cast for both. Phones and documents are invented."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import Account, Authenticator
from accounts.services import enrol
from core import clock
from core.permissions import Role, needs_second_factor
from core.transactions import joins_transaction


@dataclass(frozen=True, slots=True)
class Part:
    """One person of the cast."""

    code: str
    role: Role
    phone: str
    real_name: str
    id_number: str


CAST = [
    Part("passenger", Role.MEMBER, "+8613800000001", "林小雨", "330382199803120021"),
    Part("passenger2", Role.MEMBER, "+8613800000002", "周晴", "330382199507080045"),
    Part("driver", Role.MEMBER, "+8613800000003", "钟大勇", "510112199106150034"),
    Part("driver2", Role.MEMBER, "+8613800000004", "何平", "330324198811230011"),
    Part("agent", Role.AGENT, "+8613800000011", "陈静", ""),
    Part("agent2", Role.AGENT, "+8613800000012", "吴磊", ""),
    Part("specialist", Role.SPECIALIST, "+8613800000013", "许安", ""),
    Part("specialist2", Role.SPECIALIST, "+8613800000017", "韩梅", ""),
    Part("specialist3", Role.SPECIALIST, "+8613800000024", "冯远", ""),
    Part("specialist4", Role.SPECIALIST, "+8613800000025", "沈青", ""),
    Part("vetting", Role.VETTING, "+8613800000014", "郑敏", ""),
    Part("adjudicator", Role.ADJUDICATOR, "+8613800000015", "孙正", ""),
    Part("adjudicator2", Role.ADJUDICATOR, "+8613800000018", "秦明", ""),
    Part("supervisor", Role.SUPERVISOR, "+8613800000016", "李卫", ""),
    Part("supervisor2", Role.SUPERVISOR, "+8613800000019", "罗兰", ""),
    Part("officer", Role.OFFICER, "+8613800000021", "王警官", ""),
    Part("officer2", Role.OFFICER, "+8613800000022", "赵警官", ""),
    Part("officer3", Role.OFFICER, "+8613800000023", "钱警官", ""),
    Part("admin", Role.ADMIN, "+8613800000031", "管理员", ""),
]


@joins_transaction
def enrol_member(**about: Any) -> Account:
    """Make somebody who rides or drives (`accounts.services.enrol`)."""
    return enrol(role=Role.MEMBER, **about)


def enrol_cast(*, password: str) -> dict[str, Account]:
    """Make the whole cast, second factors included; returns it by code."""
    verified = clock.now() - timedelta(days=30)
    password_hash = make_password(password)  # one slow hash for all
    people = {}
    for part in CAST:
        account = enrol(
            code=part.code,
            role=part.role,
            phone=part.phone,
            real_name=part.real_name,
            id_number=part.id_number,
            password_hash=password_hash,
            verified_at=verified if part.id_number else None,
        )
        if needs_second_factor(part):
            Authenticator.objects.create(user=account, name="demo", confirmed=True)
        people[part.code] = account
    return people
