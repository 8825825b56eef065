"""Who is told of what: an engine's news against every subscription to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from engines.iscore.combine import told_tier
from market.services.sandbox import is_apart
from partners.constants import Engine, Environment
from partners.models import Delivery, Subscription
from partners.services.outbox import subscription_lock, subscription_notify
from partners.webhooks.payloads import FNO_EVENT, ISCORE_EVENT, fno_body, iscore_body

#: Below this confidence an I-Score is insufficient data and is not pushed.
LEAST_CONFIDENCE: Final = 0.40
LEAST_FNO_CONFIDENCE: Final = 50
SIMULATED: Final = "simulated"


def fno_fire(signal: Mapping[str, Any], *, now: datetime, environment: str | None = None) -> list[Delivery]:
    """Tell of a new F&O signal where its confidence reaches the subscription's, and 50 in any case.

    ``signal``: as the history of signals has it. ``environment``: only whose subscriptions. To be called in a
    transaction; told once however often it is called.
    """
    if signal["confidence"] < LEAST_FNO_CONFIDENCE:
        return []
    made = []
    for row in _interested(Engine.FNO, signal["index"], signal["data_source"], environment):
        if signal["confidence"] >= row.min_confidence:
            made += fno_tell(row, signal, now=now)
    return made


def fno_tell(row: Subscription, signal: Mapping[str, Any], *, now: datetime) -> list[Delivery]:
    """Tell one subscription of a signal."""

    def body(event_id: str, sequence: int | None) -> bytes:
        return fno_body(
            signal, event_id=event_id, sequence=sequence, subscription_id=row.pk, environment=row.environment
        )

    return subscription_notify(
        subscription=row, event=FNO_EVENT, cause=f"fno:{signal['trade_code']}", body=body, now=now
    )


def iscore_fire(told: Mapping[str, Any], *, now: datetime) -> list[Delivery]:
    """Tell of a recomputed I-Score whose tier has changed or which has moved far enough since the partner was last
    told.

    ``told``: symbol (bare), score, previous_score, confidence, tier, summary, components, as_of_session, data_source.
    The tier is the one that leaves a border only 1.5 points beyond it, so that a score on the edge does not flap.
    """
    made = []
    for row in _interested(Engine.ISCORE, told["symbol"], told["data_source"]):
        made += iscore_tell(row, told, now=now)
    return made


@transaction.atomic
def iscore_tell(row: Subscription, told: Mapping[str, Any], *, now: datetime) -> list[Delivery]:
    """Tell one subscription of a score and remember what it was told; nothing if the score is not for it, or is not far
    enough from what it was told last.

    The tier leaves the one this subscription was told, not the one others know: a subscription that began on the far
    side of a border would otherwise hear of a change without one. Asked of the locked row, so that two who tell at once
    do not both measure from the same past.
    """
    fresh = subscription_lock(row)
    if fresh is None or not _is_for(fresh, told):
        return []
    tier = told_tier(fresh.told_tier or None, told["score"], told["confidence"])
    if not _has_moved(fresh, told["score"], tier):
        return []
    before = fresh.told_score if fresh.told_score is not None else told["previous_score"]

    def body(event_id: str, sequence: int | None) -> bytes:
        return iscore_body(
            {**told, "tier": tier, "previous_score": before}, event_id=event_id, sequence=sequence,
            subscription_id=fresh.pk, environment=fresh.environment, at=now,
        )  # fmt: skip

    cause = f"iscore:{told['data_source']}:{told['as_of_session']}:{before}:{told['score']}:{tier}"
    made = subscription_notify(subscription=fresh, event=ISCORE_EVENT, cause=cause, body=body, now=now)
    Subscription.objects.filter(pk=fresh.pk).update(told_score=told["score"], told_tier=tier)
    return made


def _interested(engine: str, symbol: str, data_source: str, environment: str | None = None) -> QuerySet[Subscription]:
    """Return the active subscriptions. Test ones hear of the simulated market only, where the deployment's own market
    is another by engines of their own. What happens while a partner is switched off is kept for it.

    In the order of their receivers, which is the order in which they are locked: two engines at once do not wait for
    each other.
    """
    rows = Subscription.objects.filter(engine=engine, symbol=symbol, is_active=True)
    if environment is None and (data_source != SIMULATED or is_apart()):
        environment = Environment.LIVE
    if environment is not None:
        rows = rows.filter(environment=environment)
    return rows.select_related("partner").order_by("partner_id", "environment", "id")


def _is_for(row: Subscription, told: Mapping[str, Any]) -> bool:
    if told["score"] is None or told["confidence"] is None or told["confidence"] < LEAST_CONFIDENCE:
        return False
    return told["score"] >= row.min_confidence


def _has_moved(row: Subscription, score: float, tier: str) -> bool:
    if row.told_score is None:
        return True
    return round(abs(score - row.told_score), 6) >= (row.delta_threshold or 0) or tier != row.told_tier
