"""Subscriptions: one a symbol and engine, made and changed by the same call."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from core import audit, jobs
from core.errors import InvalidIndex, InvalidRequest, InvalidSymbol, NotFound
from engines.exchange.naming import InvalidSymbolText, capitals, parse_key
from market.models import Instrument
from partners.constants import DEFAULT_DELTA_THRESHOLD, DEFAULT_MIN_CONFIDENCE, INDICES, Channel, Engine
from partners.models import Endpoint, Partner, Subscription
from partners.services.outbox import held_release, subscription_lock

WELCOME_TASK = "partners.welcome"
CHANGEABLE = ("min_confidence", "delta_threshold", "channels", "is_active")


@transaction.atomic
def subscription_put(
    *, partner: Partner, environment: str, engine: str, symbol: str, given: Mapping[str, Any], actor: Model | str,
    now: datetime, ip: str = "",
) -> tuple[Subscription, bool]:  # fmt: skip
    """Make or change a subscription; return it and whether it is new. A worker tells a new one the present I-Score.

    ``given``: the fields of the body that were there; of an existing one, those left out keep their value. Raises
    InvalidIndex, InvalidSymbol, InvalidRequest.
    """
    name = symbol_check(engine, symbol)
    Partner.objects.select_for_update().get(pk=partner.pk)  # two at once: one makes it, the other finds it
    key = {"partner": partner, "environment": environment, "engine": engine, "symbol": name}
    row = Subscription.objects.filter(**key).first()
    if row is not None:
        return subscription_change(subscription=row, given=given, actor=actor, now=now, ip=ip), False
    fields = _checked(engine, given)
    is_active = fields.get("is_active", True)
    row = Subscription.objects.create(
        **key,
        min_confidence=fields.get("min_confidence", DEFAULT_MIN_CONFIDENCE[engine]),
        delta_threshold=fields.get("delta_threshold", DEFAULT_DELTA_THRESHOLD if engine == Engine.ISCORE else None),
        channels=fields.get("channels", [Channel.WEBHOOK.value]),
        is_active=is_active,
        welcome_at=now if engine == Engine.ISCORE and is_active else None,
        created_at=now,
        updated_at=now,
    )
    _recorded("created", row, given, actor=actor, now=now, ip=ip)
    if row.welcome_at is not None:
        jobs.enqueue(WELCOME_TASK)
    return row, True


@transaction.atomic
def subscription_change(
    *, subscription: Subscription, given: Mapping[str, Any], actor: Model | str, now: datetime, ip: str = ""
) -> Subscription:
    """Change what is in ``given``; what it is already is no deed for the record. Switching it on again resumes one that
    a 410 paused, and sends what was kept. Raises NotFound if it was deleted, InvalidRequest.
    """
    row = subscription_lock(subscription)
    if row is None:
        raise NotFound("No such subscription.")
    fields = _checked(row.engine, given)
    changes = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changes.items():
        setattr(row, name, value)
    resumes = row.paused_at is not None and given.get("is_active") is True
    if changes or resumes:
        noted = changes | ({"is_active": True} if resumes else {})
        _recorded("changed", row, noted, actor=actor, now=now, ip=ip)
    row.paused_at = None if resumes else row.paused_at
    row.updated_at = now
    row.save()
    if resumes:
        held_release(partner=row.partner, environment=row.environment, now=now, subscription=row)
    return row


@transaction.atomic
def subscription_delete(*, subscription: Subscription, actor: Model | str, now: datetime, ip: str = "") -> None:
    """Delete a subscription; what was sent for it stays in the log. Raises NotFound if it is gone."""
    _recorded("deleted", subscription, {}, actor=actor, now=now, ip=ip)
    deleted, _ = subscription.delete()
    if not deleted:
        raise NotFound("No such subscription.")


def _recorded(
    what: str, row: Subscription, given: Mapping[str, Any], *, actor: Model | str, now: datetime, ip: str
) -> None:
    facts = {"partner": row.partner.name, "environment": row.environment, "engine": row.engine, "symbol": row.symbol}
    audit.record(actor=actor, action=f"partner_subscription.{what}", object=row, ip=ip, at=now, data={**facts, **given})


def symbol_check(engine: str, symbol: str) -> str:
    """Return the symbol as it is stored: an index's short name, a share's bare NSE symbol."""
    text = capitals(symbol.strip())
    if engine == Engine.FNO:
        if text not in INDICES:
            raise InvalidIndex(f"symbol: {text[:40]} is none of {', '.join(INDICES)}.")
        return text
    return share_check(text)


def share_check(symbol: str) -> str:
    """Return the bare NSE symbol of a share that is known. Raises InvalidSymbol."""
    try:
        key = parse_key(symbol)
    except InvalidSymbolText as exc:
        raise InvalidSymbol(f"symbol: {exc}") from None
    known = Instrument.objects.filter(exchange="NSE", symbol=key.symbol, segment="EQ")
    if key.exchange != "NSE" or not known.exists():
        raise InvalidSymbol(f"symbol: {key.symbol} is not a share of the NSE that is known here.")
    return key.symbol


def warnings_of(subscription: Subscription, *, at_console: bool = False) -> list[str]:
    """Return why a subscription will not be heard of, in sentences that say what to do: over the API, or at the
    console.
    """
    found = []
    endpoint = Endpoint.objects.filter(partner_id=subscription.partner_id, environment=subscription.environment).first()
    if Channel.WEBHOOK in subscription.channels and (endpoint is None or not endpoint.url):
        how = "There is no webhook address yet: set it under Webhook."
        found.append(how if at_console else "There is no webhook_url yet: set it with PATCH /me.")
    if endpoint is not None and endpoint.paused_at is not None:
        found.append(f"The webhook is paused: {endpoint.pause_reason} Events are kept until it is resumed.")
    if subscription.paused_at is not None:
        how = "Resume it when the receiver is back." if at_console else "Send is_active: true to resume."
        found.append(f"The receiver answered 410 (Gone). {how}")
    if Channel.EMAIL in subscription.channels and not subscription.partner.contact_email:
        how = "There is no contact address to mail to. Ask us to set one."
        found.append(how if at_console else "There is no contact_email for the e-mail channel.")
    return found


def _checked(engine: str, given: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: given[name] for name in CHANGEABLE if name in given}
    if fields.get("delta_threshold") is None:
        fields.pop("delta_threshold", None)
    if "delta_threshold" in fields and engine != Engine.ISCORE:
        raise InvalidRequest("delta_threshold: it belongs to the engine iscore.")
    if "channels" in fields:
        fields["channels"] = _channels(fields["channels"])
    return fields


def _channels(given: Sequence[str]) -> list[str]:
    chosen = [channel.value for channel in Channel if channel in given]
    if not chosen:
        raise InvalidRequest(f"channels: name at least one of {', '.join(Channel.values)}.")
    return chosen
