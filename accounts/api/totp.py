"""Setting up and switching off two-factor sign-in."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Text, credential, parsed
from accounts.services.client import client_of
from accounts.services.sessions import session_of
from accounts.services.totp import recovery_codes_left, totp_begin, totp_confirm, totp_device, totp_disable
from core import clock
from core.ratelimit import shared_limiter


class OtpIn(Body):
    """A code of the authenticator app."""

    otp = Text(max_length=40)


EXAMPLE = OpenApiExample("Code", {"otp": "123456"}, request_only=True)


class TotpApi(APIView):
    """Two-factor sign-in of the caller. POST begins the set-up and returns the secret, this once."""

    class Output(serializers.Serializer):
        enabled = serializers.BooleanField()
        confirmed_at = serializers.DateTimeField(allow_null=True)
        recovery_codes_left = serializers.IntegerField()

    class Enrolment(serializers.Serializer):
        secret = serializers.CharField(help_text="Base32, for typing in.")
        uri = serializers.CharField(help_text="otpauth:// address that the QR code holds.")
        qr_svg = serializers.CharField(help_text="The QR code as an SVG element.")

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        device = totp_device(request.user)
        left = recovery_codes_left(request.user)
        confirmed_at = device.confirmed_at if device else None
        return Response({"enabled": device is not None, "confirmed_at": confirmed_at, "recovery_codes_left": left})

    @extend_schema(request=None, responses={201: Enrolment})
    def post(self, request: Request) -> Response:
        made = totp_begin(user=request.user, now=clock.now())
        return Response({"secret": made.secret, "uri": made.uri, "qr_svg": made.qr_svg}, status=201)


class TotpConfirmApi(APIView):
    """Switch two-factor sign-in on with a first code. Returns the recovery codes, this once."""

    class Output(serializers.Serializer):
        enabled = serializers.BooleanField()
        recovery_codes = serializers.ListField(child=serializers.CharField())

    @extend_schema(request=OtpIn, responses=Output, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        codes = totp_confirm(
            user=request.user, code=parsed(OtpIn, request)["otp"], session=session_of(credential(request)),
            ip=client_of(request._request).ip, now=clock.now(),
        )  # fmt: skip
        return Response({"enabled": True, "recovery_codes": codes})


class TotpDisableApi(APIView):
    """Switch two-factor sign-in off; takes a code of the app, or a recovery code."""

    class Output(serializers.Serializer):
        enabled = serializers.BooleanField()

    @extend_schema(request=OtpIn, responses=Output, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        totp_disable(
            user=request.user, otp=parsed(OtpIn, request)["otp"], limiter=shared_limiter(),
            ip=client_of(request._request).ip, now=clock.now(),
        )  # fmt: skip
        return Response({"enabled": False})
