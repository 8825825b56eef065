"""What the I-Score pages say: tiers, confidence, and each input's number in its unit. Pure: no database, no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from engines.iscore.tables import (
    BUY,
    HOLD,
    INSUFFICIENT_DATA,
    LEAST_CONFIDENCE,
    SELL,
    STRONG_BUY,
    STRONG_BUY_CONFIDENCE,
    TIERS,
)
from market.pages.figures import CRORE, UNKNOWN, grouped, signed

TIER_WORDS: Final = {STRONG_BUY: "Strong buy", BUY: "Buy", HOLD: "Hold", SELL: "Sell"}
NO_SCORE: Final = "No score"
TOO_LITTLE: Final = "Too little is known"
#: Borders of the tiers, for charts: (title, lower border), from the bottom up.
BANDS: Final = tuple((TIER_WORDS[tier], least) for tier, least in reversed(TIERS))


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier in words. ``look`` is the class of its colour; ``code``: what stands in the way, in words, or empty."""

    word: str
    look: str
    code: str


def tier(recommendation: str | None, code: str | None) -> Tier:
    """Return the words of a result's tier; where too little is known it says so beside it."""
    said = TOO_LITTLE if code == INSUFFICIENT_DATA else ""
    if recommendation is None:
        return Tier(NO_SCORE, "unknown", said)
    look = {STRONG_BUY: "high", BUY: "high", HOLD: "middle", SELL: "low"}[recommendation]
    return Tier(TIER_WORDS[recommendation], "unknown" if said else look, said)


def confidence_word(confidence: float | None) -> str:
    """Return what a confidence means, by the borders that tiers themselves use."""
    if confidence is None:
        return "nothing is known"
    if confidence < LEAST_CONFIDENCE:
        return "too little known"
    return "well known" if confidence >= STRONG_BUY_CONFIDENCE else "partly known"


def score_text(score: float | None) -> str:
    """Return a score with one decimal, a dash where there is none."""
    return UNKNOWN if score is None else grouped(score, 1)


def _share(decimals: int = 1) -> Callable[[float], str]:
    return lambda value: f"{grouped(100.0 * value, decimals)}%"


def _plain(decimals: int, unit: str = "") -> Callable[[float], str]:
    return lambda value: f"{grouped(value, decimals)}{unit}"


def _signed(decimals: int, unit: str = "", factor: float = 1.0) -> Callable[[float], str]:
    return lambda value: f"{signed(factor * value, decimals)}{unit}"


#: How the number of each input is printed.
UNITS: Final[dict[str, Callable[[float], str]]] = {
    "news": _signed(2, " tone"), "governance": _plain(0, " of 100"), "events": _signed(0, " points"),
    "earnings_yield": _share(), "book_yield": _plain(2), "cfo_ev": _share(), "roce": _share(),
    "debt_equity": _plain(2), "cfo_pat": _plain(2), "piotroski": _plain(0, " of 9"), "sales_cagr_3y": _share(),
    "eps_cagr_3y": _share(), "sales_yoy": _share(), "profit_yoy": _share(), "eps_variability": _plain(2),
    "interest_cover": _plain(1, " times"), "dilution": _share(), "roa": _share(), "gnpa": _share(), "nnpa": _share(),
    "car": _share(), "credit_growth": _share(), "mom_12_1": _signed(2), "mom_6_1": _signed(2),
    "ema_stack": _plain(0, " of 4"), "rsi": _plain(0), "near_high": _share(0), "adx": _signed(0, "%", 100.0),
    "volatility": _share(0), "drawdown": _share(0), "beta": _plain(2),
    "liquidity": lambda value: f"₹{grouped(value / CRORE, 1)} Cr a day", "tail_loss": _share(),
    "attention": _signed(1, " deviations"), "index_trend": _plain(0, " of 2"), "vix": _plain(1),
    "breadth": _plain(0, "%"), "sector_strength": _signed(1, "%", 100.0),
}  # fmt: skip


def value_text(name: str, value: float | None) -> str:
    """Return an input's measured number in its unit."""
    return UNKNOWN if value is None else UNITS[name](value)


#: What each component asks, and where its inputs come from.
ASKS: Final = {
    "qualitative": "Is the story sound? Tone of the news, governance, announcements.",
    "quantitative": "Is it a sound company at a fair price? Value, quality, growth, stability, against its sector.",
    "trend": "Where does the price go? Momentum for its risk, averages, RSI, the 52-week high, ADX.",
    "risk": "How rough is the ride? High means safe: volatility, falls, beta, liquidity, worst days.",
    "search": "Who is looking? Attention against the stock's own year; spikes tend to turn back.",
    "market_context": "What does the market do? NIFTY, India VIX, breadth, the sector.",
}


def change_words(points: float | None) -> dict[str, Any]:
    """Return a change of points as text with arrow and sign, its raw value and its direction."""
    if points is None:
        return {"text": UNKNOWN, "raw": "", "direction": "flat"}
    arrow, way = ("↑ ", "up") if points > 0 else ("↓ ", "down") if points < 0 else ("", "flat")
    return {"text": f"{arrow}{signed(points, 1)}", "raw": repr(points), "direction": way}
