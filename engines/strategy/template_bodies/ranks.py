"""Holding the best ranked, looked at again at the end of every month or quarter."""

from typing import Any, Final

from engines.strategy.template_bodies.words import CLOSE, both, calc, either, ind, leave, lit, par, rank, score, when

_RISK_ADJUSTED = calc("div", ind("mom_12_1"), ind("vol_1y"))
_QUALITY = rank(ind("roe"))
_SECTOR_STRENGTH = rank(ind("mom_6_1", of="sector"), "sectors")
_FINANCIALS: Final = ["Financial Services", "Financials", "Banks", "Banking"]

TEMPLATES: Final[tuple[dict[str, Any], ...]] = (
    {
        "key": "momentum_12_1",
        "name": "12-1 month momentum",
        "description": (
            "Each month holds the 20 with the best return of the twelve months before the last one, per unit of "
            "volatility, above the 200-day average; sells below rank 40."
        ),
        "literature": "Jegadeesh & Titman (1993); Daniel & Moskowitz (2016) on its crashes; NSE momentum indices.",
        "rules": {
            "rebalance": "monthly",
            "params": {"trend": 200, "top": 20, "exit_below": 40},
            "entry_rules": when(CLOSE, ">", ind("sma", params={"n": par("trend")})),
            "select": {"by": _RISK_ADJUSTED, "direction": "desc", "top": par("top"), "exit_below": par("exit_below")},
            "config": {"max_positions": 20},
            "sizing": {"mode": "pct_equity", "pct": 5},
        },
        "spread": ("trend", "exit_below"),
    },
    {
        "key": "low_volatility",
        "name": "Low volatility",
        "description": (
            "Each quarter holds the 30 calmest of the universe by the volatility of a year, the calmer the larger; "
            "sells below rank 50."
        ),
        "literature": "Blitz & van Vliet (2007), The Volatility Effect; Baker, Bradley & Wurgler (2011).",
        "rules": {
            "rebalance": "quarterly",
            "params": {"top": 30, "exit_below": 50},
            "entry_rules": when(ind("vol_1y"), ">", lit(0)),
            "select": {"by": ind("vol_1y"), "direction": "asc", "top": par("top"), "exit_below": par("exit_below")},
            "config": {"max_positions": 30},
            "sizing": {"mode": "inverse_vol", "pct": 4, "vol_bars": 252},
        },
        "spread": ("exit_below",),
    },
    {
        "key": "quality_momentum",
        "name": "Quality and momentum",
        "description": (
            "Each month holds the 20 with the best mean of two percentiles, return on equity and 12-1 month momentum, "
            "with debt below equity outside finance; sells below rank 40. Needs company figures."
        ),
        "literature": "Asness, Frazzini & Pedersen (2019), Quality Minus Junk; Asness, Moskowitz & Pedersen (2013).",
        "rules": {
            "rebalance": "monthly",
            "params": {"debt_max": 1, "top": 20, "exit_below": 40},
            "entry_rules": both(
                when(ind("roe"), ">", lit(0)),
                either(
                    {"type": "sector_in", "sectors": _FINANCIALS},
                    when(ind("debt_equity"), "<", par("debt_max")),
                ),
            ),
            "select": {
                "by": calc("mul", lit(0.5), calc("add", _QUALITY, rank(ind("mom_12_1")))),
                "direction": "desc",
                "top": par("top"),
                "exit_below": par("exit_below"),
            },
            "config": {"max_positions": 20},
            "sizing": {"mode": "pct_equity", "pct": 5},
        },
        "spread": ("debt_max", "exit_below"),
    },
    {
        "key": "sector_rotation",
        "name": "Sector rotation",
        "description": (
            "Each month buys the strongest shares of the strongest sectors: sectors in the top quarter by 6-1 month "
            "momentum and above their 200-day average, shares in the top quarter of their sector. Sells when the "
            "sector leaves the better half."
        ),
        "literature": "Moskowitz & Grinblatt (1999), Do Industries Explain Momentum?",
        "rules": {
            "rebalance": "monthly",
            "params": {"sector_min": 75, "share_min": 75, "sector_exit": 55},
            "entry_rules": both(
                when(_SECTOR_STRENGTH, ">=", par("sector_min")),
                when(ind("close", of="sector"), ">", ind("sma200", of="sector")),
                when(rank(ind("mom_6_1"), "sector"), ">=", par("share_min")),
            ),
            "exit_rules": [leave("sector_weak", 0, when(_SECTOR_STRENGTH, "<", par("sector_exit")))],
            "conviction_scoring": [score("6-1 month momentum", ind("mom_6_1"), -30, 90)],
            "config": {"min_hold": 20, "max_positions": 9, "max_per_sector": 3},
            "sizing": {"mode": "pct_equity", "pct": 11},
        },
        "spread": ("sector_min", "share_min"),
    },
)
