"""Outcomes that a test key forces: made of the simulated market's own answer, so that every field is as it would be.

Nothing here is random: equal seed and clock give equal answers.
"""

from collections.abc import Mapping
from typing import Any, Final

from partners.services.engines import STALE

DIRECTIONS: Final = {"bullish": "BULLISH", "bearish": "BEARISH"}
_CONFIDENCE: Final = 80
_OPTION: Final = {"BULLISH": "CE", "BEARISH": "PE"}
#: Share of the premium at risk, and the reward in multiples of it, of made-up trades.
_STOP: Final = 0.125
_REWARD: Final = 5 / 3


def forced_fno(analysis: Mapping[str, Any], scenario: str | None) -> dict[str, Any]:
    """Return the analysis as the scenario wants it; unchanged without one."""
    if scenario in DIRECTIONS:
        return _directed(dict(analysis), DIRECTIONS[scenario])
    if scenario == "neutral":
        quiet = {"trade_direction": "NEUTRAL", "confidence": 20, "confidence_grade": "None", "tier": None}
        return {**analysis, **quiet, "entry_mode": "NONE", "trades": [], "actionable": False}
    if scenario == "stale":
        vetoes = list(dict.fromkeys([STALE, *analysis["vetoes"]]))
        return {
            **analysis,
            "actionable": False,
            "vetoes": vetoes,
            "data_age_s": max(analysis["data_age_s"] or 0, 120.0),
        }
    return dict(analysis)


def _directed(analysis: dict[str, Any], direction: str) -> dict[str, Any]:
    sure = {"confidence": _CONFIDENCE, "confidence_grade": "Strong", "tier": "HIGH", "actionable": True}
    kept = analysis["trades"] if analysis["trade_direction"] == direction else []
    return {
        **analysis,
        **sure,
        "trade_direction": direction,
        "entry_mode": "BREAKOUT" if analysis["entry_mode"] == "NONE" else analysis["entry_mode"],
        "vetoes": [],
        "veto_words": [],
        "trades": kept or _trades(analysis, direction),
    }


def _trades(analysis: Mapping[str, Any], direction: str) -> list[dict[str, Any]]:
    """Return three trades at strikes around the money with plain levels; no chain is asked."""
    sign, step = (1 if direction == "BULLISH" else -1), analysis.get("strike_step") or 50
    spot, atm = analysis["spot_price"] or 0.0, analysis["atm_strike"] or 0.0
    rows = []
    for rank, (kind, steps, risk, delta) in enumerate(
        (("ATM", 0, "MEDIUM", 0.5), ("OTM", 1, "HIGH", 0.4), ("ITM", -2, "LOW", 0.65)), start=1
    ):
        strike = atm + sign * steps * step
        premium = max(5.0, round(0.005 * spot + max(0.0, sign * (spot - strike)), 1))
        risk_points = round(premium * _STOP, 1)
        rows.append(
            {
                "type": kind, "strike": strike, "option_type": _OPTION[direction], "tradingsymbol": None,
                "expiry": analysis["expiry"], "ltp": premium, "iv": 0.13, "delta": sign * delta,
                "entry_price": premium, "sl": round(premium - risk_points, 1),
                "target": round(premium + _REWARD * risk_points, 1), "lot_size": analysis["lot_size"],
                "max_loss_per_lot": round(risk_points * (analysis["lot_size"] or 0), 2), "rank": rank, "risk": risk,
                "expected_r": None, "avoid": False,
            }
        )  # fmt: skip
    return rows


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
