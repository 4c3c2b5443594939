from django.utils.translation import override

from core.models import Notification
from governance.messages import told
from governance.models import DrillRun
from governance.services import _alarm_drill

STEP = {
    "what": "her contact is told",
    "expected": "a provider has the message",
    "seen": "queued",
    "ok": False,
}


def test_a_step_is_told_in_the_readers_language():
    with override("zh-hans"):
        assert told(STEP) == "通知她的紧急联系人：应为“服务商已收到消息”，实为“queued”"
    with override("en"):
        assert told(STEP) == "her contact is told: expected a provider has the message, seen queued"


def test_the_alarm_of_a_failed_drill_is_told_so(people, noon):
    people("supervisor")
    run = DrillRun.objects.create(begun_at="2026-03-02T04:00Z", seconds=1, passed=False, steps=[STEP])
    _alarm_drill(run)
    assert any("通知她的紧急联系人" in row.text for row in Notification.objects.filter(subject="drill"))
