"""What the operations of this package share: strict bodies, the caller's credential, rate-limit headers."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.sessions import Credential
from core.api.schema import AutoSchema
from core.ratelimit import Decision

#: Keys the server owns: a client that sends back what it was given is not refused for them.
SERVER_KEYS = frozenset({"id", "version", "owner", "is_template", "created_at", "updated_at"})


class Body(serializers.Serializer):
    """A request body. A key nobody knows is a fault, so that a typing error does not pass for a value."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields) - SERVER_KEYS)
            if unknown:
                fault = serializers.ErrorDetail("This field is not known.", code="unknown_field")
                raise serializers.ValidationError({str(name)[:60]: [fault] for name in unknown[:25]})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A string and nothing that could be turned into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """``true`` or ``false``; neither ``1`` nor ``"yes"``."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def email_field(**options: Any) -> serializers.EmailField:
    """Return a field for an e-mail address."""
    return serializers.EmailField(max_length=254, **options)


def password_field(**options: Any) -> Text:
    """Return a field for a password: any characters, spaces at the ends too."""
    return Text(max_length=1024, trim_whitespace=False, **options)


def code_field(help_text: str) -> Text:
    """Return a field for a short code that may be left out."""
    return Text(max_length=40, required=False, allow_blank=True, default="", help_text=help_text)


def parsed(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated body; a fault is 422 with its place."""
    data = serializer_class(data=request.data)
    data.is_valid(raise_exception=True)
    return data.validated_data


def credential(request: Request) -> Credential | None:
    """Return by what the caller was authenticated."""
    return request.auth if isinstance(request.auth, Credential) else None


def with_limit(response: Response, decision: Decision) -> Response:
    """Say in the headers where the caller stands with the limit of this operation."""
    for name, value in decision.headers().items():
        response[name] = value
    return response


class Deleted(serializers.Serializer):
    """What a DELETE answers."""

    deleted = serializers.BooleanField()


class Message(serializers.Serializer):
    """A sentence for the person who asked."""

    message = serializers.CharField()


class Refusal(serializers.Serializer):
    """What an operation answers that refuses: a sentence, a code for programs, the id of the request."""

    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()


class BodyOnDelete(AutoSchema):
    """Documents the body of a DELETE, which OpenAPI 3.1 allows and the generator leaves out."""

    def _get_request_body(self, direction: str = "request") -> Any:
        method = self.method
        self.method = "POST" if method == "DELETE" else method
        try:
            return super()._get_request_body(direction)
        finally:
            self.method = method
