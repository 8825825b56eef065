"""Who is told of what: an engine's news against every subscription to it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from partners.constants import Engine, Environment
from partners.models import Delivery, Subscription
from partners.services.outbox import subscription_notify
from partners.webhooks.payloads import FNO_EVENT, ISCORE_EVENT, fno_body, iscore_body

#: Below this confidence an I-Score is insufficient data and is not pushed.
LEAST_CONFIDENCE: Final = 0.40
LEAST_FNO_CONFIDENCE: Final = 50
SIMULATED: Final = "simulated"


def fno_fire(signal: Mapping[str, Any], *, now: datetime) -> list[Delivery]:
    """Tell of a new F&O signal where its confidence reaches the subscription's, and 50 in any case.

    ``signal``: as the history of signals has it. To be called in a transaction; told once however often it is called.
    """
    if signal["confidence"] < LEAST_FNO_CONFIDENCE:
        return []
    made = []
    for row in _interested(Engine.FNO, signal["index"], signal["data_source"]):
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
        if _has_moved(row, told):
            made += iscore_tell(row, told, now=now)
    return made


def iscore_tell(row: Subscription, told: Mapping[str, Any], *, now: datetime) -> list[Delivery]:
    """Tell one subscription of a score and remember what it was told; nothing if the score is not for it."""
    if not _is_for(row, told):
        return []
    before = row.told_score if row.told_score is not None else told["previous_score"]

    def body(event_id: str, sequence: int | None) -> bytes:
        return iscore_body(
            {**told, "previous_score": before}, event_id=event_id, sequence=sequence, subscription_id=row.pk,
            environment=row.environment, at=now,
        )  # fmt: skip

    cause = f"iscore:{told['data_source']}:{told['as_of_session']}:{told['score']}:{told['tier']}"
    made = subscription_notify(subscription=row, event=ISCORE_EVENT, cause=cause, body=body, now=now)
    Subscription.objects.filter(pk=row.pk).update(told_score=told["score"], told_tier=told["tier"])
    return made


def _interested(engine: str, symbol: str, data_source: str) -> Iterator[Subscription]:
    """Return the active subscriptions. Test ones hear of the simulated market only."""
    rows = Subscription.objects.filter(engine=engine, symbol=symbol, is_active=True, partner__is_active=True)
    if data_source != SIMULATED:
        rows = rows.filter(environment=Environment.LIVE)
    return rows.select_related("partner").order_by("id").iterator()


def _is_for(row: Subscription, told: Mapping[str, Any]) -> bool:
    if told["score"] is None or told["confidence"] is None or told["confidence"] < LEAST_CONFIDENCE:
        return False
    return told["score"] >= row.min_confidence


def _has_moved(row: Subscription, told: Mapping[str, Any]) -> bool:
    if told["score"] is None:
        return False
    if row.told_score is None:
        return True
    far = abs(told["score"] - row.told_score) >= (row.delta_threshold or 0)
    return far or told["tier"] != row.told_tier
