"""The Record over HTTP: its lines, and whether they are as they were written."""

import json
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.fields import Choice
from core.api.query import TOTAL_COUNT, PageQuery, paged, parse_query
from signals.constants import RECORD_TIER_CHANGED
from signals.models import RecordEntry
from signals.services.fno.emission import EVENT_TRIGGERED
from signals.services.fno.tracking import EVENT_CLOSED
from signals.services.record import entries, hashed_instant, verify

#: What lines tell of.
KINDS: Final = (EVENT_TRIGGERED, EVENT_CLOSED, RECORD_TIER_CHANGED)


class RecordLine(serializers.Serializer):
    """One line of the Record.

    ``hash`` is the SHA-256, in hexadecimal, of the UTF-8 bytes of the JSON array ``[sequence, kind, subject, at, key,
    payload_text, previous_hash]`` written without blanks and with characters as they are (not escaped), every value as
    it stands here. ``previous_hash`` is the ``hash`` of the line before, 64 zeros before the first.
    """

    sequence = serializers.IntegerField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    at = serializers.DateTimeField(help_text="UTC with six digits of a second, as it is hashed")
    key = serializers.CharField()
    payload = serializers.DictField()
    payload_text = serializers.CharField(help_text="The canonical JSON whose bytes are hashed")
    previous_hash = serializers.CharField()
    hash = serializers.CharField()


class RecordApi(APIView):
    """Every F&O signal and every change of an I-Score tier, newest first."""

    class Query(PageQuery):
        kind = Choice(KINDS, required=False, default="", allow_blank=True)
        subject = serializers.CharField(max_length=60, required=False, default="", help_text="As NSE:RELIANCE")

    @extend_schema(
        parameters=[Query, TOTAL_COUNT],
        responses=RecordLine(many=True),
        examples=[OpenApiExample("Tier changes", {"kind": "iscore.tier_changed", "limit": 50}, request_only=True)],
    )
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        found = entries(kind=query["kind"], subject=query["subject"])
        return paged(request, found, limit=query["limit"], offset=query["offset"], render=_line)


class RecordVerifyApi(APIView):
    """Walk along the chain of hashes and tell whether every line is as it was written."""

    class Output(serializers.Serializer):
        ok = serializers.BooleanField()
        checked = serializers.IntegerField(help_text="Lines that are right, from the first on")
        head = serializers.CharField(help_text="Hash of the last of them")
        broken_at = serializers.IntegerField(allow_null=True, help_text="First line that is not as it was written")
        reason = serializers.CharField(allow_blank=True)
        as_of = serializers.DateTimeField()

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        found = verify()
        return Response(
            {
                "ok": found.ok,
                "checked": found.checked,
                "head": found.head,
                "broken_at": found.broken_at,
                "reason": found.reason,
                "as_of": clock.now(),
            }
        )


def _line(entry: RecordEntry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "kind": entry.kind,
        "subject": entry.subject,
        "at": hashed_instant(entry.at),
        "key": entry.key,
        "payload": json.loads(entry.payload),
        "payload_text": entry.payload,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }
