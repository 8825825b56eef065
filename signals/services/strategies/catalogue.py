"""The words of the rule language for pickers: indicators by group with their numbers, operators, functions, limits.

Everything is taken from the engine's own tables; only the grouping and the phrases of choices are written here.
"""

from datetime import date
from typing import Any, Final

from engines.indicators.registry import INDICATORS
from engines.strategy import language as words
from engines.strategy.parse import BODY_KEYS, CONFIG
from engines.strategy.program import POSITION_FIELDS
from engines.strategy.sentence import FIELDS, OPERATORS
from market.models import Universe, UniverseMember, UniverseSnapshot

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Price and volume", ("close", "open", "high", "low", "volume", "value", "rel_volume", "gap_pct")),
    ("Averages and bands", ("sma", "ema", "highest", "lowest", "bb_upper", "bb_lower")),
    ("Momentum", ("rsi", "roc", "macd", "macd_signal", "mom_12_1", "mom_6_1", "sector_rs")),
    ("Trend and falls", ("adx", "drawdown", "days_since_high")),
    ("Risk", ("atr", "stdev", "vol_1y", "beta_1y")),
    ("Company figures", ("iscore", "roe", "debt_equity", "earnings_yield")),
)
_FUNCTIONS: Final = {
    "add": "Sum (a + b)", "sub": "Difference (a − b)", "mul": "Product (a × b)", "div": "Ratio (a ÷ b)",
    "min": "Lesser of two", "max": "Greater of two", "abs": "Size without sign",
}  # fmt: skip
_OWNERS: Final = {"self": "of the share", "index": "of the index", "sector": "of its sector"}
_PEERS: Final = {"universe": "in the universe", "sector": "in its sector", "sectors": "of its sector among sectors"}
_PARAMS: Final = {"n": "bars", "width": "width", "fast": "fast", "slow": "slow", "signal": "signal"}
_PERIODS: Final = {
    "daily": "Every session", "weekly": "Last session of the week", "monthly": "Last session of the month",
    "quarterly": "Last session of the quarter",
}  # fmt: skip
_SIZING: Final = {
    "pct_equity": "An equal share of equity", "risk": "By the distance to the stop",
    "inverse_vol": "The calmer the larger",
}  # fmt: skip
_SETTINGS: Final = {
    "min_hold": ("Hold at least", "bars"), "max_hold": ("Sell after", "bars"),
    "stop_loss_pct": ("Stop below the entry", "%"), "atr_stop_mult": ("Stop in ATR(14) below the entry", "× ATR"),
    "trail_atr_mult": ("Trailing stop below the highest high", "× ATR"),
    "take_profit_pct": ("Target above the entry", "%"), "target_r": ("Target in units of risk", "× risk"),
    "exit_buffer_pct": ("Closes must pass their line by", "%"), "max_positions": ("Positions at most", ""),
    "max_per_sector": ("Positions a sector at most", ""),
}  # fmt: skip


def catalogue(*, on: date) -> dict[str, Any]:
    """Return the pickers' contents. ``on``: the day whose lists name the sectors."""
    return {
        "groups": [{"name": name, "words": list(members)} for name, members in GROUPS],
        "words": {name: _word(word) for name, word in words.WORDS.items()},
        "operators": _pairs({**OPERATORS, "between": "between"}),
        "functions": _pairs(_FUNCTIONS, {"takes": words.FUNCTIONS}),
        "fields": _pairs({name: FIELDS[name] for name in POSITION_FIELDS}),
        "owners": _pairs(_OWNERS),
        "peers": _pairs(_PEERS),
        "columns": list(words.COLUMNS),
        "rebalances": _pairs(_PERIODS),
        "sizing_modes": _pairs(_SIZING),
        "settings": [
            {"value": name, "label": _SETTINGS[name][0], "unit": _SETTINGS[name][1], "least": a, "most": b, "whole": w}
            for name, (a, b, w) in CONFIG.items()
        ],
        "limits": {"depth": words.MAX_DEPTH, "nodes": words.MAX_NODES, "exit_rules": words.MAX_EXIT_RULES,
                   "scores": words.MAX_SCORES, "params": words.MAX_PARAMS},
        "body_keys": list(BODY_KEYS),
        "universes": universes(),
        "sectors": sectors(on=on),
    }  # fmt: skip


def universes() -> list[dict[str, str]]:
    """Return the universes there are, as value and label."""
    return [{"value": found.name, "label": found.title or found.name} for found in Universe.objects.all()]


def sectors(*, on: date) -> list[str]:
    """Return the names of the sectors in the lists in force on a day, A to Z. Two queries, however many lists."""
    in_force: dict[int, int] = {}
    for key, universe, as_of in UniverseSnapshot.objects.order_by("as_of").values_list("id", "universe", "as_of"):
        if as_of <= on or universe not in in_force:  # before the first list of a universe, the first
            in_force[universe] = key
    members = UniverseMember.objects.filter(snapshot__in=in_force.values()).exclude(sector="")
    return sorted(set(members.order_by().values_list("sector", flat=True).distinct()))


def _pairs(labels: dict[str, str], more: dict[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    extra = more or {}
    return [
        {"value": value, "label": label, **{key: table[value] for key, table in extra.items()}}
        for value, label in labels.items()
    ]


def _word(word: words.Word) -> dict[str, Any]:
    known = INDICATORS.get(word.name)
    return {
        "title": word.title[:1].upper() + word.title[1:],
        "about": known.title if known is not None else word.title[:1].upper() + word.title[1:],
        "params": [
            {"name": p.name, "label": _PARAMS.get(p.name, p.name), "default": p.default, "least": p.least,
             "most": p.most, "whole": p.whole}
            for p in word.params
        ],
        "on": word.inputs[0] if word.takes_on else None,
        "owners": list(word.owners),
        "percent": word.name in words.PERCENT_WORDS,
    }  # fmt: skip
