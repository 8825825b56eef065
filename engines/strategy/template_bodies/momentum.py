"""Following what rises, and the random yardstick."""

from typing import Any, Final

from engines.strategy.template_bodies.words import (
    CLOSE,
    INDEX_UP,
    both,
    calc,
    ind,
    leave,
    lit,
    par,
    pos,
    score,
    when,
)

_OVER_INDEX = calc("sub", ind("roc63"), ind("roc63", of="index"))
_MOMENTUM_OVER_INDEX = calc("sub", ind("mom_6_1"), ind("mom_6_1", of="index"))

BREAKOUT: Final[dict[str, Any]] = {
    "regime": INDEX_UP,
    "params": {"high_bars": 252, "rel_volume_min": 1.5, "trail": 3},
    "entry_rules": both(
        when(CLOSE, ">", ind("highest", params={"n": par("high_bars")}, lag=1)),
        when(ind("rel_volume20"), ">=", par("rel_volume_min")),
    ),
    "conviction_scoring": [score("nearness to the high", ind("drawdown252"), 10, 0)],
    "config": {"trail_atr_mult": par("trail"), "max_hold": 120},
    "sizing": {"mode": "risk", "risk_pct": 0.5},
}
_BREAKOUT_TEXT: Final = (
    "Buys a close above the highest high of a year on at least one and a half times the usual volume, while the index "
    "stands above its 200-day average. Risks half a percent of equity, trails three ATRs below the high."
)
_BREAKOUT_SOURCES: Final = "George & Hwang (2004), The 52-Week High and Momentum Investing; Donchian's channel rule."

TEMPLATES: Final[tuple[dict[str, Any], ...]] = (
    {
        "key": "v0_dart_monkey",
        "name": "Dart monkey",
        "description": "Buys at random, one day in twenty, and sells by simple rules: the yardstick for every other.",
        "literature": "Malkiel (1973), A Random Walk Down Wall Street: the blindfolded monkey.",
        "rules": {
            "params": {"chance": 0.05},
            "entry_rules": when({"type": "random"}, "<", par("chance")),
            "exit_rules": [
                leave("rsi_high", 0, when(ind("rsi14"), ">", lit(70))),
                leave(
                    "below_sma20",
                    1,
                    both(when(CLOSE, "<", ind("sma20")), when(pos("total_bars_held"), ">=", lit(3))),
                    "sma20",
                ),
            ],
            "config": {"min_hold": 0},
        },
        "spread": ("chance",),
    },
    {
        "key": "v1_momentum",
        "name": "Momentum",
        "description": "Buys above the 20-day average while the RSI is not overheated; sells what overheats or breaks.",
        "literature": "Brock, Lakonishok & LeBaron (1992), Simple Technical Trading Rules; Wilder (1978) for the RSI.",
        "rules": {
            "params": {"rsi_max": 70},
            "entry_rules": both(when(CLOSE, ">", ind("sma20")), when(ind("rsi14"), "<=", par("rsi_max"))),
            "exit_rules": [
                leave("rsi_overbought", 0, when(ind("rsi14"), ">", par("rsi_max"))),
                leave(
                    "below_sma20",
                    1,
                    both(
                        when(CLOSE, "<", ind("sma20")),
                        when(pos("total_bars_held"), ">", lit(2)),
                    ),
                    "sma20",
                ),
            ],
            "config": {"min_hold": 10},
        },
        "spread": ("rsi_max",),
    },
    {
        "key": "v2_breakout",
        "name": "Breakout",
        "description": _BREAKOUT_TEXT,
        "literature": _BREAKOUT_SOURCES,
        "rules": BREAKOUT,
        "spread": ("high_bars", "rel_volume_min", "trail"),
    },
    {
        "key": "v4_alpha",
        "name": "Alpha",
        "description": "Buys what beat the index by five points in a quarter and still trends; sells once it lags.",
        "literature": "Levy (1967), Relative Strength as a Criterion for Selection; Jegadeesh & Titman (1993).",
        "rules": {
            "params": {"lead": 5, "trend": 100, "rsi_max": 75},
            "entry_rules": both(
                when(_OVER_INDEX, ">", par("lead")),
                when(CLOSE, ">", ind("sma", params={"n": par("trend")})),
                when(ind("rsi14"), "<", par("rsi_max")),
            ),
            "exit_rules": [
                leave("lead_lost", 0, when(_OVER_INDEX, "<", lit(0))),
                leave("below_sma50", 1, when(CLOSE, "<", ind("sma50")), "sma50"),
            ],
            "conviction_scoring": [score("momentum over the index", _MOMENTUM_OVER_INDEX, -20, 40)],
            "config": {"min_hold": 10},
        },
        "spread": ("lead", "trend", "rsi_max"),
    },
    {
        "key": "breakout_52w",
        "name": "52-week breakout",
        "description": _BREAKOUT_TEXT,
        "literature": _BREAKOUT_SOURCES,
        "rules": BREAKOUT,
        "spread": ("high_bars", "rel_volume_min", "trail"),
    },
    {
        "key": "ma_trend",
        "name": "Moving-average trend",
        "description": "Buys when the 50-day average crosses above the 200-day one and sells on the cross below.",
        "literature": "Faber (2007), A Quantitative Approach to Tactical Asset Allocation; Brock et al. (1992).",
        "rules": {
            "params": {"fast": 50, "slow": 200},
            "entry_rules": when(
                ind("sma", params={"n": par("fast")}), "crosses_above", ind("sma", params={"n": par("slow")})
            ),
            "exit_rules": [
                leave(
                    "cross_below",
                    0,
                    when(ind("sma", params={"n": par("fast")}), "<", ind("sma", params={"n": par("slow")})),
                )
            ],
            "sizing": {"mode": "pct_equity", "pct": 5},
        },
        "spread": ("fast", "slow"),
    },
)
