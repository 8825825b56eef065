"""What a serializer says of itself, in the documentation's words: the page cannot differ from the code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

_TYPES: tuple[tuple[type[serializers.Field], str], ...] = (
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (serializers.FloatField, "number"),
    (serializers.DecimalField, "number"),
    (serializers.DateTimeField, "time (ISO 8601)"),
    (serializers.DateField, "date"),
    (serializers.DictField, "object"),
    (serializers.ChoiceField, "string"),
    (serializers.EmailField, "e-mail address"),
    (serializers.CharField, "string"),
)


#: Bounds from here on are the database's, not the field's meaning.
STORABLE = 2**53


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A line of a table of fields. ``name`` has the path to it: ``holdings[].qty``."""

    name: str
    type: str
    required: str
    notes: str


def field_rows(serializer: type[serializers.Serializer], *, answer: bool = False) -> list[FieldRow]:
    """Return the fields of a body, a query or an answer, those of its parts among them."""
    return list(_rows(serializer(), "", answer))


def _rows(serializer: serializers.Serializer, before: str, answer: bool) -> Iterator[FieldRow]:
    for name, field in serializer.fields.items():
        path = before + name
        many = isinstance(field, serializers.ListSerializer)
        yield FieldRow(path + "[]" * many, _type(field), _needed(field, answer), _notes(field))
        part = field.child if isinstance(field, serializers.ListSerializer) else field
        if isinstance(part, serializers.Serializer):
            yield from _rows(part, f"{path}{'[]' * many}.", answer)


def _type(field: serializers.Field) -> str:
    if isinstance(field, serializers.ListSerializer):
        return "array of objects"
    if isinstance(field, serializers.ListField):
        return f"array of {_type(field.child)}" if field.child is not None else "array"
    if isinstance(field, serializers.Serializer):
        return "object"
    known = next((words for kind, words in _TYPES if isinstance(field, kind)), "string")
    return f"{known} or null" if field.allow_null else known


def _needed(field: serializers.Field, answer: bool) -> str:
    if answer:
        return "always" if field.required else "sometimes"
    return "yes" if field.required else "no"


def _notes(field: serializers.Field) -> str:
    inner = field.child if isinstance(field, serializers.ListField) else field
    said = [str(field.help_text)] if field.help_text else []
    if isinstance(inner, serializers.ChoiceField):
        said.append("One of " + ", ".join(str(choice) for choice in inner.choices))
    low, high = getattr(field, "min_value", None), getattr(field, "max_value", None)
    if low is not None and high is not None and high < STORABLE:
        said.append(f"{low} to {high}")
    elif low is not None:
        said.append(f"{low} or more")
    if (longest := getattr(field, "max_length", None)) is not None:
        said.append(f"at most {longest} {'items' if isinstance(field, _LISTS) else 'characters'}")
    if _has_default(field):
        said.append(f"default {str(field.default).lower() if isinstance(field.default, bool) else field.default}")
    return ". ".join(said)


_LISTS = (serializers.ListField, serializers.ListSerializer)


def _has_default(field: serializers.Field) -> bool:
    default: Any = field.default
    return default not in (serializers.empty, None, "") and not callable(default)
