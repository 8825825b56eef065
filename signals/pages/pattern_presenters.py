"""From patterns and their record to what the templates print. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from engines.metrics.proportions import bounds
from engines.patterns.catalogue import BY_KEY
from market.pages.figures import grouped, percent, signed
from signals.models import PatternSignal

DIRECTION_WORDS: Final = {"bullish": "Up", "bearish": "Down", "neutral": "Either way"}
TRENDS: Final = {1: "a rising trend", -1: "a falling trend", 0: "no trend"}
TIMEFRAMES: Final = {"day": "daily"}
BUSY: Final = 1.5
#: Letters of chart patterns on the chart, where their names would run into each other; arrows tell up from down.
SHORT: Final = {
    "double_bottom": "DB", "double_top": "DT", "inverse_head_and_shoulders": "IHS", "head_and_shoulders": "HS",
    "ascending_triangle": "AT", "descending_triangle": "DTr", "symmetric_triangle_up": "ST",
    "symmetric_triangle_down": "ST", "bull_flag": "FL", "bear_flag": "FL", "high_52_week_breakout": "52H",
    "low_52_week_breakdown": "52L", "squeeze_breakout_up": "Sq", "squeeze_breakout_down": "Sq",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A signal as a line. ``confidence`` is empty for patterns without a direction; ``short``: letters on the chart.

    ``record`` in words: "55 of 96 won; chance is 49%". ``state``: what became of it. ``reasons``: what moved the
    confidence away from the record.
    """

    at: int
    code: str
    url: str
    title: str
    short: str
    kind: str
    direction: str
    word: str
    timeframe: str
    session: date
    confidence: str
    raw: int
    n: int
    record: str
    liquidity: str
    liquidity_raw: float
    state: str
    won: str
    reasons: str
    rule: str


def record_words(n: int, wins: int, chance: float | None) -> str:
    """Return what a kind of signal had come to before the day."""
    if not n:
        return "no record yet"
    said = f"{grouped(wins, 0)} of {grouped(n, 0)} won"
    return said if chance is None else f"{said}; chance is {percent(chance)}"


def scan_row(at: int, signal: PatternSignal, address: Mapping[str, Any]) -> Row:
    """Return a line of a universe's table."""
    named = {name: getattr(signal, name) for name in ("pattern", "direction", "timeframe", "session", "confidence")}
    more = {name: getattr(signal, name) for name in ("n", "wins", "chance", "outcome", "trend", "volume_ratio")}
    return _row(at, {**named, **more}, signal.instrument.key, signal.liquidity, address)


def symbol_row(at: int, signal: Mapping[str, Any], symbol: str) -> Row:
    """Return a line of one symbol's table."""
    return _row(at, signal, symbol, None, {})


def _row(at: int, signal: Mapping[str, Any], symbol: str, liquidity: float | None, address: Mapping[str, Any]) -> Row:
    pattern = BY_KEY[signal["pattern"]]
    pointed = signal["direction"] != "neutral"
    return Row(
        at=at,
        code=symbol.partition(":")[2],
        url=f"?{urlencode({**address, 'symbol': symbol})}#symbol" if address else "",
        title=pattern.title,
        short=SHORT.get(pattern.key, ""),
        kind=pattern.kind,
        direction={"bullish": "up", "bearish": "down"}.get(signal["direction"], "flat"),
        word=DIRECTION_WORDS[signal["direction"]],
        timeframe=TIMEFRAMES.get(signal["timeframe"], signal["timeframe"]),
        session=signal["session"],
        confidence=f"{signal['confidence']}%" if pointed else "",
        raw=signal["confidence"] if pointed else 0,
        n=signal["n"],
        record=record_words(signal["n"], signal["wins"], signal["chance"]) if pointed else "points neither way",
        liquidity="" if liquidity is None else f"{100.0 * liquidity:.0f}",
        liquidity_raw=0.0 if liquidity is None else round(100.0 * liquidity, 1),
        state=_state(signal, pointed),
        won={"won": "up", "lost": "down"}.get(signal["outcome"], ""),
        reasons=_reasons(signal) if pointed else "",
        rule=pattern.rule,
    )


def _state(signal: Mapping[str, Any], pointed: bool) -> str:
    if not pointed:
        return "–"
    return {"won": "Won", "lost": "Did not"}.get(signal["outcome"], "Open")


def _reasons(signal: Mapping[str, Any]) -> str:
    """Return what moved the confidence away from the record, in words."""
    sign = 1 if signal["direction"] == "bullish" else -1
    said = []
    if (signal["volume_ratio"] or 0.0) >= BUSY:
        said.append(f"volume {signal['volume_ratio']:.1f} times the usual (+5)")
    if signal["trend"]:
        agrees = sign == signal["trend"]
        said.append(f"{'with' if agrees else 'against'} {TRENDS[signal['trend']]} ({'+' if agrees else '−'}5)")
    return ", ".join(said)


@dataclass(frozen=True, slots=True)
class KindRow:
    """All that a kind of signal has come to. ``edge``: points over chance, signed. ``verdict`` in words."""

    title: str
    direction: str
    word: str
    rule: str
    n: str
    n_raw: int
    won: str
    share: str
    share_raw: float
    chance: str
    edge: str
    edge_raw: float
    verdict: str


def kind_rows(record: Iterable[Mapping[str, Any]]) -> list[KindRow]:
    """Return the record's table."""
    return [_kind(row) for row in record]


def _kind(row: Mapping[str, Any]) -> KindRow:
    share, chance, n = row["share"], row["chance"], row["n"]
    edge = 100.0 * (share - chance) if share is not None and chance is not None else 0.0
    return KindRow(
        title=row["title"],
        direction="up" if row["direction"] == "bullish" else "down",
        word=DIRECTION_WORDS[row["direction"]],
        rule=BY_KEY[row["pattern"]].rule,
        n=grouped(n, 0),
        n_raw=n,
        won=grouped(row["wins"], 0),
        share=f"{100.0 * share:.1f}%" if share is not None else "–",
        share_raw=round(100.0 * share, 2) if share is not None else -1.0,
        chance=f"{100.0 * chance:.1f}%" if chance is not None else "–",
        edge=signed(edge, 1) if n else "–",
        edge_raw=round(edge, 2),
        verdict=verdict(n, share, chance),
    )


def verdict(n: int, share: float | None, chance: float | None) -> str:
    """Say whether the record differs from chance: whether chance lies within its 95 % bounds."""
    if not n or share is None or chance is None:
        return "Never seen"
    low, high = bounds(share, n)
    if low <= chance <= high:
        return "No different from chance"
    return "More often than chance" if chance < low else "Less often than chance"


def marks(signals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the chart marks, oldest first: patterns with a direction, with the turns they are made of."""
    return [
        {
            "at": at,
            "time": signal["session"].isoformat(),
            "sign": 1 if signal["direction"] == "bullish" else -1,
            "title": BY_KEY[signal["pattern"]].title,
            "short": SHORT.get(signal["pattern"], ""),
            "kind": BY_KEY[signal["pattern"]].kind,
            "turns": [list(point) for point in signal["points"]],
            "close": signal["close"],
        }
        for at, signal in reversed(list(enumerate(signals)))
        if signal["direction"] != "neutral"
    ]
