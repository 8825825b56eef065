"""Outcomes that a test key forces: made of the simulated market's own answer, so that every field is as it would be.

Nothing here is random: equal seed and clock give equal answers.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.clock import IST, isoformat_z
from engines.mvla.filters import Check
from engines.mvla.parameters import parameters_on
from engines.mvla.votes import LONG, SHORT
from engines.mvla.words import veto
from partners.services.engines import STALE, TRADE_KEYS
from partners.services.made_trades import made_trades

DIRECTIONS: Final = {"bullish": ("BULLISH", LONG), "bearish": ("BEARISH", SHORT)}
_CONFIDENCE: Final = 80
#: Seconds that data of the scenario ``stale`` is old at least.
OLD_S: Final = 120.0


def forced_fno(analysis: Mapping[str, Any], scenario: str | None, *, index: str, now: datetime) -> dict[str, Any]:
    """Return the analysis as the scenario wants it; unchanged without one. May raise DataUnavailable."""
    if scenario in DIRECTIONS:
        return _directed(dict(analysis), *DIRECTIONS[scenario], index=index, now=now)
    if scenario == "neutral":
        quiet = {"trade_direction": "NEUTRAL", "confidence": 20, "confidence_grade": "None", "tier": None}
        return {**analysis, **quiet, "entry_mode": "NONE", "trades": [], "actionable": False}
    if scenario == "stale":
        return _stale(analysis, now=now)
    return dict(analysis)


def _stale(analysis: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return an analysis whose newest data is at least two minutes old."""
    age_s = max(analysis["data_age_s"] or 0.0, OLD_S)
    told = dict(zip(analysis["vetoes"], analysis["veto_words"], strict=True))
    told[STALE] = veto(Check(STALE, False, age_s, parameters_on(now.astimezone(IST).date()).stale_s, "s"))
    vetoes = [STALE, *(code for code in told if code != STALE)]
    return {
        **analysis,
        "actionable": False,
        "vetoes": vetoes,
        "veto_words": [told[code] for code in vetoes],
        "data_age_s": age_s,
        "as_of": isoformat_z(now - timedelta(seconds=age_s)),
    }


def _directed(analysis: dict[str, Any], direction: str, way: int, *, index: str, now: datetime) -> dict[str, Any]:
    sure = {"confidence": _CONFIDENCE, "confidence_grade": "Strong", "tier": "HIGH", "actionable": True}
    made: dict[str, Any] = {}
    if analysis["trade_direction"] != direction or not analysis["trades"]:
        made = made_trades(index, way=way, spot=analysis["spot_price"], now=now)
        made["trades"] = [{name: trade[name] for name in TRADE_KEYS} for trade in made["trades"]]
    return {
        **analysis,
        **sure,
        **made,
        "trade_direction": direction,
        "entry_mode": "BREAKOUT" if analysis["entry_mode"] == "NONE" else analysis["entry_mode"],
        "vetoes": [],
        "veto_words": [],
    }


def forced_iscore(result: Mapping[str, Any], scenario: str | None) -> dict[str, Any]:
    """Return the I-Score as the scenario wants it: every component at one value, so that the mean stays right."""
    values = {"bullish": (82.0, "STRONG_BUY"), "bearish": (30.0, "SELL"), "neutral": (55.0, "HOLD")}
    if scenario not in values:
        return dict(result)
    score, tier = values[scenario]
    components = {name: {**part, "score": score} for name, part in result["components"].items()}
    return {
        **result,
        "iscore": score,
        "confidence": 0.9,
        "recommendation": tier,
        "code": None,
        "components": components,
        "summary": f"Made by the test scenario {scenario}.",
    }
