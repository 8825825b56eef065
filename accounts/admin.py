"""Users, sessions, agent keys and the audit record in the admin.

Passwords and other secrets are never shown or set here; what changes somebody's rights goes through the services,
which end sessions and write the record. With ``ADMIN_REQUIRE_TOTP`` only a sign-in with a second factor enters.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import AgentKey, Grant, User, UserSession
from accounts.services.agent_keys import agent_key_revoke
from accounts.services.client import client_of
from accounts.services.sessions import sessions_end
from accounts.services.users import user_end_sessions, user_set_state
from accounts.session_store import stored_key
from core import audit, clock
from core.admin_base import ReadOnly
from core.errors import PlatformError
from core.models import AuditEntry


def may_enter(request: HttpRequest) -> bool:
    """Return whether the request may see the admin."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    if not settings.ADMIN_REQUIRE_TOTP:
        return True
    key = stored_key(request.session.session_key or "")
    return UserSession.objects.filter(key_hash=key, second_factor=True, ended_at__isnull=True).exists()


admin.site.has_permission = may_enter  # type: ignore[method-assign]


def _common(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.user, "ip": client_of(request).ip, "now": clock.now()}


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ("email", "name", "is_active", "is_staff", "email_verified_at", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "email_verified_at", "last_login", "created_at")
    actions = ("activate", "deactivate", "end_sessions", "revoke_keys")

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, is_active=True)

    @admin.action(description="Deactivate: ends sessions, tokens and keys")
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, is_active=False)

    def _set_active(self, request: HttpRequest, users: QuerySet[User], *, is_active: bool) -> None:
        for user in users:
            try:
                user_set_state(user_id=user.pk, is_active=is_active, is_admin=None, **_common(request))
            except PlatformError as exc:
                self.message_user(request, f"{user}: {exc.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{user}: {'activated' if is_active else 'deactivated'}.")

    @admin.action(description="End all sessions and tokens")
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        ended = sum(user_end_sessions(user_id=user.pk, **_common(request)) for user in users)
        self.message_user(request, f"{ended} sessions ended.")

    @admin.action(description="Revoke agent keys")
    def revoke_keys(self, request: HttpRequest, users: QuerySet[User]) -> None:
        revoked = sum(agent_key_revoke(user=user, **_common(request)) for user in users)
        self.message_user(request, f"{revoked} keys revoked.")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnly):
    list_display = ("user", "kind", "method", "second_factor", "device", "ip", "created_at", "last_used_at", "ended_at")
    list_filter = ("kind", "method", "second_factor")
    search_fields = ("user__email", "ip", "device")
    exclude = ("key_hash",)
    actions = ("end",)

    @admin.action(description="End")
    def end(self, request: HttpRequest, rows: QuerySet[UserSession]) -> None:
        now, ended = clock.now(), 0
        for row in rows.select_related("user"):
            ended += sessions_end(user=row.user, now=now, only=[row.key_hash])
            audit.record(
                actor=request.user, action="session.ended", object=f"session:{row.pk}", user_id=row.user_id,
                ip=client_of(request).ip,
            )  # fmt: skip
        self.message_user(request, f"{ended} sessions ended.")


@admin.register(AgentKey)
class AgentKeyAdmin(ReadOnly):
    list_display = ("prefix", "user", "created_at", "last_used_at", "revoked_at")
    search_fields = ("user__email", "public_id")
    fields = ("prefix", "user", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, keys: QuerySet[AgentKey]) -> None:
        live = keys.filter(revoked_at__isnull=True).select_related("user")
        revoked = sum(agent_key_revoke(user=key.user, **_common(request)) for key in live)
        self.message_user(request, f"{revoked} keys revoked.")


@admin.register(Grant)
class GrantAdmin(ReadOnly):
    list_display = ("grantor", "grantee", "scope", "source", "reference", "state", "valid_from", "valid_to")
    list_filter = ("state", "source", "scope")
    search_fields = ("grantor__email", "grantee__email", "reference")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "actor", "action", "object", "user_id", "ip", "request_id")
    list_filter = ("action",)
    search_fields = ("actor", "object", "request_id", "ip")
    date_hierarchy = "at"
