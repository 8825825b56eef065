"""Rows as the partner surface prints them."""

from datetime import datetime
from typing import Any

import orjson

from core.clock import isoformat_z
from partners.models import ApiKey, Attempt, Delivery, Endpoint, Partner, Subscription


def instant(moment: datetime | None) -> str | None:
    """Return an instant in UTC, or None."""
    return None if moment is None else isoformat_z(moment)


def partner_row(partner: Partner) -> dict[str, Any]:
    """Return what stands in lists of partners."""
    return {
        "id": partner.pk,
        "name": partner.name,
        "organisation": partner.organisation,
        "intended_use": partner.intended_use,
        "contact_email": partner.contact_email,
        "plan": partner.plan,
        "rate_limit_per_minute": partner.rate_limit_per_minute,
        "is_admin": partner.is_admin,
        "is_active": partner.is_active,
        "created_at": instant(partner.created_at),
    }


def endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    """Return how a partner is told."""
    return {
        "webhook_url": endpoint.url or None,
        "has_webhook_secret": bool(endpoint.secret_sealed),
        "retry_policy": endpoint.retry_policy,
        "webhook_paused_at": instant(endpoint.paused_at),
        "webhook_pause_reason": endpoint.pause_reason or None,
        "webhook_failing_since": instant(endpoint.failing_since),
    }


def key_row(key: ApiKey) -> dict[str, Any]:
    """Return a key without its secret."""
    return {
        "id": key.pk,
        "prefix": key.prefix,
        "created_at": instant(key.created_at),
        "last_used_at": instant(key.last_used_at),
        "expires_at": instant(key.expires_at),
    }


def subscription_row(row: Subscription) -> dict[str, Any]:
    """Return a subscription."""
    return {
        "id": row.pk,
        "engine": row.engine,
        "symbol": row.symbol,
        "min_confidence": row.min_confidence,
        "delta_threshold": row.delta_threshold,
        "channels": row.channels,
        "is_active": row.is_active,
        "paused_at": instant(row.paused_at),
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "last_fired_at": instant(row.last_fired_at),
    }


def attempt_row(row: Attempt) -> dict[str, Any]:
    """Return one attempt with what was sent. ``id`` is the delivery's, as everywhere; ``attempt`` tells them apart."""
    delivery = row.delivery
    return {
        "id": delivery.pk,
        "event_id": delivery.event_id,
        "subscription_id": delivery.subscription_number,
        "engine": delivery.engine or None,
        "event": delivery.event,
        "channel": delivery.channel,
        "url": row.url,
        "attempt": row.number,
        "is_resend": row.is_resend,
        "status": row.status,
        "http_status": row.http_status,
        "error": row.error or None,
        "duration_ms": row.duration_ms,
        "payload": orjson.loads(bytes(delivery.body)),
        "request_headers": row.request_headers,
        "answer": row.answer or None,
        "created_at": instant(row.created_at),
        "next_attempt_at": instant(delivery.next_attempt_at),
    }


def delivery_row(row: Delivery) -> dict[str, Any]:
    """Return a delivery that is waiting to be sent."""
    return {
        "id": row.pk,
        "event_id": row.event_id,
        "subscription_id": row.subscription_number,
        "engine": row.engine or None,
        "event": row.event,
        "status": row.status,
        "created_at": instant(row.created_at),
        "next_attempt_at": instant(row.next_attempt_at),
    }
