"""Names on the wire as people say them: reasons, caps, charges, universes, dates."""

from datetime import date
from typing import Final

from market.pages import figures

#: Indicators that are written in capitals.
SHORT: Final = frozenset({"rsi", "sma", "ema", "atr", "adx", "roc", "macd", "bb", "roe", "rs"})

EXITS: Final = {
    "rank_below": "Fell in the ranking",
    "max_hold": "Held as long as allowed",
    "stop_loss": "Stop",
    "atr_stop": "ATR stop",
    "trailing_stop": "Trailing stop",
    "stop_loss_gap": "Stop, opened beyond it",
    "atr_stop_gap": "ATR stop, opened beyond it",
    "trailing_stop_gap": "Trailing stop, opened beyond it",
    "take_profit": "Target",
    "target_r": "Target in risk",
    "delisted": "Delisted",
}
#: Name on the wire: what stopped the order, and what would let it through.
SKIPS: Final = {
    "skipped_no_cash": (
        "Not enough cash",
        "Cash did not buy one whole share with its charges.",
        "A smaller position size, or fewer positions.",
    ),
    "skipped_max_positions": (
        "All places taken",
        "As many positions as the run allows were open already.",
        "More positions, or a stricter entry.",
    ),
    "skipped_max_per_sector": (
        "Sector full",
        "As many positions of the sector as the run allows were open already.",
        "A higher cap a sector, if you accept positions that move together.",
    ),
    "skipped_unfilled": (
        "No price to buy at",
        "The share had no bar the next session, no volume, or was locked at its upper circuit; the order was spent.",
        "Nothing: nobody could have bought there.",
    ),
}
COSTS: Final = {
    "brokerage": "Brokerage",
    "stt": "Securities transaction tax",
    "exchange": "Exchange charges",
    "sebi": "SEBI fee",
    "stamp": "Stamp duty",
    "gst": "Goods and services tax",
    "dp": "Depository charge on sales",
}
PLANS: Final = {
    "zerodha": "Zerodha",
    "icici": "ICICI Direct, Prime 299",
    "none": "No charges",
}


def exit_reason(name: str) -> str:
    """Return why a trade ended: a fixed reason in words, or the rule's own name without underscores."""
    return EXITS.get(name) or parameter(name) or "Rule"


def cost_kind(name: str) -> str:
    """Return a kind of charge in words."""
    return COSTS.get(name) or name.replace("_", " ").capitalize()


def plan_of(costs: object) -> str:
    """Return a cost plan in words; ``{"flat_pct": x}`` is a flat rate."""
    if isinstance(costs, dict):
        return f"{costs.get('flat_pct', 0):g}% of every order"
    return PLANS.get(str(costs), str(costs))


def universe(name: str, title: str = "") -> str:
    """Return a universe's title, or its name as a title would be written."""
    return title or name.replace("_", " ").upper()


def day(when: date | str) -> str:
    """Return a date as ``3 May 2026``; the text itself if it is none."""
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when)
        except ValueError:
            return when
    return f"{when.day} {when:%b %Y}"


def parameter(name: str) -> str:
    """Return a parameter's name as a label; abbreviations of indicators stay in capitals."""
    parts = [part.upper() if part.rstrip("0123456789") in SHORT else part for part in name.split("_") if part]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def plain(value: object) -> str:
    """Return a number without a needless decimal part, as a field takes it; other values as text."""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else f"{value:.10g}"
    return str(value)


def number(value: float) -> str:
    """Return a number as a person reads it: lakh groups, no needless decimals."""
    digits = len(plain(float(value)).partition(".")[2])
    return figures.grouped(value, min(digits, 6))
