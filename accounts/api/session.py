"""Who am I, and is my broker connected."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.selectors import broker_states, roles_of
from core import clock


class UserOut(serializers.Serializer):
    """A user as the API shows him."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    is_admin = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class BrokerStateOut(serializers.Serializer):
    """Whether the user has a live session at a broker, as whom, and until when."""

    connected = serializers.BooleanField()
    user_id = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    expires_in_s = serializers.IntegerField(allow_null=True)


class BrokersOut(serializers.Serializer):
    """One state for each broker."""

    kite = BrokerStateOut()
    icici = BrokerStateOut()


class SignedIn(serializers.Serializer):
    """Who has just signed in."""

    user = UserOut()


def user_out(user: User) -> dict[str, Any]:
    """Return the public fields of ``user``."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_admin": user.is_admin,
        "created_at": user.created_at,
    }


class MeApi(APIView):
    """The signed-in user, his brokers' states and his roles."""

    class Output(serializers.Serializer):
        user = UserOut()
        brokers = BrokersOut()
        roles = serializers.ListField(child=serializers.CharField())

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        user = request.user
        brokers = broker_states(user, now=clock.now())
        return Response({"user": user_out(user), "brokers": brokers, "roles": roles_of(user)})


class BrokerStatusApi(APIView):
    """The user's sessions at his brokers, apart from his own session here."""

    @extend_schema(responses=BrokersOut)
    def get(self, request: Request) -> Response:
        return Response(broker_states(request.user, now=clock.now()))
