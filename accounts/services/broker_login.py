"""The trip to Kite's sign-in page and back: a state that counts once, in the session that began it."""

import re
import secrets
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from accounts.constants import KITE_STATE_LIFETIME, REQUEST_TOKEN_LIFETIME
from accounts.hashing import digest
from accounts.models import Broker, BrokerLogin, User, UserSession
from accounts.services.credentials import credentials_open
from accounts.services.errors import BrokerNotConfigured
from accounts.services.vault import register_sealed, seal, unseal
from core import audit, events
from core.errors import InvalidRequest

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")

register_sealed(BrokerLogin, "request_token_sealed")


@transaction.atomic
def kite_login_begin(*, user: User, session: UserSession, now: datetime) -> str:
    """Return the address of Kite's sign-in page for ``user``. Raises BrokerNotConfigured without stored credentials."""
    opened = credentials_open(user=user, broker=Broker.KITE)
    if opened is None:
        raise BrokerNotConfigured("Store the API key and secret of your Kite Connect app first.")
    state = secrets.token_urlsafe(32)
    BrokerLogin.objects.filter(user=user, broker=Broker.KITE, expires_at__lt=now - KITE_STATE_LIFETIME).delete()
    BrokerLogin.objects.create(
        user=user, session=session, broker=Broker.KITE, state_hash=digest("kite-state", state), created_at=now,
        expires_at=now + KITE_STATE_LIFETIME,
    )  # fmt: skip
    query = urlencode({"v": 3, "api_key": opened.api_key, "redirect_params": urlencode({"state": state})})
    return f"{settings.KITE_LOGIN_ROOT}/connect/login?{query}"


def kite_login_finish(
    *, user: User, session: UserSession, state: str, request_token: str, status: str, ip: str, now: datetime
) -> BrokerLogin:
    """Take the request token that Kite sent back, once, in the session that asked for it.

    Raises InvalidRequest, and connects nobody, for a state that is unknown, used, older than ten minutes or of
    another session, and when Kite refused. The token is kept sealed for five minutes.
    """
    row = BrokerLogin.objects.filter(state_hash=digest("kite-state", state), user=user, session=session).first()
    live = BrokerLogin.objects.filter(pk=row.pk if row else None, used_at__isnull=True, expires_at__gt=now)
    if row is None or live.update(used_at=now) != 1:
        audit.record(actor=user, action="broker_login.refused", object=Broker.KITE, ip=ip, at=now)
        raise InvalidRequest("This sign-in at Kite was not begun here, or was used or is too old. Begin again.")
    if status != "success" or not _TOKEN.fullmatch(request_token):
        audit.record(actor=user, action="broker_login.failed", object=Broker.KITE, ip=ip, at=now)
        raise InvalidRequest("Kite did not complete the sign-in. Begin again.")
    with transaction.atomic():
        row.used_at, row.request_token_until = now, now + REQUEST_TOKEN_LIFETIME
        row.request_token_sealed = seal(row, "request_token_sealed", request_token)
        row.save(update_fields=["request_token_sealed", "request_token_until"])
        audit.record(actor=user, action="broker_login.returned", object=Broker.KITE, ip=ip, at=now)
        payload = {"user_id": user.pk, "broker": str(Broker.KITE), "login_id": str(row.pk)}
        events.record("broker.login_returned", payload=payload, aggregate=row)
    return row


def pending_request_token(*, user: User, now: datetime) -> str | None:
    """Return the newest request token of ``user`` that waits for his agent, if it is younger than five minutes."""
    old = BrokerLogin.objects.filter(user=user, request_token_until__lte=now).exclude(request_token_sealed="")
    old.update(request_token_sealed="")
    waiting = BrokerLogin.objects.filter(user=user, broker=Broker.KITE, request_token_until__gt=now)
    row = waiting.exclude(request_token_sealed="").order_by("-created_at").first()
    return unseal(row, "request_token_sealed") if row else None


def request_token_taken(*, user: User) -> None:
    """Forget waiting request tokens of ``user``: one was exchanged, and each counts once."""
    waiting = BrokerLogin.objects.filter(user=user).exclude(request_token_sealed="")
    waiting.update(request_token_sealed="", request_token_until=None)
