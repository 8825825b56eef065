"""Name, notifications and activity of the caller."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Flag, Text, parsed
from accounts.api.session import UserOut, user_out
from accounts.constants import NOTIFICATION_KINDS
from accounts.models import User
from accounts.services.client import client_of
from accounts.services.preferences import notifications_of, notifications_replace
from accounts.services.totp import totp_device
from accounts.services.users import user_rename
from core import audit, clock
from core.api.query import PageQuery, paged, parse_query
from core.models import AuditEntry


class ProfileOut(UserOut):
    """The caller's account, with what only he is told."""

    email_verified = serializers.BooleanField()
    has_password = serializers.BooleanField()
    totp_enabled = serializers.BooleanField()
    exported_at = serializers.DateTimeField(allow_null=True)


def profile_out(user: User) -> dict[str, Any]:
    """Return the account as its owner sees it."""
    return user_out(user) | {
        "email_verified": user.email_verified,
        "has_password": user.has_usable_password(),
        "totp_enabled": totp_device(user) is not None,
        "exported_at": user.exported_at,
    }


class ProfileApi(APIView):
    """The caller's account."""

    class Input(Body):
        name = Text(max_length=120, allow_blank=True)

    @extend_schema(responses=ProfileOut)
    def get(self, request: Request) -> Response:
        return Response(profile_out(request.user))

    @extend_schema(
        request=Input, responses=ProfileOut, examples=[OpenApiExample("Rename", {"name": "Asha"}, request_only=True)]
    )
    def patch(self, request: Request) -> Response:
        data = parsed(self.Input, request)
        ip = client_of(request._request).ip
        return Response(profile_out(user_rename(user=request.user, name=data["name"], ip=ip, now=clock.now())))


class Channels(Body):
    """Over which channels one kind of news is sent."""

    email = Flag(required=False)
    web = Flag(required=False)


class Notifications(Body):
    """For each kind of news, the channels. Security notices are always mailed and are not listed."""

    signals = Channels(required=False)
    orders = Channels(required=False)
    risk = Channels(required=False)
    imports = Channels(required=False)
    digest = Channels(required=False)


assert set(Notifications().fields) == set(NOTIFICATION_KINDS)


class NotificationsApi(APIView):
    """What the caller is told of, and how. PUT replaces all; what is left out returns to its default."""

    @extend_schema(responses=Notifications)
    def get(self, request: Request) -> Response:
        return Response(notifications_of(request.user))

    @extend_schema(
        request=Notifications,
        responses=Notifications,
        examples=[OpenApiExample("Quiet orders", {"orders": {"email": False, "web": True}}, request_only=True)],
    )
    def put(self, request: Request) -> Response:
        return Response(notifications_replace(user=request.user, choices=parsed(Notifications, request)))


class ActivityOut(serializers.Serializer):
    """One entry of the record of what was done by the caller, in his name, or to his account."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()
    object = serializers.CharField()
    ip = serializers.CharField()
    data = serializers.DictField()


def activity_out(entry: AuditEntry) -> dict[str, Any]:
    """Return an audit entry as the API shows it."""
    return {name: getattr(entry, name) for name in ("id", "at", "actor", "action", "object", "ip", "data")}


class ActivityApi(APIView):
    """The caller's activity, newest first."""

    @extend_schema(parameters=[PageQuery], responses=ActivityOut(many=True))
    def get(self, request: Request) -> Response:
        return paged(request, audit.for_user(request.user), **parse_query(PageQuery, request), render=activity_out)
