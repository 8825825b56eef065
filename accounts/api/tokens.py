"""Accounts and JSON Web Tokens for programs."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Refusal, Text, code_field, email_field, parsed, password_field, with_limit
from accounts.api.session import UserOut, user_out
from accounts.api.sign_in import TOTP_HELP
from accounts.constants import TOKEN_LIFETIME
from accounts.models import User
from accounts.services.client import client_of
from accounts.services.sign_in import password_throttle, token_sign_in
from accounts.services.users import registration_throttle, user_register
from core import clock
from core.api.errors import field_errors
from core.errors import ValidationFailed
from core.ratelimit import shared_limiter


class TokenOut(serializers.Serializer):
    """A token for ``Authorization: Bearer``, valid for ``expires_in`` seconds."""

    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    user = UserOut()


def token_out(user: User, token: str) -> dict[str, Any]:
    """Return the answer that carries a new token."""
    seconds = int(TOKEN_LIFETIME.total_seconds())
    return {"access_token": token, "token_type": "bearer", "expires_in": seconds, "user": user_out(user)}


class RegistrationInvalid(ValidationFailed):
    """What is 422 elsewhere is 400 for this operation (CONTRACT 2)."""

    status = 400


class RegisterApi(APIView):
    """Make an account and return a token for it."""

    authentication_classes = ()
    permission_classes = ()

    class Input(Body):
        email = email_field()
        password = password_field(min_length=8)
        name = Text(max_length=120, required=False, allow_blank=True, default="")

    @extend_schema(
        request=Input,
        responses={201: TokenOut, 400: Refusal},
        examples=[
            OpenApiExample(
                "Register", {"email": "you@example.com", "password": "a long phrase", "name": "You"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        limiter, now = shared_limiter(), clock.now()
        throttle = {"client": client_of(request._request), "limiter": limiter, "now": now}
        try:
            data = parsed(self.Input, request)
            user, token = user_register(request=request._request, limiter=limiter, now=now, **data)
        except (serializers.ValidationError, ValidationFailed) as exc:
            of_body = isinstance(exc, serializers.ValidationError)
            refusal = RegistrationInvalid(errors=field_errors(exc.get_full_details()) if of_body else exc.errors)
            refusal.headers |= registration_throttle(**throttle).headers()
            raise refusal from None
        return with_limit(Response(token_out(user, token), status=201), registration_throttle(**throttle))


class LoginApi(APIView):
    """Return a token for e-mail and password. It lasts 7 days, or until the password changes or it is logged out."""

    authentication_classes = ()
    permission_classes = ()

    class Input(Body):
        email = email_field()
        password = password_field()
        otp = code_field(TOTP_HELP)

    @extend_schema(
        request=Input,
        responses={200: TokenOut, 401: Refusal},
        examples=[OpenApiExample("Log in", {"email": "you@example.com", "password": "…"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        data, limiter, now = parsed(self.Input, request), shared_limiter(), clock.now()
        user, token = token_sign_in(request=request._request, limiter=limiter, now=now, **data)
        decision = password_throttle(email=data["email"], client=client_of(request._request), limiter=limiter, now=now)
        return with_limit(Response(token_out(user, token)), decision)
