"""Partners: made in one step with a key and a signing secret, changed, switched off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from accounts.models import User
from core import audit
from core.errors import Conflict, InvalidRequest
from partners.constants import Environment, Plan, RetryPolicy
from partners.models import Endpoint, Member, Partner
from partners.services.addresses import webhook_url_check
from partners.services.health import partner_switched
from partners.services.keys import NewKey, key_create
from partners.services.secrets import endpoint_of, secret_of
from partners.services.texts import partner_texts


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A new partner with the two secrets it is told once."""

    partner: Partner
    key: NewKey
    webhook_secret: str

    def __repr__(self) -> str:
        return f"Provisioned({self.partner})"


def partner_create(
    *,
    name: str,
    actor: Model | str,
    now: datetime,
    plan: str = Plan.DEFAULT,
    organisation: str = "",
    intended_use: str = "",
    contact_email: str = "",
    webhook_url: str = "",
    is_admin: bool = False,
    environment: str = Environment.LIVE,
    reason: str = "",
    ip: str = "",
) -> Provisioned:
    """Make a partner with its first key, of ``environment``, and its signing secret.

    Raises Conflict for a name that another has, InvalidRequest for a text or an address that cannot be. Call it outside
    a transaction: the webhook's name is looked up first.
    """
    fields = partner_texts(
        {
            "name": name, "plan": plan, "is_admin": is_admin, "organisation": organisation,
            "intended_use": intended_use, "contact_email": contact_email,
        }
    )  # fmt: skip
    url = webhook_url_check(webhook_url) if webhook_url else ""
    who: dict[str, Any] = {"actor": actor, "now": now, "reason": reason, "ip": ip}
    with transaction.atomic():
        partner = _partner_made(fields, **who)
        key = key_create(partner=partner, environment=environment, **who)
        endpoint = endpoint_of(partner, environment)
        if url:
            endpoint = _endpoint_changed(endpoint, {"url": url}, **who)
        return Provisioned(partner, key, secret_of(endpoint))


def _partner_made(fields: dict[str, Any], *, actor: Model | str, now: datetime, reason: str, ip: str) -> Partner:
    try:
        with transaction.atomic():
            partner = Partner.objects.create(**fields, created_at=now)
    except IntegrityError:
        raise Conflict(f"A partner is called {fields['name']} already.") from None
    data = {name: fields[name] for name in ("name", "plan", "is_admin")} | {"reason": reason}
    audit.record(actor=actor, action="partner.created", object=partner, ip=ip, at=now, data=data)
    return partner


def endpoint_change(
    *,
    partner: Partner,
    environment: str,
    actor: Model | str,
    now: datetime,
    url: str | None = None,
    retry_policy: str | None = None,
    reason: str = "",
    ip: str = "",
) -> Endpoint:
    """Change where and how persistently a partner is told. ``url`` empty: nowhere. Raises InvalidRequest.

    Call it outside a transaction: the address's name is looked up first.
    """
    endpoint = endpoint_of(partner, environment)
    changes: dict[str, str] = {}
    if url is not None and url != endpoint.url:
        changes["url"] = webhook_url_check(url) if url else ""
    if retry_policy is not None and retry_policy != endpoint.retry_policy:
        changes["retry_policy"] = RetryPolicy(retry_policy).value
    return _endpoint_changed(endpoint, changes, actor=actor, now=now, reason=reason, ip=ip) if changes else endpoint


@transaction.atomic
def _endpoint_changed(
    endpoint: Endpoint, changes: dict[str, str], *, actor: Model | str, now: datetime, reason: str, ip: str
) -> Endpoint:
    Endpoint.objects.filter(pk=endpoint.pk).update(**changes)
    endpoint.refresh_from_db()
    data = {"partner": endpoint.partner.name, "environment": endpoint.environment, "reason": reason, **changes}
    audit.record(actor=actor, action="partner_endpoint.changed", object=endpoint, ip=ip, at=now, data=data)
    return endpoint


@transaction.atomic
def partner_change(
    *, partner: Partner, actor: Model | str, now: datetime, reason: str = "", ip: str = "", **changes: object
) -> Partner:
    """Change a partner's plan, contact, texts or whether it is active; each change is in the record with its reason."""
    allowed = {"name", "plan", "organisation", "intended_use", "contact_email", "is_active", "is_admin"}
    if unknown := set(changes) - allowed:
        raise InvalidRequest(f"{', '.join(sorted(unknown))} cannot be changed.")
    changes = partner_texts(changes)
    row = Partner.objects.select_for_update().get(pk=partner.pk)
    before = {name: getattr(row, name) for name, value in changes.items() if getattr(row, name) != value}
    for name in before:
        setattr(row, name, changes[name])
    if before:
        row.save(update_fields=sorted(before))
        if "is_active" in before:
            partner_switched(partner=row, now=now)
        data = {"reason": reason, "from": before, "to": {name: changes[name] for name in before}}
        audit.record(actor=actor, action="partner.changed", object=row, ip=ip, at=now, data=data)
    return row


@transaction.atomic
def member_add(
    *, partner: Partner, email: str, actor: Model | str, now: datetime, reason: str = "", ip: str = ""
) -> Member:
    """Let the account with this address run the partner's console. Raises InvalidRequest when there is none."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise InvalidRequest(f"Nobody has an account with the address {email}. Let the person register first.")
    member, created = Member.objects.get_or_create(partner=partner, user=user, defaults={"created_at": now})
    if created:
        data = {"partner": partner.name, "email": user.email, "reason": reason}
        audit.record(
            actor=actor, action="partner_member.added", object=partner, user_id=user.pk, ip=ip, at=now, data=data
        )
    return member


@transaction.atomic
def member_remove(*, member: Member, actor: Model | str, now: datetime, reason: str = "", ip: str = "") -> None:
    """Take the console away from a person, from his next request on."""
    data = {"partner": member.partner.name, "email": member.user.email, "reason": reason}
    audit.record(
        actor=actor, action="partner_member.removed", object=member.partner, user_id=member.user_id, ip=ip, at=now,
        data=data,
    )  # fmt: skip
    member.delete()
