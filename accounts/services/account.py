"""Taking one's data along, and leaving."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.constants import EXPORT_FRESH_FOR
from accounts.models import Broker, BrokerLogin, Grant, OneTimeCode, User
from accounts.selectors import broker_states, roles_of
from accounts.services.agent_keys import agent_key_of
from accounts.services.codes import code_by_guess, code_by_link, code_consume
from accounts.services.credentials import credentials_shown
from accounts.services.errors import ExportRequired
from accounts.services.passwords import password_confirm
from accounts.services.preferences import notifications_of
from accounts.services.sessions import sessions_end, sessions_of
from accounts.services.totp import totp_device
from core import audit, clock, events
from core.errors import Conflict, ValidationFailed
from core.ratelimit import Limiter

Exporter = Callable[[User], Any]
_exporters: dict[str, Exporter] = {}


def register_exporter(name: str, exporter: Exporter) -> None:
    """Make ``exporter`` write the section ``name`` of every export. It returns plain values, without secrets.

    Every app that keeps something of a user registers one when it is ready.
    """
    known = _exporters.get(name)
    if known is not None and known is not exporter:
        raise ValueError(f"Two exporters are called {name!r}.")
    _exporters[name] = exporter


def account_export(*, user: User, ip: str, now: datetime) -> dict[str, Any]:
    """Return everything the account owns, by section, and take note that it was taken along."""
    sections = {name: exporter(user) for name, exporter in sorted(_exporters.items())}
    User.objects.filter(pk=user.pk).update(exported_at=now)
    audit.record(actor=user, action="account.exported", ip=ip, at=now)
    return {"made_at": now, "user_id": user.pk, "sections": sections}


def account_delete(
    *, user: User, password: str, token: str, code: str, limiter: Limiter, ip: str, now: datetime
) -> None:
    """Delete ``user`` and everything he owns, for good.

    Needs an export not older than a day, and the password, or the link or the code mailed for this purpose. The last
    administrator stays. Of the record of security events what names nobody remains.
    """
    if user.exported_at is None or now - user.exported_at > EXPORT_FRESH_FOR:
        raise ExportRequired("Download your data first: GET /api/auth/export.")
    if user.is_staff and not User.objects.filter(is_staff=True, is_active=True).exclude(pk=user.pk).exists():
        raise Conflict("The last administrator cannot delete his account.")
    row = _confirm(user, password, token, code, limiter, now)
    with transaction.atomic():
        if row is not None:
            code_consume(row=row, now=now)
        sessions_end(user=user, now=now)
        OneTimeCode.objects.filter(email=user.email).delete()
        audit.record(actor=user, action="account.deleted", ip=ip, at=now)
        events.record("account.deleted", payload={"user_id": user.pk}, aggregate=user)
        user.delete()


def _confirm(user: User, password: str, token: str, code: str, limiter: Limiter, now: datetime) -> OneTimeCode | None:
    purpose = OneTimeCode.Purpose.DELETE
    if password:
        password_confirm(user=user, password=password, limiter=limiter, now=now, field="password")
        return None
    if token:
        row = code_by_link(purpose=purpose, token=token, now=now)
    elif code:
        row = code_by_guess(purpose=purpose, email=user.email, code=code, requester="", now=now)
    else:
        fault = "Give the password, or the code that was mailed for this."
        raise ValidationFailed(errors=[{"loc": ["password"], "msg": fault, "type": "required"}])
    if row.email != user.email:
        fault = "The link is for another account."
        raise ValidationFailed(errors=[{"loc": ["token"], "msg": fault, "type": "invalid"}])
    return row


def _profile(user: User) -> dict[str, Any]:
    return {
        "email": user.email, "name": user.name, "created_at": user.created_at,
        "email_verified_at": user.email_verified_at, "roles": roles_of(user), "last_login": user.last_login,
        "second_factor": totp_device(user) is not None,
    }  # fmt: skip


def _sessions(user: User) -> list[dict[str, Any]]:
    names = ("kind", "method", "device", "ip", "created_at", "last_used_at")
    return list(sessions_of(user, now=clock.now()).values(*names))


def _activity(user: User) -> list[dict[str, Any]]:
    return list(audit.for_user(user).values("at", "actor", "action", "object", "ip", "data"))


def _brokers(user: User) -> dict[str, Any]:
    states = broker_states(user, now=clock.now())
    return {
        broker: {"api_key": credentials_shown(user=user, broker=broker).api_key, **states[broker]}
        for broker in Broker.values
    }


def _agent_key(user: User) -> dict[str, Any] | None:
    row = agent_key_of(user)
    return {"prefix": row.prefix, "created_at": row.created_at, "last_used_at": row.last_used_at} if row else None


def _grants(user: User) -> list[dict[str, Any]]:
    names = ("grantor__email", "grantee__email", "scope", "source", "state", "valid_from", "valid_to")
    return list(Grant.objects.filter(grantor=user).values(*names)) + list(user.grants_held.values(*names))


def _broker_logins(user: User) -> list[dict[str, Any]]:
    return list(BrokerLogin.objects.filter(user=user).values("broker", "created_at", "used_at"))


for _name, _exporter in {
    "profile": _profile, "sessions": _sessions, "activity": _activity, "brokers": _brokers,
    "broker_sign_ins": _broker_logins, "agent_key": _agent_key, "grants": _grants, "notifications": notifications_of,
}.items():  # fmt: skip
    register_exporter(_name, _exporter)
