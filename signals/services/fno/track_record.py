"""How signals came out: hit rates with their uncertainty, results in R, expectancy after charges, by tier.

Forward only: nothing here is from a replay. Shares carry n and Wilson's bounds; without signals they are null.
"""

import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from core.clock import isoformat_z
from engines.calibration.scores import brier
from engines.figures import number
from engines.metrics.proportions import wilson
from engines.mvla.confidence import TIERS
from market.constants import Source
from signals.lifecycle import LIVE
from signals.models import FnoCandidate, FnoSignal
from signals.services.fno.calibration import in_force, judge_for, open_alarms
from signals.services.fno.markets import MARKETS, REAL, of_market, present_market
from signals.services.fno.wire import R_PLACES

LABEL: Final = "Forward only: signals as they fired, none made up afterwards."
_FIELDS: Final = (
    "index", "tier", "confidence", "outcome", "status", "r_multiple", "net_per_lot", "entry_price", "sl", "lot_size",
    "label", "triggered_at", "data_source", "calibrated",
)  # fmt: skip


def track_record(index: str | None, *, now: datetime, market: str | None = None) -> dict[str, Any]:
    """Return the record of an index, or of all four, on one market: ``real``, ``simulated``, None for the present one.

    Real and simulated signals are never counted together: each says nothing about the other.
    """
    market = market or present_market()
    rows = list(signals_of(index, market).only(*_FIELDS).order_by("triggered_at"))
    closed = [row for row in rows if row.status != LIVE]
    return {
        "index": index,
        "market": market,
        "label": LABEL,
        "since": isoformat_z(rows[0].triggered_at) if rows else None,
        "as_of": isoformat_z(now),
        "data_sources": sorted({row.data_source for row in rows}),
        "count": len(rows),
        "live": len(rows) - len(closed),
        "overall": figures(closed),
        "tiers": [{"tier": name, **figures([row for row in closed if row.tier == name])} for _, name in TIERS],
        "calibration": _calibration(index, market, rows, now),
    }


def signals_of(index: str | None, market: str) -> QuerySet[FnoSignal]:
    """Return the signals of an index, or of all four, on a market."""
    rows = of_market(FnoSignal.objects.all(), market)
    return rows.filter(index=index) if index else rows


def markets_there() -> list[str]:
    """Return the markets that there are signals of."""
    return [market for market in MARKETS if of_market(FnoSignal.objects.all(), market).exists()]


def figures(closed: Sequence[FnoSignal]) -> dict[str, Any]:
    """Return the figures of signals that are over; those without a price count by their number only."""
    priced = [row for row in closed if row.r_multiple is not None and row.net_per_lot is not None]
    r = [float(row.r_multiple or 0.0) for row in priced]
    net = [float(row.net_per_lot or 0) for row in priced]
    net_r = [rupees / risk_per_lot(row) for rupees, row in zip(net, priced, strict=True)]
    return {
        "n": len(closed),
        "without_price": len(closed) - len(priced),
        "outcomes": {
            name: sum(row.outcome == name for row in closed) for name in ("TARGET", "SL", "TIME_EXIT", "EXPIRED")
        },
        "hit_rate": share(sum(row.outcome == "TARGET" for row in closed), len(closed)),
        "win_rate": share(sum(one > 0 for one in net), len(net)),
        "r": {
            "mean": number(statistics.fmean(r), R_PLACES) if r else None,
            "median": number(statistics.median(r), R_PLACES) if r else None,
            "total": number(sum(r), R_PLACES) if r else None,
            "best": number(max(r), R_PLACES) if r else None,
            "worst": number(min(r), R_PLACES) if r else None,
        },
        "expectancy_r": number(statistics.fmean(net_r), 3) if net_r else None,
        "expectancy_per_lot": number(statistics.fmean(net), 2) if net else None,
        "net_per_lot_total": number(sum(net), 2) if net else None,
    }


def risk_per_lot(row: FnoSignal) -> float:
    """Return the rupees between entry and stop, one lot."""
    return float(row.entry_price - row.sl) * row.lot_size


def share(wins: int, n: int) -> dict[str, Any]:
    """Return a share with n and its 95 % bounds."""
    found = wilson(wins, n)
    if found is None:
        return {"value": None, "lower": None, "upper": None, "n": 0}
    return {"value": number(found.share, 4), "lower": number(found.lower, 4), "upper": number(found.upper, 4), "n": n}


def _calibration(index: str | None, market: str, rows: Sequence[FnoSignal], now: datetime) -> dict[str, Any]:
    """Return how often the index went the stop's distance for a signal first, against what was said."""
    labelled = [row for row in rows if row.label is not None]
    said = [row.confidence / 100.0 for row in labelled]
    came = [float(row.label or 0) for row in labelled]
    base = statistics.fmean(came) if came else None
    bins = []
    for least, name in TIERS:
        inside = [at for at, row in enumerate(labelled) if row.tier == name]
        mean = statistics.fmean(said[at] for at in inside) if inside else None
        bins.append(
            {
                "tier": name,
                "from": least,
                "said": number(mean, 4),
                **share(int(sum(came[at] for at in inside)), len(inside)),
            }
        )
    return {
        "n": len(labelled),
        "brier": number(brier(said, came), 4) if came else None,
        "brier_of_base_rate": number(base * (1 - base), 4) if base is not None else None,
        "came_true": share(int(sum(came)), len(came)),
        "withheld": _withheld(index, market),
        "bins": bins,
        "calibrator": _judge(index, market, rows, now) if index else None,
        "calibrators": [one for one in in_force(index, now=now) if one["market"] == market],
        "alarms": [one for one in open_alarms(index) if one["market"] == market],
    }


def _withheld(index: str | None, market: str) -> dict[str, Any]:
    """Return how many candidates calibration put too low to fire, and how often those came true."""
    found = of_market(FnoCandidate.objects.all(), market)
    found = found.filter(index=index) if index else found
    known = found.filter(label__isnull=False)
    return {"count": found.count(), "came_true": share(known.filter(label=1).count(), known.count())}


def _judge(index: str, market: str, rows: Sequence[FnoSignal], now: datetime) -> dict[str, Any]:
    """Return who judges a signal of which everything is known, on the prices that the last one was made of."""
    source = rows[-1].data_source if rows else Source.KITE if market == REAL else Source.SIMULATED
    return judge_for(index, now=now, q=1.0, data_source=str(source)).facts()
