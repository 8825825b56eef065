"""What each input is called, and its number with the threshold that matters, in words."""

from collections.abc import Callable
from typing import Final

from engines.iscore.tables import (
    MARKET_CONTEXT,
    QUALITATIVE,
    QUANTITATIVE,
    RISK,
    SEARCH,
    TREND,
)

#: Titles of inputs, for lists of what is missing and what changed.
TITLES: Final[dict[str, str]] = {
    "news": "News of the last 30 days", "governance": "Promoters, auditors, surveillance", "events": "Announcements",
    "earnings_yield": "Earnings yield", "book_yield": "Book value to price", "cfo_ev": "Operating cash flow to EV",
    "roce": "Return on capital, 3 years", "debt_equity": "Debt to equity", "cfo_pat": "Operating cash flow to profit",
    "piotroski": "Piotroski F-score", "sales_cagr_3y": "Sales growth, 3 years", "eps_cagr_3y": "EPS growth, 3 years",
    "sales_yoy": "Sales of the last quarter, yearly", "profit_yoy": "Profit of the last quarter, yearly",
    "eps_variability": "Variability of EPS, 5 years", "interest_cover": "Interest cover",
    "dilution": "Growth of the number of shares", "roa": "Return on assets", "gnpa": "Gross bad loans",
    "nnpa": "Net bad loans", "car": "Capital adequacy", "credit_growth": "Credit growth",
    "mom_12_1": "Momentum of 12 months for its risk", "mom_6_1": "Momentum of 6 months for its risk",
    "ema_stack": "Order of the averages", "rsi": "Wilder RSI(14)", "near_high": "Nearness to the 52-week high",
    "adx": "Directed trend strength (ADX)", "volatility": "Volatility of a year",
    "drawdown": "Fall from the 52-week high", "beta": "Beta to the NIFTY 50",
    "liquidity": "Traded value and its price impact", "tail_loss": "Mean of the worst 5 % of days",
    "attention": "Attention", "index_trend": "Trend of the NIFTY 50", "vix": "India VIX",
    "breadth": "Stocks above their 50-day average", "sector_strength": "Strength of the sector",
}  # fmt: skip

_COMPONENT_TITLES: Final[dict[str, str]] = {
    QUALITATIVE: "News and governance", QUANTITATIVE: "Company figures", TREND: "Trend", RISK: "Risk",
    SEARCH: "Attention", MARKET_CONTEXT: "Market context",
}  # fmt: skip

#: For the summary: what a component of at least 65, and one of at most 40, is called.
_HIGH: Final[dict[str, str]] = {
    QUALITATIVE: "good news and governance", QUANTITATIVE: "strong company figures", TREND: "rising trend",
    RISK: "low risk", SEARCH: "mildly growing attention", MARKET_CONTEXT: "helpful market",
}  # fmt: skip
_LOW: Final[dict[str, str]] = {
    QUALITATIVE: "poor news or governance", QUANTITATIVE: "weak company figures", TREND: "falling trend",
    RISK: "high risk", SEARCH: "attention that tends to turn back", MARKET_CONTEXT: "difficult market",
}  # fmt: skip


def component_title(name: str) -> str:
    """Return what a component is called."""
    return _COMPONENT_TITLES[name]


def component_words(name: str, score: float) -> str:
    """Return a component's words for the summary, empty for a middling one."""
    return _HIGH[name] if score >= 65.0 else _LOW[name] if score <= 40.0 else ""


def _rsi(value: float, score: float) -> str:
    names = (
        (30.0, "oversold, below 30"), (45.0, "weak band 30-45"), (55.0, "neutral band 45-55"),
        (68.0, "bullish band 55-68"), (75.0, "strong but stretched, 68-75"),
    )  # fmt: skip
    return f"Wilder RSI(14) = {value:.0f}: " + next(
        (text for top, text in names if value < top), "overbought, above 75"
    )


def _rank(name: str, unit: str = "", factor: float = 1.0, digits: int = 1) -> Callable[[float, float], str]:
    def words(value: float, score: float) -> str:
        number = f"{value * factor:,.{digits}f}{unit}"
        side = "better" if score >= 50.0 else "worse"
        return f"{TITLES[name]} {number}: {side} than {_share(score)} % of the companies compared (middle 50 %)"

    return words


def _share(score: float) -> int:
    """Return how many in a hundred are outdone, or outdo; nobody outdoes himself, so never all."""
    return min(99, round(max(score, 100.0 - score)))


def _percent(name: str) -> Callable[[float, float], str]:
    return _rank(name, " %", 100.0)


def _drawdown(value: float, score: float) -> str:
    side = "inside" if value <= 0.20 else "beyond"
    return f"Fall of {100 * value:.0f} % from the 52-week high: {side} the 20 % where the penalty steepens"


def _near_high(value: float, score: float) -> str:
    side = "above" if value >= 0.85 else "below"
    return f"Price at {100 * value:.0f} % of the 52-week high: {side} the 85 % line"


def _stack(value: float, score: float) -> str:
    return f"{value:.0f} of 4 averages in rising order (price > EMA20 > EMA50 > EMA200, EMA50 rising)"


def _adx(value: float, score: float) -> str:
    if value == 0.0:
        return "No trend: ADX(14) is at or below 15"
    way = "upward" if value > 0.0 else "downward"
    return f"Trend {way} with {100 * abs(value):.0f} % of full strength (ADX(14) from 15 to 40)"


def _volatility(value: float, score: float) -> str:
    side = "below" if value < 0.35 else "above"
    return f"Volatility {100 * value:.0f} % a year: {side} the middle of 35 %"


def _beta(value: float, score: float) -> str:
    side = "calmer than" if value < 0.95 else "wilder than" if value > 1.05 else "about like"
    return f"Beta {value:.2f} to the NIFTY 50: {side} the market (1.00)"


def _liquidity(value: float, score: float) -> str:
    side = "easier" if score >= 50.0 else "harder"
    return f"₹{value / 1e7:,.1f} crore traded on a median day: {side} to trade than {_share(score)} % (middle 50 %)"


def _attention(value: float, score: float) -> str:
    if value > 2.0:
        return f"Attention {value:+.1f} deviations from its year: a spike beyond 2, which tends to turn back"
    if score < 50.0 < value * 100.0:
        return f"Attention {value:+.1f} deviations while the price fell over the week: counts against it"
    return f"Attention {value:+.1f} deviations from its year (0 is usual, up to 2 helps)"


def _news(value: float, score: float) -> str:
    side = "good" if value > 0.1 else "bad" if value < -0.1 else "neutral"
    return f"Tone of the news {value:+.2f} on a scale from -1 to +1: {side} (neutral within ±0.10)"


def _governance(value: float, score: float) -> str:
    return f"Governance {value:.0f} of 100 (80 without anything remarkable)"


def _events(value: float, score: float) -> str:
    return f"Announcements of 30 days weigh {value:+.0f} points (0 is neutral)"


def _index_trend(value: float, score: float) -> str:
    return f"NIFTY 50 meets {value:.0f} of 2: above its 200-day average, 50-day average rising"


def _vix(value: float, score: float) -> str:
    return f"India VIX {value:.1f}: lower than on {score:.0f} % of the days of a year (middle 50 %)"


def _breadth(value: float, score: float) -> str:
    return f"{value:.0f} % of the universe above the 50-day average (half is neutral)"


def _sector(value: float, score: float) -> str:
    return f"Sector {100 * value:+.1f} % in three months: ahead of {score:.0f} % of the sectors (middle 50 %)"


_WORDS: Final[dict[str, Callable[[float, float], str]]] = {
    "news": _news, "governance": _governance, "events": _events,
    "earnings_yield": _percent("earnings_yield"), "book_yield": _rank("book_yield", digits=2),
    "cfo_ev": _percent("cfo_ev"), "roce": _percent("roce"), "debt_equity": _rank("debt_equity", digits=2),
    "cfo_pat": _rank("cfo_pat", digits=2),
    "piotroski": lambda value, score: f"Piotroski F-score {value:.0f} of 9 (5 is middling)",
    "sales_cagr_3y": _percent("sales_cagr_3y"), "eps_cagr_3y": _percent("eps_cagr_3y"),
    "sales_yoy": _percent("sales_yoy"), "profit_yoy": _percent("profit_yoy"),
    "eps_variability": _rank("eps_variability", digits=2), "interest_cover": _rank("interest_cover"),
    "dilution": _percent("dilution"), "roa": _percent("roa"), "gnpa": _percent("gnpa"), "nnpa": _percent("nnpa"),
    "car": _percent("car"), "credit_growth": _percent("credit_growth"),
    "mom_12_1": _rank("mom_12_1", digits=2), "mom_6_1": _rank("mom_6_1", digits=2), "ema_stack": _stack, "rsi": _rsi,
    "near_high": _near_high, "adx": _adx, "volatility": _volatility, "drawdown": _drawdown, "beta": _beta,
    "liquidity": _liquidity, "tail_loss": _percent("tail_loss"), "attention": _attention,
    "index_trend": _index_trend, "vix": _vix, "breadth": _breadth, "sector_strength": _sector,
}  # fmt: skip


def factor_words(name: str, value: float, score: float, note: str = "") -> str:
    """Return one sub-score in words: its number and the threshold. ``note``: which peers or source, if it matters."""
    text = _WORDS[name](value, score)
    return f"{text}; {note}" if note else text
