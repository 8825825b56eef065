"""Operations of administrators (``/api/auth/admin/…``). They are not part of the public document."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, Flag, parsed
from accounts.api.permissions import IsAdmin
from accounts.api.profile import activity_out
from accounts.api.session import user_out
from accounts.api.sessions import session_out
from accounts.models import User, UserSession
from accounts.services.agent_keys import agent_key_revoke
from accounts.services.client import client_of
from accounts.services.sessions import sessions_of
from accounts.services.users import user_end_sessions, user_set_state
from core import clock
from core.api.query import PageQuery, paged, parse_query
from core.errors import NotFound
from core.models import AuditEntry


def admin_user_out(user: User) -> dict[str, Any]:
    """Return a user as an administrator sees him."""
    return user_out(user) | {
        "is_active": user.is_active,
        "email_verified": user.email_verified,
        "last_login": user.last_login,
    }


def user_or_absent(user_id: int) -> User:
    """Return any user; for administrators."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("No such user.")
    return user


class AdminApi(APIView):
    """Base: administrators only."""

    permission_classes = (IsAdmin,)

    def common(self, request: Request) -> dict[str, Any]:
        """Return what every service is told of the caller."""
        return {"actor": request.user, "ip": client_of(request._request).ip, "now": clock.now()}


@extend_schema(exclude=True)
class AdminUsersApi(AdminApi):
    """All users, by address; ``q`` is part of an address or a name."""

    class Query(PageQuery):
        q = serializers.CharField(max_length=254, required=False, default="", allow_blank=True)

    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        text = query.pop("q")
        users = User.objects.filter(email__icontains=text) | User.objects.filter(name__icontains=text)
        return paged(request, users.order_by("email"), **query, render=admin_user_out)


@extend_schema(exclude=True)
class AdminUserApi(AdminApi):
    """One user: activate, deactivate, promote, demote."""

    class Input(Body):
        is_active = Flag(required=False)
        is_admin = Flag(required=False)

    def get(self, request: Request, user_id: int) -> Response:
        return Response(admin_user_out(user_or_absent(user_id)))

    def patch(self, request: Request, user_id: int) -> Response:
        data = parsed(self.Input, request)
        user = user_set_state(
            user_id=user_id, is_active=data.get("is_active"), is_admin=data.get("is_admin"), **self.common(request)
        )
        return Response(admin_user_out(user))


@extend_schema(exclude=True)
class AdminUserSessionsApi(AdminApi):
    """The sessions of one user; DELETE ends them all."""

    def get(self, request: Request, user_id: int) -> Response:
        rows = sessions_of(user_or_absent(user_id), now=clock.now())
        return paged(request, rows, **parse_query(PageQuery, request), render=_session)

    def delete(self, request: Request, user_id: int) -> Response:
        ended = user_end_sessions(user_id=user_id, **self.common(request))
        return Response({"deleted": True, "ended": ended})


def _session(row: UserSession) -> dict[str, Any]:
    return session_out(row, "")


@extend_schema(exclude=True)
class AdminUserKeyApi(AdminApi):
    """The agent key of one user: DELETE revokes it."""

    def delete(self, request: Request, user_id: int) -> Response:
        agent_key_revoke(user=user_or_absent(user_id), **self.common(request))
        return Response({"deleted": True})


@extend_schema(exclude=True)
class AdminAuditApi(AdminApi):
    """The record of security events of everybody, newest first."""

    class Query(PageQuery):
        user_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
        action = serializers.CharField(max_length=100, required=False)

    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        page = {name: query.pop(name) for name in ("limit", "offset")}
        entries = AuditEntry.objects.filter(**query).order_by("-id")
        return paged(request, entries, **page, render=_entry)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return activity_out(entry) | {"user_id": entry.user_id, "request_id": entry.request_id}
