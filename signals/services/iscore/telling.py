"""What is told of new I-Scores: an event for whoever listens, and a line of the Record when the tier changes."""

from datetime import datetime
from typing import Any

from core import events
from engines.iscore.combine import told_tier
from signals.constants import EVENT_ISCORE_CHANGED, RECORD_TIER_CHANGED
from signals.models import IScoreSnapshot, IScoreStanding
from signals.services import record


def tell(snapshot: IScoreSnapshot, *, symbol: str, now: datetime) -> bool:
    """Tell of a snapshot in the caller's transaction unless it, or a later session, was told already; return whether.

    The event `iscore.changed` goes out when score or tier differ from what was told last; the tier told leaves a border
    only 1.5 points beyond it. Nothing is told of a stock without a score.
    """
    if snapshot.iscore is None or snapshot.confidence is None:
        return False
    standing, is_new = IScoreStanding.objects.select_for_update().get_or_create(
        instrument_id=snapshot.instrument_id,
        data_source=snapshot.data_source,
        defaults={"session": snapshot.session, "iscore": None, "tier": "", "told_at": now},
    )
    if not is_new and standing.session >= snapshot.session:
        return False
    tier = told_tier(standing.tier or None, snapshot.iscore, snapshot.confidence)
    before = (standing.iscore, standing.tier or None)
    if before != (snapshot.iscore, tier):
        events.record(
            EVENT_ISCORE_CHANGED,
            payload=event_payload(snapshot, symbol=symbol, tier=tier, before=before),
            aggregate=snapshot,
        )
    if tier != standing.tier:
        _record(snapshot, symbol, tier, before, now)
    standing.session, standing.iscore, standing.tier, standing.told_at = snapshot.session, snapshot.iscore, tier, now
    standing.save()
    return True


def event_payload(
    snapshot: IScoreSnapshot, *, symbol: str, tier: str, before: tuple[float | None, str | None]
) -> dict[str, Any]:
    """Return what listeners get. ``tier`` is the told one, ``recommendation`` the raw one of the session."""
    result = snapshot.result
    return {
        "symbol": symbol,
        "score": snapshot.iscore,
        "previous_score": before[0],
        "confidence": snapshot.confidence,
        "tier": tier,
        "previous_tier": before[1],
        "tier_changed": tier != before[1],
        "recommendation": snapshot.tier,
        "code": result["code"],
        "summary": result["summary"],
        "components": {
            name: {key: part[key] for key in ("score", "weight", "effective_weight", "coverage")}
            for name, part in result["components"].items()
        },
        "as_of_session": snapshot.session.isoformat(),
        "data_source": snapshot.data_source,
        "engine_version": snapshot.engine_version,
    }


def _record(
    snapshot: IScoreSnapshot, symbol: str, tier: str, before: tuple[float | None, str | None], now: datetime
) -> None:
    record.append(
        kind=RECORD_TIER_CHANGED,
        subject=symbol,
        at=now,
        key=f"{RECORD_TIER_CHANGED}:{snapshot.data_source}:{symbol}:{snapshot.session}",
        payload={
            "tier": tier,
            "previous_tier": before[1],
            "score": snapshot.iscore,
            "previous_score": before[0],
            "confidence": snapshot.confidence,
            "as_of_session": snapshot.session.isoformat(),
            "data_source": snapshot.data_source,
            "engine_version": snapshot.engine_version,
            "params_hash": snapshot.params_hash,
        },
    )
