"""The engines as partners see them: bare symbols, their names of sources, the simulated market for test keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from core.clock import isoformat_z
from core.errors import Code, DataUnavailable, InvalidIndex, InvalidRequest, InvalidSymbol, NotFound, PlatformError
from engines.exchange.naming import capitals
from market.services.sandbox import is_apart, simulated_only
from partners.constants import INDICES, Environment
from partners.selectors import sandbox_analysis, sandbox_signals
from partners.webhooks.payloads import source_fields
from signals.models import FnoSignal
from signals.services.fno.live import live
from signals.services.fno.wire import signal_row
from signals.services.iscore.reading import iscore_of, iscores_of

#: Keys of an analysis on this surface; what else the engine knows belongs to the pages.
ANALYSIS_KEYS = (
    "trade_direction", "confidence", "confidence_grade", "tier", "entry_mode", "atm_strike", "spot_price", "expiry",
    "lot_size", "trades", "layers", "actionable", "vetoes", "veto_words", "market_phase", "data_age_s", "as_of",
    "calibrated", "engine_version",
)  # fmt: skip
TRADE_KEYS = (
    "type", "strike", "option_type", "tradingsymbol", "expiry", "ltp", "iv", "delta", "entry_price", "sl", "target",
    "lot_size", "max_loss_per_lot", "rank", "risk", "expected_r", "avoid",
)  # fmt: skip
HISTORY_KEYS = (
    "engine", "event", "index", "symbol", "score", "confidence", "tier", "trade_direction", "entry_mode", "atm_strike",
    "entry_price", "sl", "target", "trade_code", "data_source", "provider", "timestamp", "tradingsymbol",
    "option_type", "expiry", "lot_size", "calibrated", "status", "outcome", "exit_price", "pnl_points", "r_multiple",
)  # fmt: skip
STALE = "DATA_STALE"


def index_check(index: str | None) -> str:
    """Return an index's short name. Raises InvalidRequest without one, InvalidIndex for another."""
    text = capitals((index or "").strip())
    if not text:
        raise InvalidRequest("index: it is required.")
    if text not in INDICES:
        raise InvalidIndex(f"index: {text[:40]} is none of {', '.join(INDICES)}.")
    return text


def fno_analysis(index: str, *, environment: str, now: datetime) -> dict[str, Any]:
    """Return the analysis of an index. Raises DataUnavailable when no source has its price."""
    found = sandbox_analysis(index, now=now) if environment == Environment.TEST and is_apart() else None
    if found is None:
        with simulated_only(environment == Environment.TEST):
            found = live(index, now=now)["analysis"]
    if found["spot_price"] is None and STALE not in found["vetoes"]:
        raise DataUnavailable(f"No source has a price of {index} now.")
    analysis = {name: found[name] for name in ANALYSIS_KEYS}
    analysis["trades"] = [{name: trade[name] for name in TRADE_KEYS} for trade in found["trades"]]
    return analysis | source_fields(found["data_source"])


def fno_history(index: str, *, environment: str, days: int, limit: int, now: datetime) -> list[dict[str, Any]]:
    """Return the signals of the last ``days`` times 24 hours, newest first. Test keys see simulated ones only."""
    found = []
    for row in _signals(index, environment, now - timedelta(days=days))[:limit]:
        signal = signal_row(row)
        told = {**signal, "engine": "fno", "event": "TRADE_TRIGGER", **source_fields(signal["data_source"])}
        told |= {
            "status": "OPEN" if signal["outcome"] in (None, "OPEN") else "CLOSED",
            "outcome": signal["outcome"] or "OPEN",
        }
        found.append({name: told[name] for name in HISTORY_KEYS})
    return found


def _signals(index: str, environment: str, since: datetime) -> Sequence[FnoSignal] | QuerySet[FnoSignal]:
    if environment == Environment.TEST and is_apart():
        return sandbox_signals(index, since=since)
    rows = FnoSignal.objects.filter(index=index, triggered_at__gt=since).order_by("-triggered_at", "-id")
    return rows.filter(data_source="simulated") if environment == Environment.TEST else rows


def iscore_result(symbol: str, *, environment: str, now: datetime) -> dict[str, Any]:
    """Return the result of a bare NSE symbol. Raises InvalidSymbol for one nobody knows, DataUnavailable.

    DataUnavailable: its score could not be worked out now; asking again is safe.
    """
    with simulated_only(environment == Environment.TEST):
        try:
            found = iscore_of(f"NSE:{symbol}", now=now)
        except NotFound:
            raise _unknown(symbol) from None
    return _told(found)


def _unknown(symbol: str) -> InvalidSymbol:
    return InvalidSymbol(f"symbol: {symbol} is not a share of the NSE that is known here.")


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an engine's answer about a share as this surface gives it."""
    changes = {"cached_until": isoformat_z(found["cached_until"]), "as_of": isoformat_z(found["as_of"])}
    result = {name: value for name, value in found.items() if name != "symbol"}
    return result | changes | source_fields(found["data_source"])


def present_score(symbol: str, *, environment: str, now: datetime) -> dict[str, Any] | None:
    """Return the present score as subscriptions are told of it; None where there is none yet."""
    try:
        found = iscore_result(symbol, environment=environment, now=now)
    except PlatformError:
        return None
    if found["as_of_session"] is None:
        return None
    return {
        "symbol": symbol,
        "score": found["iscore"],
        "previous_score": (found.get("previous") or {}).get("iscore"),
        "confidence": found["confidence"],
        "summary": found["summary"],
        "components": {
            name: {key: part[key] for key in ("score", "weight", "effective_weight", "coverage")}
            for name, part in found["components"].items()
        },
        "as_of_session": str(found["as_of_session"]),
        "data_source": found["provider"],
    }


def iscore_batch(symbols: Sequence[str], *, environment: str, now: datetime) -> list[dict[str, Any]]:
    """Return one row a symbol, in the order given; one that fails does not fail the rest."""
    with simulated_only(environment == Environment.TEST):
        answers = iscores_of([f"NSE:{symbol}" for symbol in symbols], now=now)
    return [_batch_row(symbol, answers[f"NSE:{symbol}"]) for symbol in dict.fromkeys(symbols)]


def _batch_row(symbol: str, found: dict[str, Any] | PlatformError) -> dict[str, Any]:
    if not isinstance(found, PlatformError):
        return {"symbol": symbol, "success": True, "result": _told(found)}
    error = _unknown(symbol) if isinstance(found, NotFound) else found
    code = error.code if error.status != 500 else Code.ENGINE_ERROR
    return {"symbol": symbol, "success": False, "error": error.detail, "code": str(code)}


def factors_only(components: Mapping[str, Any]) -> dict[str, Any]:
    """Return the components with the keys this surface promises."""
    keys = ("score", "weight", "effective_weight", "coverage", "factors")
    return {name: {key: part[key] for key in keys} for name, part in components.items()}
