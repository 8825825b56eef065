"""Buying weakness within strength."""

from typing import Any, Final

from engines.strategy.template_bodies.words import CLOSE, INDEX_UP, both, ind, leave, lit, par, pos, score, when

TEMPLATES: Final[tuple[dict[str, Any], ...]] = (
    {
        "key": "v3_dip_buyer",
        "name": "Dip buyer",
        "description": (
            "Buys a pullback of 5 to 15 % from the 20-day high in a long rise of share and index, without a new low "
            "and with a mean of 5 crore traded a day; sells above the 20-day average with a gain, at twice the risk, "
            "at the stop or after 20 days."
        ),
        "literature": "Connors & Alvarez (2009), Short Term Trading Strategies That Work; Jegadeesh (1990).",
        "rules": {
            "regime": INDEX_UP,
            "params": {"rsi_max": 45, "dip_min": 5, "dip_max": 15, "stop": 2.5, "min_value": 50_000_000},
            "entry_rules": both(
                when(CLOSE, ">", ind("sma200")),
                when(ind("sma50"), ">", ind("sma200")),
                when(ind("drawdown20"), "between", par("dip_min"), par("dip_max")),
                when(ind("rsi14"), "<", par("rsi_max")),
                when(CLOSE, ">=", ind("lowest20", lag=1)),
                when(ind("sma20", params={"on": "value"}), ">=", par("min_value")),
            ),
            "exit_rules": [
                leave(
                    "recovered",
                    0,
                    both(when(CLOSE, ">", ind("sma20")), when(pos("gain_pct"), ">", lit(0))),
                    "sma20",
                )
            ],
            "conviction_scoring": [score("12-1 month momentum", ind("mom_12_1"), -50, 150)],
            "config": {"atr_stop_mult": par("stop"), "target_r": 2, "max_hold": 20},
            "sizing": {"mode": "pct_equity", "pct": 10},
        },
        "spread": ("rsi_max", "dip_min", "dip_max", "stop"),
    },
    {
        "key": "rsi2_reversion",
        "name": "RSI-2 reversion",
        "description": (
            "Buys a two-day RSI below 10 above the 200-day average, sells above the 5-day average or after 8 days. The "
            "original has no stop; this one stops at 5 %."
        ),
        "literature": "Connors & Alvarez (2009). Short holding times make costs decisive.",
        "rules": {
            "params": {"rsi_max": 10, "trend": 200, "exit_average": 5},
            "entry_rules": both(
                when(CLOSE, ">", ind("sma", params={"n": par("trend")})), when(ind("rsi2"), "<", par("rsi_max"))
            ),
            "exit_rules": [
                leave("above_average", 0, when(CLOSE, ">", ind("sma", params={"n": par("exit_average")})), "sma5")
            ],
            "conviction_scoring": [score("oversold", ind("rsi2"), 10, 0)],
            "config": {"stop_loss_pct": 5, "max_hold": 8},
            "sizing": {"mode": "pct_equity", "pct": 5},
        },
        "spread": ("rsi_max", "trend", "exit_average"),
    },
)
