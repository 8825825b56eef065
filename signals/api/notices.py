"""News of signals for the bell of every page."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, parsed
from core import clock
from signals.services.notices import notices, read


class Notice(serializers.Serializer):
    """One piece of news: a signal that fired, or how one ended."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField(help_text="The page that shows it")
    at = serializers.DateTimeField()
    is_read = serializers.BooleanField()


class Notices(serializers.Serializer):
    """The newest of a week, at most 30. ``is_on`` is false where the caller wants none on pages."""

    is_on = serializers.BooleanField()
    unread = serializers.IntegerField()
    items = Notice(many=True)


class NotificationsRead(Body):
    """How far the caller has read."""

    up_to = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="The newest id that was shown; without it, everything",
    )


class NotificationsFeedApi(APIView):
    """What happened to signals, and what of it the caller has not read."""

    @extend_schema(responses=Notices)
    def get(self, request: Request) -> Response:
        """Read the newest news and the number of unread ones."""
        return Response(notices(request.user, now=clock.now()))


class NotificationsReadApi(APIView):
    """Reading."""

    @extend_schema(request=NotificationsRead, responses=Notices)
    def post(self, request: Request) -> Response:
        """Mark everything as read, or what was shown: news that came since stays unread."""
        now = clock.now()
        read(user=request.user, up_to=parsed(NotificationsRead, request).get("up_to"), now=now)
        return Response(notices(request.user, now=now))
