"""Sign in with a password, sign out, who am I."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.services.sign_in import password_sign_in, sign_out
from core import clock
from core.ratelimit import shared_limiter


class UserOut(serializers.Serializer):
    """A user as the API shows him."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    is_admin = serializers.BooleanField()
    created_at = serializers.DateTimeField()


def user_out(user: User) -> dict[str, Any]:
    """Return the public fields of ``user``."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_admin": user.is_admin,
        "created_at": user.created_at,
    }


class PasswordLoginApi(APIView):
    """Sign in with e-mail and password; sets the cookie ``kite_session``."""

    authentication_classes = ()
    permission_classes = ()

    class Input(serializers.Serializer):
        email = serializers.EmailField(max_length=254)
        password = serializers.CharField(max_length=1024, trim_whitespace=False)

    class Output(serializers.Serializer):
        user = UserOut()

    @extend_schema(
        request=Input,
        responses=Output,
        examples=[OpenApiExample("Sign in", {"email": "you@example.com", "password": "…"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        data = self.Input(data=request.data)
        data.is_valid(raise_exception=True)
        user = password_sign_in(
            request=request._request, limiter=shared_limiter(), now=clock.now(), **data.validated_data
        )
        return Response({"user": user_out(user)})


class LogoutApi(APIView):
    """End the session that the request came with."""

    permission_classes = ()

    class Output(serializers.Serializer):
        signed_out = serializers.BooleanField()

    @extend_schema(request=None, responses=Output)
    def post(self, request: Request) -> Response:
        sign_out(request=request._request)
        return Response({"signed_out": True})


class MeApi(APIView):
    """The signed-in user, his brokers' states and his roles."""

    class Output(serializers.Serializer):
        user = UserOut()
        brokers = serializers.DictField()
        roles = serializers.ListField(child=serializers.CharField())

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        roles = ["user", "admin"] if request.user.is_admin else ["user"]
        return Response({"user": user_out(request.user), "brokers": {}, "roles": roles})
