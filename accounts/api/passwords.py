"""Changing and resetting the password."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Message, Refusal, Text, credential, email_field, parsed, password_field
from accounts.api.sign_in import EmailIn, MailRequestApi
from accounts.models import OneTimeCode
from accounts.services.passwords import password_change, password_reset
from core import clock
from core.ratelimit import shared_limiter


class PasswordApi(APIView):
    """Change the password. All sessions and tokens end; a browser gets a new session with the answer."""

    class Input(Body):
        current_password = password_field(required=False, help_text="Needed by those who have a password.")
        new_password = password_field(min_length=8)

    class Output(serializers.Serializer):
        changed = serializers.BooleanField()

    @extend_schema(
        request=Input,
        responses=Output,
        examples=[
            OpenApiExample("Change", {"current_password": "…", "new_password": "a long phrase"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        data = parsed(self.Input, request)
        password_change(
            request=request._request, user=request.user, credential=credential(request),
            current=data.get("current_password"), new=data["new_password"], limiter=shared_limiter(), now=clock.now(),
        )  # fmt: skip
        return Response({"changed": True})


class PasswordResetApi(MailRequestApi):
    """Have a link and a code mailed that set a new password. The answer is the same for every address."""

    purpose = OneTimeCode.Purpose.RESET

    @extend_schema(
        request=EmailIn,
        responses=Message,
        examples=[OpenApiExample("Ask", {"email": "you@example.com"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        return self._mail(request, parsed(EmailIn, request)["email"])


class PasswordResetConfirmApi(APIView):
    """Set a new password by the token of the mailed link, or by the address and the mailed code."""

    authentication_classes = ()
    permission_classes = ()

    class Input(Body):
        token = Text(max_length=200, required=False)
        email = email_field(required=False)
        otp = Text(max_length=16, required=False, help_text="The code in the mail.")
        new_password = password_field(min_length=8)

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            if ("token" in attrs) == ("email" in attrs and "otp" in attrs):
                raise serializers.ValidationError({"token": "Send either `token`, or `email` and `otp`."}, "required")
            return attrs

    class Output(serializers.Serializer):
        changed = serializers.BooleanField()

    @extend_schema(
        request=Input,
        responses={200: Output, 401: Refusal},
        examples=[
            OpenApiExample(
                "By code",
                {"email": "you@example.com", "otp": "123456", "new_password": "a long phrase"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        data = parsed(self.Input, request)
        password_reset(
            request=request._request, token=data.get("token", ""), email=data.get("email", ""),
            code=data.get("otp", ""), new=data["new_password"], now=clock.now(),
        )  # fmt: skip
        return Response({"changed": True})
