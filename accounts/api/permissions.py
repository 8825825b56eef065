"""Who may use operations of administrators."""

from typing import Any

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.api.base import credential
from accounts.services.errors import AdminTotpRequired
from accounts.services.sessions import session_of


class IsAdmin(BasePermission):
    """An administrator; with ``ADMIN_REQUIRE_TOTP`` only one whose sign-in had a second factor."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not user.is_authenticated or not user.is_admin:
            return False
        if settings.ADMIN_REQUIRE_TOTP:
            session = session_of(credential(request))
            if session is None or not session.second_factor:
                raise AdminTotpRequired("Administrators sign in with a second factor. Set it up, then sign in with it.")
        return True
