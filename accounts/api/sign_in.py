"""The ways in that end in the cookie ``kite_session``, and the way out."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import (
    Body,
    Message,
    Refusal,
    Text,
    code_field,
    credential,
    email_field,
    parsed,
    password_field,
    with_limit,
)
from accounts.api.session import SignedIn, user_out
from accounts.models import OneTimeCode
from accounts.services.client import client_of
from accounts.services.codes import code_request
from accounts.services.requester import requester_new, requester_of, requester_remember
from accounts.services.sign_in import code_sign_in, link_sign_in, password_sign_in, password_throttle, sign_out
from core import clock
from core.ratelimit import shared_limiter

SENT = "If mail can reach this address, a link and a code are on their way."
TOTP_HELP = "Code of the authenticator app, or a recovery code, if two-factor sign-in is on."


class EmailIn(Body):
    """An e-mail address."""

    email = email_field()


class MailRequestApi(APIView):
    """Base of the operations that have a code mailed; the answer is the same whoever the address belongs to."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes: tuple[Any, ...] = ()
    purpose: str

    def _mail(self, request: Request, email: str) -> Response:
        requester = requester_of(request._request) or requester_new()
        decision = code_request(
            purpose=self.purpose, email=email, requester=requester, client=client_of(request._request),
            limiter=shared_limiter(), now=clock.now(),
        )  # fmt: skip
        response = with_limit(Response({"message": SENT}), decision)
        requester_remember(response, requester)
        return response


class MagicLinkApi(MailRequestApi):
    """Have a sign-in link and a 6-digit code mailed. Both count once, for ten minutes, for five guesses."""

    purpose = OneTimeCode.Purpose.SIGN_IN

    @extend_schema(
        request=EmailIn,
        responses=Message,
        examples=[OpenApiExample("Ask", {"email": "you@example.com"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        return self._mail(request, parsed(EmailIn, request)["email"])


class VerifyLinkApi(APIView):
    """Sign in with the token of the mailed link, or with the address and the mailed code; sets ``kite_session``.

    An address without an account gets one. The first proof of an address ends what was set up before it.
    """

    authentication_classes = ()
    permission_classes = ()

    class Input(Body):
        token = Text(max_length=200, required=False)
        email = email_field(required=False)
        otp = Text(max_length=16, required=False, help_text="The code in the mail.")
        totp = code_field(TOTP_HELP)

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            by_link, by_code = "token" in attrs, "email" in attrs and "otp" in attrs
            if by_link == by_code:
                raise serializers.ValidationError({"token": "Send either `token`, or `email` and `otp`."}, "required")
            return attrs

    @extend_schema(
        request=Input,
        responses={200: SignedIn, 401: Refusal},
        examples=[OpenApiExample("By code", {"email": "you@example.com", "otp": "123456"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        data = parsed(self.Input, request)
        common = {"request": request._request, "otp": data["totp"], "limiter": shared_limiter(), "now": clock.now()}
        if "token" in data:
            user = link_sign_in(token=data["token"], **common)
        else:
            user = code_sign_in(email=data["email"], code=data["otp"], **common)
        return Response({"user": user_out(user)})


class PasswordLoginApi(APIView):
    """Sign in with e-mail and password; sets the cookie ``kite_session``.

    401 with the code ``TOTP_REQUIRED`` means that the password was right and ``otp`` is missing.
    """

    authentication_classes = ()
    permission_classes = ()

    class Input(Body):
        email = email_field()
        password = password_field()
        otp = code_field(TOTP_HELP)

    @extend_schema(
        request=Input,
        responses={200: SignedIn, 401: Refusal},
        examples=[OpenApiExample("Sign in", {"email": "you@example.com", "password": "…"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        data, limiter, now = parsed(self.Input, request), shared_limiter(), clock.now()
        user = password_sign_in(request=request._request, limiter=limiter, now=now, **data)
        decision = password_throttle(email=data["email"], client=client_of(request._request), limiter=limiter, now=now)
        return with_limit(Response({"user": user_out(user)}), decision)


class LogoutApi(APIView):
    """End the credential that the request came with: this session, or this token."""

    permission_classes = ()

    class Output(serializers.Serializer):
        signed_out = serializers.BooleanField()

    @extend_schema(request=None, responses=Output)
    def post(self, request: Request) -> Response:
        request._request.user = request.user
        sign_out(request=request._request, credential=credential(request), now=clock.now())
        return Response({"signed_out": True})
