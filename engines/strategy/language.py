"""The words of the rule language: indicators, operators, functions and their limits.

Indicators that the charts know too are those of `engines.indicators.registry`; a few exist only here because they need
more than one symbol's bars (index, sector) or are no prices at all (company figures).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engines.indicators.registry import INDICATORS, Param

MAX_DEPTH: Final = 6  # conditions within conditions; operands within operands
MAX_NODES: Final = 200
MAX_LOOKBACK_BARS: Final = 400
MAX_PARAMS: Final = 50
MAX_EXIT_RULES: Final = 20
MAX_SCORES: Final = 20
MAX_SECTORS: Final = 60
MAX_NUMBER: Final = 1e15

COMPARISONS: Final = (">", ">=", "<", "<=", "==")
CROSSINGS: Final = ("crosses_above", "crosses_below")
OPERATORS: Final = (*COMPARISONS, *CROSSINGS, "between")
FUNCTIONS: Final = {"add": 2, "sub": 2, "mul": 2, "div": 2, "min": 2, "max": 2, "abs": 1}
OWNERS: Final = ("self", "index", "sector")
PEERS: Final = ("universe", "sector", "sectors")
REBALANCES: Final = ("daily", "weekly", "monthly", "quarterly")
DIRECTIONS: Final = ("desc", "asc")
SIZING_MODES: Final = ("pct_equity", "risk", "inverse_vol")
COLUMNS: Final = ("open", "high", "low", "close", "volume", "value")
FIGURES: Final = ("iscore", "roe", "debt_equity", "earnings_yield")

# Body keys that the server writes: echoed back by a client they are ignored.
SERVER_OWNED: Final = frozenset(
    {
        "id", "version", "owner", "owner_id", "is_template", "is_public", "is_mine", "created_at", "updated_at", "hash",
        "forked_from", "forked_from_id", "sentence", "sentences", "findings", "warnings", "lint", "versions",
        "literature", "sensitivity", "permissions", "template",
    }
)  # fmt: skip

DEFAULT_POSITION_SIZE_PCT: Final = 10.0
DEFAULT_MAX_POSITIONS: Final = 20
SECTOR_RS_BARS: Final = 63
MONTH_BARS: Final = 21


@dataclass(frozen=True, slots=True)
class Word:
    """An indicator of the language.

    ``lookback``: bars until its value is known, as constant plus multiples of its whole parameters. ``least`` and
    ``most``: what values are possible. ``unit`` is % or empty; ``inputs``: the columns it reads.
    """

    name: str
    title: str
    params: tuple[Param, ...] = ()
    inputs: tuple[str, ...] = ()
    bars: int = 1
    factors: tuple[int, ...] = ()
    least: float = float("-inf")
    most: float = float("inf")
    recursive: bool = False
    owners: tuple[str, ...] = OWNERS

    def lookback(self, params: Mapping[str, float]) -> int:
        """Return how many bars, the present one included, a first value needs."""
        whole = [int(params[param.name]) for param in self.params if param.whole]
        return self.bars + sum(factor * n for factor, n in zip(self.factors, whole, strict=False))

    @property
    def takes_on(self) -> bool:
        """Tell whether another column may be put in place of its own."""
        return len(self.inputs) == 1 and bool(self.params)


_INF: Final = float("inf")
_PRICE: Final = (0.0, _INF)
_PCT: Final = (-100.0, _INF)
_SHARE: Final = (0.0, 100.0)
_ANY: Final = (-_INF, _INF)

# name: (title, bars, factors per whole parameter, range, recursive)
_KNOWN: Final[dict[str, tuple[str, int, tuple[int, ...], tuple[float, float], bool]]] = {
    "open": ("open", 1, (), _PRICE, False),
    "high": ("high", 1, (), _PRICE, False),
    "low": ("low", 1, (), _PRICE, False),
    "close": ("close", 1, (), _PRICE, False),
    "volume": ("volume", 1, (), _PRICE, False),
    "value": ("traded value", 1, (), _PRICE, False),
    "sma": ("SMA", 0, (1,), _PRICE, False),
    "ema": ("EMA", 0, (1,), _PRICE, True),
    "rsi": ("RSI", 1, (1,), _SHARE, True),
    "atr": ("ATR", 1, (1,), _PRICE, True),
    "adx": ("ADX", 0, (2,), _SHARE, True),
    "roc": ("rate of change", 1, (1,), _PCT, False),
    "highest": ("highest", 0, (1,), _PRICE, False),
    "lowest": ("lowest", 0, (1,), _PRICE, False),
    "stdev": ("standard deviation", 0, (1,), _PRICE, False),
    "bb_upper": ("upper Bollinger band", 0, (1,), _ANY, False),
    "bb_lower": ("lower Bollinger band", 0, (1,), _ANY, False),
    "macd": ("MACD", 0, (0, 1, 0), _ANY, True),
    "macd_signal": ("MACD signal", -1, (0, 1, 1), _ANY, True),
    "drawdown": ("fall from the high", 0, (1,), _SHARE, False),
    "mom_12_1": ("12-1 month momentum", 253, (), _PCT, False),
    "mom_6_1": ("6-1 month momentum", 127, (), _PCT, False),
    "vol_1y": ("1-year volatility", 253, (), _PRICE, False),
    "rel_volume": ("relative volume", 1, (1,), _PRICE, False),
    "gap_pct": ("opening gap", 2, (), _PCT, False),
    "days_since_high": ("bars since the high", 0, (1,), (0.0, 400.0), False),
}


def _word(name: str) -> Word:
    title, bars, factors, (least, most), recursive = _KNOWN[name]
    entry = INDICATORS[name]
    owners = ("self", "index") if {"volume"} & set(entry.inputs) else OWNERS
    return Word(name, title, entry.params, entry.inputs, bars, factors, least, most, recursive, owners)


_ALONE: Final = ("self",)
WORDS: Final[dict[str, Word]] = {
    **{name: _word(name) for name in _KNOWN},
    "beta_1y": Word("beta_1y", "1-year beta", bars=253, owners=_ALONE),
    "sector_rs": Word("sector_rs", "sector strength", bars=SECTOR_RS_BARS + 1, owners=_ALONE),
    "iscore": Word("iscore", "I-Score", least=0.0, most=100.0, owners=_ALONE),
    "roe": Word("roe", "return on equity", owners=_ALONE),
    "debt_equity": Word("debt_equity", "debt to equity", owners=_ALONE),
    "earnings_yield": Word("earnings_yield", "earnings yield", owners=_ALONE),
}

PERCENT_WORDS: Final = frozenset(
    {"roc", "drawdown", "mom_12_1", "mom_6_1", "vol_1y", "gap_pct", "sector_rs", "roe", "earnings_yield"}
)
PERCENT_FIELDS: Final = frozenset({"gain_pct", "peak_drawdown_pct"})
