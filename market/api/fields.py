"""Fields that several market endpoints share."""

from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.clock import IST
from engines.exchange.naming import normalise_key


@extend_schema_field({"type": ["number", "null"]})
class NumberOrNull(serializers.FloatField):
    """A number, or null where the source does not know it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)


@extend_schema_field({"type": "string", "maxLength": 60, "example": "NSE:RELIANCE"})
class SymbolField(serializers.CharField):
    """``EXCHANGE:SYMBOL`` in any case; a bare symbol means NSE. The value is the canonical key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return normalise_key(text)
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from None


@extend_schema_field({"type": "string", "example": "2026-01-01", "description": "A date, or an instant with a zone."})
class DateOrInstant(serializers.Field):
    """An IST trade date, or an instant; an instant without a zone is refused."""

    def to_internal_value(self, data: Any) -> date | datetime:
        text = str(data)
        try:
            if (day := parse_date(text)) is not None:
                return day
            moment = parse_datetime(text.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None:
            raise serializers.ValidationError(f"'{text[:40]}' is not a date or an instant.")
        if moment.tzinfo is None:
            raise serializers.ValidationError("An instant needs a zone, as in 2026-05-03T05:21:00Z.")
        if not 1970 <= moment.year <= 2200:
            raise serializers.ValidationError("The year is out of range.")
        return moment.astimezone(IST)

    def to_representation(self, value: date | datetime) -> str:
        return value.isoformat()
