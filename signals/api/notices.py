"""News of signals for the bell of every page."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from signals.services.notices import notices, read_all


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


class NotificationsFeedApi(APIView):
    """What happened to signals, and what of it the caller has not read."""

    @extend_schema(responses=Notices)
    def get(self, request: Request) -> Response:
        """Read the newest news and the number of unread ones."""
        return Response(notices(request.user, now=clock.now()))


class NotificationsReadApi(APIView):
    """Reading."""

    @extend_schema(request=None, responses=Notices)
    def post(self, request: Request) -> Response:
        """Mark everything as read."""
        now = clock.now()
        read_all(user=request.user, now=now)
        return Response(notices(request.user, now=now))
