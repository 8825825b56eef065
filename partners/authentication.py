"""The one credential of the partner surface: a key in the ``Authorization`` header."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.authentication import authorization, bearer
from core import clock
from core.errors import Code, Unauthenticated
from partners.models import ApiKey, Partner
from partners.services.keys import key_check


class PartnerKeyAuthentication(BaseAuthentication):
    """``Bearer tc_live_…`` or ``Bearer tc_test_…``. ``request.user`` is the partner, ``request.auth`` the key."""

    def authenticate(self, request: Request) -> tuple[Partner, ApiKey]:
        text = bearer(authorization(request) or "")
        if not text:
            raise Unauthenticated("Send the API key: Authorization: Bearer tc_live_…", code=Code.NO_API_KEY)
        key = key_check(text=text, now=clock.now())
        if key is None:
            raise Unauthenticated("Invalid or revoked API key", code=Code.INVALID_API_KEY)
        return key.partner, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="partner"'
