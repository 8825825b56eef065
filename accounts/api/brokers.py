"""Credentials at brokers, and the trip to Kite's sign-in page."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Deleted, Refusal, Text, credential, parsed
from accounts.models import Broker, UserSession
from accounts.services.broker_login import kite_login_begin, kite_login_finish
from accounts.services.client import client_of
from accounts.services.credentials import credentials_delete, credentials_shown, credentials_store
from accounts.services.sessions import session_of
from core import clock
from core.errors import InvalidRequest, Unauthenticated

#: Where a browser lands after the trip; the page reads what became of it from the query.
LANDING = "/settings/brokers/"


class CredentialsIn(Body):
    """The key and secret of the user's own app at the broker."""

    api_key = Text(max_length=200)
    api_secret = Text(max_length=400)


class CredentialsOut(serializers.Serializer):
    """What is shown of stored credentials: the end of the key. The secret never is."""

    api_key = serializers.CharField(allow_null=True)
    has_api_secret = serializers.BooleanField()
    updated_at = serializers.DateTimeField(allow_null=True)


EXAMPLE = OpenApiExample("Store", {"api_key": "abcdef1234567890", "api_secret": "…"}, request_only=True)


class CredentialsApi(APIView):
    """Base: credentials of the caller at one broker. Stored encrypted, shown masked."""

    broker: str

    def _shown(self, request: Request) -> Response:
        shown = credentials_shown(user=request.user, broker=self.broker)
        names = ("api_key", "has_api_secret", "updated_at")
        return Response({name: getattr(shown, name) for name in names})

    @extend_schema(responses=CredentialsOut)
    def get(self, request: Request) -> Response:
        return self._shown(request)

    @extend_schema(request=CredentialsIn, responses=CredentialsOut, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        data = parsed(CredentialsIn, request)
        ip = client_of(request._request).ip
        credentials_store(user=request.user, broker=self.broker, ip=ip, now=clock.now(), **data)
        return self._shown(request)

    @extend_schema(responses={200: Deleted})
    def delete(self, request: Request) -> Response:
        ip = client_of(request._request).ip
        credentials_delete(user=request.user, broker=self.broker, ip=ip, now=clock.now())
        return Response({"deleted": True})


class KiteCredentialsApi(CredentialsApi):
    """Credentials of the caller's Kite Connect app."""

    broker = Broker.KITE


class IciciCredentialsApi(CredentialsApi):
    """Credentials of the caller's ICICI Breeze app."""

    broker = Broker.ICICI


def own_session(request: Request) -> UserSession:
    """Return the session the request came with."""
    session = session_of(credential(request))
    if session is None:
        raise Unauthenticated("Sign in again.")
    return session


def landing(outcome: str) -> HttpResponseRedirect:
    """Send a browser back to the page of broker connections."""
    return HttpResponseRedirect(f"{LANDING}?{urlencode({'kite': outcome})}")


class KiteLoginApi(APIView):
    """Go to Kite's sign-in page. The state sent along counts once, in this session, for ten minutes."""

    @extend_schema(responses={302: OpenApiResponse(description="To Kite's sign-in page."), 409: Refusal})
    def get(self, request: Request) -> HttpResponseRedirect:
        url = kite_login_begin(user=request.user, session=own_session(request), now=clock.now())
        return HttpResponseRedirect(url)


class KiteCallbackApi(APIView):
    """Where Kite sends the browser back. Without a state that this session began with, nobody is connected."""

    @extend_schema(
        parameters=[
            OpenApiParameter("request_token", str), OpenApiParameter("status", str), OpenApiParameter("action", str),
            OpenApiParameter("state", str),
        ],
        responses={302: OpenApiResponse(description="To the page of broker connections.")},
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseRedirect:
        query: Any = request.query_params
        try:
            kite_login_finish(
                user=request.user, session=own_session(request), state=query.get("state", ""),
                request_token=query.get("request_token", ""), status=query.get("status", ""),
                ip=client_of(request._request).ip, now=clock.now(),
            )  # fmt: skip
        except InvalidRequest:
            if "text/html" in request.META.get("HTTP_ACCEPT", ""):
                return landing("refused")
            raise
        return landing("returned")
