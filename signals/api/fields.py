"""Parts that the operations of this package share."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.errors import FieldError, ValidationFailed


class Deleted(serializers.Serializer):
    """What a DELETE answers."""

    deleted = serializers.BooleanField()


def parsed(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated body; unknown keys are a fault like any other."""
    unknown = sorted(set(request.data) - set(serializer_class().fields))
    if unknown:
        rows: list[FieldError] = [
            {"loc": [key[:60]], "msg": "This field is not known.", "type": "unknown_field"} for key in unknown[:25]
        ]
        raise ValidationFailed(errors=rows)
    data = serializer_class(data=request.data)
    data.is_valid(raise_exception=True)
    return data.validated_data
