"""Refusals of the console's forms: sentences for a person that say what is wrong and what to do."""

from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from core.api.fields import Choice
from partners.api.base import Body, Instant, Real, Text, Whole

_NOTHING: Final = frozenset({"null", "required", "blank"})
_EMPTY: Final = _NOTHING | {"empty", "min_length"}
_OUT: Final = frozenset({"min_value", "max_value", "max_string_length"})

#: What to do about a field, where its kind alone does not say it well.
_TO_DO: Final = {
    "symbol": "Type a few letters of the name and choose from the list.",
    "channels": "Tick at least one way to be told; otherwise nothing would be sent.",
    "since": "Choose a date and a time; what failed before it is left alone.",
}


def console_parsed(serializer_class: type[Body], request: Request) -> dict[str, Any]:
    """Return the validated body. Raises serializers.ValidationError (422) in words that help a person."""
    data = serializer_class(data=request.data)
    if data.is_valid():
        return data.validated_data
    found = data.errors
    if not isinstance(request.data, dict):
        raise serializers.ValidationError(found)
    raise serializers.ValidationError({name: _said(data, name, faults) for name, faults in found.items()})


def _said(data: Body, name: str, faults: Any) -> Any:
    """Return the faults of one field in words; those of a field that is not known, or of rows, stay as they are."""
    field = data.fields.get(name)
    if field is None or not isinstance(faults, list):
        return faults
    return [ErrorDetail(_sentence(name, field, fault), code=fault.code) for fault in faults]


def _sentence(name: str, field: serializers.Field, fault: ErrorDetail) -> str:
    wrong, to_do = _wrong(field, fault.code), _TO_DO.get(name) or _to_do(field)
    return f"{wrong} {to_do}" if wrong and to_do else str(fault)


def _wrong(field: serializers.Field, code: str) -> str:
    """Return what is wrong in a sentence; "" where the field itself says it best."""
    if code in _EMPTY:
        return "Nothing is chosen." if isinstance(field, serializers.ListField | Choice) else "Nothing is entered here."
    if code in _OUT:
        return "That is out of range."
    if code == "max_length":
        return "That is too long."
    if code == "invalid":
        return {Whole: "That is no whole number.", Real: "That is no number.", Text: "That is no text."}.get(
            type(field), "That is no date with its time." if isinstance(field, Instant) else ""
        )
    return ""


def _to_do(field: serializers.Field) -> str:
    if isinstance(field, Whole | Real):
        kind = "a whole number" if isinstance(field, Whole) else "a number"
        is_bounded = field.min_value is not None and field.max_value is not None
        return f"Enter {kind} from {field.min_value:g} to {field.max_value:g}." if is_bounded else f"Enter {kind}."
    if isinstance(field, Choice):
        return f"Choose one of {', '.join(str(one) for one in field.choices)}."
    if isinstance(field, Text):
        return f"Enter up to {field.max_length} characters."
    return ""
