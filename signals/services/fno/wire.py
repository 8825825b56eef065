"""Scans and signals as the API, the Record, partners and pages see them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from core.clock import isoformat_z
from core.errors import NotFound
from engines.figures import number, plain
from engines.mvla import words
from engines.mvla.analysis import Analysis
from engines.mvla.confidence import grade_of
from engines.mvla.payload import payload
from signals.lifecycle import LIVE
from signals.models import FnoLatest, FnoSignal
from signals.services.fno.calibration import Judge
from signals.services.fno.gathering import Gathered

#: Results in R are kept with the places that the Record tells, so that anybody who sums up its lines finds our figures.
R_PLACES: Final = 3


def analysis_row(found: Analysis, gathered: Gathered, judge: Judge, *, now: datetime) -> dict[str, Any]:
    """Return the ``analysis`` of an answer: what the engine says, of which data, how old, judged by whom."""
    session, chain = gathered.moment.session, gathered.moment.chain
    return payload(found) | {
        "expiry": None if chain is None else chain.expiry.isoformat(),
        "lot_size": None if chain is None else chain.lot or None,
        "years_to_expiry": None if chain is None else number(chain.years, 8),
        "calibration": judge.facts(),
        "market_phase": session.phase,
        "market_time": f"{session.market_time:%H:%M}",
        "trade_date": session.trade_date.isoformat(),
        "data_source": gathered.data_source,
        "sources": gathered.sources,
        "data_age_s": number(_oldest_s(found, gathered), 1),
        "as_of": isoformat_z(gathered.as_of) if gathered.as_of is not None else None,
        "scanned_at": isoformat_z(now),
    }


def _oldest_s(found: Analysis, gathered: Gathered) -> float | None:
    """Return the age in seconds that DATA_STALE judged, the index's minutes included; of what there is without them."""
    judged = next((check.measure for check in found.checks if check.code == "DATA_STALE"), None)
    return judged if judged is not None else max(gathered.moment.ages_s.values(), default=None)


def stored_analysis(row: FnoLatest) -> dict[str, Any]:
    """Return the newest analysis of an index as it is kept, with the fields that an earlier version did not write."""
    missing = row.payload.get("missing_inputs", [])
    added = {
        "years_to_expiry": None,
        "missing_inputs": missing,
        "missing_words": [_missing(name) for name in missing],
    }
    return added | row.payload


def _missing(name: str) -> str:
    """Return what a missing input stands for; its own name where this version has none of that name."""
    try:
        return words.missing(name)
    except KeyError:
        return name.replace("_", " ")


def signal_row(signal: FnoSignal) -> dict[str, Any]:
    """Return a signal: the facts of its trigger, and its life so far."""
    return {
        "id": signal.pk,
        "trade_code": signal.trade_code,
        "index": signal.index,
        "symbol": signal.index,
        "trade_date": signal.trade_date.isoformat(),
        "trade_direction": signal.trade_direction,
        "entry_mode": signal.entry_mode,
        "confidence": signal.confidence,
        "score": signal.confidence,
        "confidence_grade": grade_of(signal.confidence),
        "tier": signal.tier,
        "raw_confidence": number(signal.raw, 1),
        "calibrated": signal.calibrated,
        "atm_strike": plain(float(signal.atm_strike)),
        "spot_price": number(signal.spot, 2),
        "exchange": signal.exchange,
        "tradingsymbol": signal.tradingsymbol,
        "option_type": signal.option_type,
        "expiry": signal.expiry.isoformat(),
        "lot_size": signal.lot_size,
        "lots": signal.lots,
        "entry_price": money(signal.entry_price),
        "sl": money(signal.sl),
        "target": money(signal.target),
        "max_loss_per_lot": money(signal.max_loss_per_lot),
        "expected_r": number(signal.expected_r, 3),
        "stop_distance": number(signal.distance, 2),
        **_life(signal),
        "triggered_at": isoformat_z(signal.triggered_at),
        "timestamp": isoformat_z(signal.triggered_at),
        "deadline": isoformat_z(signal.deadline),
        "closed_at": isoformat_z(signal.closed_at) if signal.closed_at is not None else None,
        "data_source": signal.data_source,
        "engine_version": signal.engine_version,
        "params_hash": signal.params_hash,
    }


def signal_detail(trade_code: str) -> dict[str, Any]:
    """Return a signal with the layers as they stood when it fired, and its label. Raises NotFound."""
    signal = FnoSignal.objects.filter(trade_code=trade_code.upper()).first() if "\x00" not in trade_code else None
    if signal is None:
        raise NotFound("No such signal.")
    features = {name: signal.features.get(name, {}) for name in ("direction", "strength", "filters")}
    return signal_row(signal) | {
        "calibrator": signal.calibrator,
        "label": signal.label,
        "labelled_at": isoformat_z(signal.labelled_at) if signal.labelled_at is not None else None,
        "features": features,
    }


def _life(signal: FnoSignal) -> dict[str, Any]:
    """Return where a signal stands, or how it ended."""
    over = signal.status != LIVE
    price = signal.exit_price if over else signal.last_price
    points = None if price is None else float(price - signal.entry_price)
    risk = float(signal.entry_price - signal.sl)
    return {
        "status": signal.status,
        "outcome": signal.outcome,
        "last_price": money(signal.last_price),
        "last_price_at": isoformat_z(signal.last_bar_at) if signal.last_bar_at is not None else None,
        "exit_price": money(signal.exit_price),
        "pnl_points": number(points, 2),
        "r_multiple": number(signal.r_multiple if over else _ratio(points, risk), R_PLACES),
        "charges_per_lot": money(signal.charges_per_lot),
        "net_per_lot": money(signal.net_per_lot),
        "mfe_points": number(signal.mfe, 2),
        "mae_points": number(signal.mae, 2),
    }


def _ratio(points: float | None, risk: float) -> float | None:
    return points / risk if points is not None and risk > 0 else None


def money(value: Decimal | None) -> float | None:
    """Return rupees as JSON has them."""
    return None if value is None else float(value)
