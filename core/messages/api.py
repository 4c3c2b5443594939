"""The door of delivery receipts, for providers that bring them."""

from functools import partial
from typing import Any

import structlog
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import retry
from core.api import read
from core.errors import NotFound
from core.machines import check_token
from core.messages import outbox, transports
from core.messages.transports import Transport

log = structlog.get_logger()
MOST = 500  # receipts in one call
# Nothing is tried again by itself: the message is shown as handed over, which is what is known of it.
RECEIPTS = retry.declare("core.receipts", _("Reading a delivery receipt"))


class ReceiptSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=120, help_text="the key that the message was handed over with")
    state = serializers.ChoiceField(choices=["delivered", "failed"])
    reason = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class ReceiptsSerializer(serializers.Serializer[Any]):
    receipts = serializers.ListField(child=ReceiptSerializer(), max_length=MOST)


class TakenOutput(serializers.Serializer[Any]):
    taken = serializers.IntegerField()


class ReceiptsView(APIView):
    """What became of messages that a provider took. It shows its token; anybody else finds nothing here.

    A receipt of a message that we do not know, or that another provider has, changes nothing. Again is harmless.
    """

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=ReceiptsSerializer, responses=TakenOutput)
    def post(self, request: Request, transport: str) -> Response:
        """`{"receipts": [{"key", "state": "delivered" or "failed", "reason"}]}`."""
        way = transports.of_name(transport)
        if way is None:
            raise NotFound
        check_token(request, way.receipt_token, door=f"receipts of {way.name}", error=NotFound)
        found = read(ReceiptsSerializer, request)["receipts"]
        arrived = {row["key"] for row in found if row["state"] == "delivered"}
        together = _take_together(way, sorted(arrived))
        rest = [row for row in found if not (together and row["key"] in arrived)]
        tally = retry.each(
            RECEIPTS, rest, partial(_take, way), key=lambda row: _name(way, row["key"]), begins=True
        )
        taken = tally.done + len(found) - len(rest)
        log.info("messages.receipts", transport=way.name, taken=taken, failed=tally.failed)
        return Response({"taken": taken})


def _name(way: Transport, key: str) -> str:
    return f"{way.name}:{key}"


def _take_together(way: Transport, keys: list[str]) -> bool:
    """That these arrived; False where one of them cannot be written down: then each is, by itself."""
    if not keys:
        return True
    try:
        outbox.delivered(transport=way.name, keys=keys)
    except Exception as why:
        if retry.database_away(why):
            raise
        return False
    retry.done(RECEIPTS, *(_name(way, key) for key in keys))
    return True


def _take(way: Transport, row: dict[str, Any]) -> None:
    key, reason = row["key"], row["reason"]
    if row["state"] == "delivered":
        outbox.delivered(transport=way.name, keys=[key])
    else:
        outbox.undelivered(transport=way.name, key=key, reason=reason, wrong=way.says_wrong_recipient(reason))
