"""The analysis of this minute: the scan's where it is fresh, else made now (and never fired from here)."""

import threading
from datetime import datetime, timedelta
from typing import Any, Final

from core.clock import IST, isoformat_z
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.figures import number, plain
from engines.mvla.chains import money, volatilities
from engines.mvla.inputs import Chain
from engines.mvla.parameters import parameters_on
from engines.options import black76
from market.adapters.base import OptionChain, OptionQuote
from market.constants import Source
from market.services import sandbox
from market.services.exchanges import clock_for
from signals.lifecycle import LIVE
from signals.models import FnoLatest, FnoSignal
from signals.services.fno.calibration import judged
from signals.services.fno.gathering import Gathered, gather
from signals.services.fno.indices import INDICES
from signals.services.fno.wire import analysis_row, signal_row, stored_analysis

#: A scan comes every 60 seconds; one that is late by a little is still this minute's.
FRESH: Final = timedelta(seconds=75)
#: Answers made here serve everybody for so long.
KEPT: Final = timedelta(seconds=5)

_made: dict[tuple[str, bool], tuple[datetime, dict[str, Any]]] = {}
_locks = {index: threading.Lock() for index in INDICES}


def live(index: str, *, now: datetime) -> dict[str, Any]:
    """Return ``{index, analysis, signal}``; the analysis' ``data_age_s`` is the age of its oldest input now."""
    scanned = _scanned(index, now)
    analysis = scanned if scanned is not None else _now(index, now)
    return {"index": index, "analysis": analysis, "signal": live_signal(index)}


def _scanned(index: str, now: datetime) -> dict[str, Any] | None:
    """Return what this minute's scan found; None without one, or where data that it took for fresh no longer are."""
    row = FnoLatest.objects.filter(index=index, scanned_at__gt=now - FRESH, scanned_at__lte=now).first()
    if row is None or (sandbox.active() and row.payload["data_source"] != Source.SIMULATED):
        return None  # or the scan looked at the real market
    kept = stored_analysis(row)
    found, before_s = _aged(kept, now - row.scanned_at), kept["data_age_s"]
    limit_s = parameters_on(row.scanned_at.astimezone(IST).date()).stale_s
    return None if before_s is not None and before_s <= limit_s < found["data_age_s"] else found


def _aged(analysis: dict[str, Any], passed: timedelta) -> dict[str, Any]:
    """Return an analysis with the age that its data have by now."""
    age_s = analysis["data_age_s"]
    return analysis if age_s is None else analysis | {"data_age_s": number(age_s + passed.total_seconds(), 1)}


def live_signal(index: str) -> dict[str, Any] | None:
    """Return the signal of an index that is not over, if there is one."""
    rows = FnoSignal.objects.filter(index=index, status=LIVE)
    signal = (rows.filter(data_source=Source.SIMULATED) if sandbox.active() else rows).first()
    return None if signal is None else signal_row(signal)


def _now(index: str, now: datetime) -> dict[str, Any]:
    with _locks[index]:
        key = (index, sandbox.active())
        made = _made.get(key)
        if made is not None and made[0] <= now < made[0] + KEPT:
            return _aged(made[1], now - made[0])
        gathered = gather(index, now=now)
        found, judge = judged(gathered, now=now)
        body = analysis_row(found, gathered, judge, now=now)
        _made[key] = (now, body)
        return body


def forget() -> None:
    """Forget the answers made here. For tests."""
    _made.clear()


def chain_view(index: str, *, now: datetime) -> dict[str, Any]:
    """Return the option chain around the money of the expiry that signals use, with our own volatilities and Greeks.

    ``chosen``: strikes of the three trades of the present analysis. Where the source has no chain, ``rows`` is empty
    and ``faults`` says why.
    """
    gathered = gather(index, now=now)
    chain, raw = gathered.moment.chain, gathered.raw_chain
    found = money(index, chain, gathered.moment.spot)
    analysis = live(index, now=now)["analysis"]
    phase = clock_for(INDEX_DERIVATIVE_EXCHANGE[index]).phase(now).value if gathered.clock is not None else "CLOSED"
    return {
        "index": index,
        "expiry": chain.expiry.isoformat() if chain is not None else None,
        "days_to_expiry": None if chain is None else number(365.0 * chain.years, 2),
        "spot_price": number(gathered.moment.spot, 2),
        "forward": number(found.forward, 2),
        "forward_source": found.forward_source or None,
        "atm_strike": plain(found.atm),
        "strike_step": plain(found.step),
        "lot_size": None if chain is None else chain.lot,
        "put_call_ratio": _ratio(raw),
        "rows": [] if chain is None or raw is None else _rows(chain, raw, found.forward, gathered),
        "chosen": [
            {"type": t["type"], "strike": t["strike"], "option_type": t["option_type"]} for t in analysis["trades"]
        ],
        "market_phase": phase,
        "data_source": gathered.sources.get("chain", gathered.data_source),
        "as_of": isoformat_z(raw.as_of) if raw is not None else None,
        "faults": list(gathered.moment.faults),
    }


def _ratio(raw: OptionChain | None) -> float | None:
    """Return the puts' open interest over the calls', of the whole expiry."""
    if raw is None:
        return None
    calls = sum(row.ce.oi for row in raw.rows if row.ce is not None)
    puts = sum(row.pe.oi for row in raw.rows if row.pe is not None)
    return number(puts / calls, 3) if calls else None


def _rows(chain: Chain, raw: OptionChain, forward: float | None, gathered: Gathered) -> list[dict[str, Any]]:
    quotes = {row.strike: row for row in raw.rows}
    places = list(range(len(chain.strikes)))
    sides = {}
    for name, is_call in (("ce", True), ("pe", False)):
        known = (
            [None] * len(places) if forward is None or not chain.years > 0
            else volatilities(chain, forward, places, is_call, gathered.moment.previous_iv)
        )  # fmt: skip
        sides[name] = [
            _quote(getattr(quotes[strike], name), chain, strike, forward, is_call, one)
            for strike, one in zip(chain.strikes.tolist(), known, strict=True)
        ]
    return [
        {"strike": plain(strike), "ce": sides["ce"][at], "pe": sides["pe"][at]}
        for at, strike in enumerate(chain.strikes.tolist())
    ]


def _quote(
    quote: OptionQuote | None, chain: Chain, strike: float, forward: float | None, is_call: bool, solved: Any
) -> dict[str, Any] | None:
    if quote is None:
        return None
    greeks = (
        None if solved is None or forward is None
        else black76.greeks(forward, strike, chain.years, solved.value, is_call, chain.rate)
    )  # fmt: skip
    change = None if quote.oi_day_open is None else quote.oi - quote.oi_day_open
    return {
        "tradingsymbol": quote.tradingsymbol,
        "ltp": number(quote.last_price, 2),
        "bid": number(quote.bid, 2),
        "ask": number(quote.ask, 2),
        "iv": None if solved is None else number(solved.value, 4),
        "iv_source": None if solved is None else solved.source,
        "delta": None if greeks is None else number(float(greeks.delta), 4),
        "gamma": None if greeks is None else number(float(greeks.gamma), 6),
        "theta": None if greeks is None else number(float(greeks.theta), 2),
        "vega": None if greeks is None else number(float(greeks.vega), 2),
        "oi": quote.oi,
        "oi_change": change,
        "volume": quote.volume,
    }
