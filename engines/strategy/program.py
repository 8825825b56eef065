"""What a strategy is compiled to, and the meaning of its small programs.

A compiled strategy has two halves. What does not depend on a position (entry, regime, ranks, conviction) is worked out
over the whole panel at compile time: per day a list of candidates, best first. What may depend on a position (exits,
add-ons) is a postfix `Program` the portfolio kernel runs for each held symbol at each close; `run` here is its
definition, in plain Python.

Truth has three values, ordered so that `and` is the minimum, `or` the maximum and `not` is 2 - x: FALSE 0, UNKNOWN 1,
TRUE 2. Only TRUE acts. A number that is unknown is NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Truths = npt.NDArray[np.int8]

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2

# Fields of a position, by number, as values at the close of bar t. `previous` holds those of the symbol's bar before
# (all NaN at the close of the entry bar).
POSITION_FIELDS: Final = (
    "total_bars_held",
    "gain_pct",
    "entry_price",
    "quantity",
    "highest_high",
    "highest_close",
    "peak_drawdown_pct",
    "addons",
)

# Operations. The stack holds float64; truths are 0.0, 1.0, 2.0.
CONST: Final = 0  # push constants[arg]
VALUE: Final = 1  # push values[arg, t, n], NaN where unknown
FIELD: Final = 2  # push position[arg]
PREVIOUS: Final = 3  # push previous[arg]
FLAG: Final = 4  # push the truth flags[arg, t, n]
ADD: Final = 10  # a b -> a + b
SUB: Final = 11
MUL: Final = 12
DIV: Final = 13  # NaN when b is 0
MIN: Final = 14  # NaN when either is NaN
MAX: Final = 15
ABS: Final = 16  # a -> |a|
GT: Final = 20  # a b -> truth of a > b, UNKNOWN when either is NaN
GE: Final = 21
LT: Final = 22
LE: Final = 23
EQ: Final = 24
BETWEEN: Final = 25  # a low high -> and(a >= low, a <= high)
AND: Final = 30  # min
OR: Final = 31  # max
NOT: Final = 32  # 2 - a


@dataclass(frozen=True, slots=True)
class Program:
    """Postfix code. ``ops``: (L,) int16; ``args``: (L,) int64, an index where the operation takes one, else 0;
    ``constants``: (C,) float64; ``depth``: the stack it needs, at most `MAX_DEPTH`."""

    ops: npt.NDArray[np.int16]
    args: Ints
    constants: Floats
    depth: int


MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One exit rule. ``exit_price`` names the price for the report; the fill is the next open whatever it says."""

    name: str
    priority: int
    ignore_min_hold: bool
    code: Program
    exit_price: str


@dataclass(frozen=True, slots=True)
class AddonRule:
    """Buying more of what is held: at most ``max_addons`` times, ``size_pct`` percent of a full position each."""

    code: Program
    max_addons: int
    size_pct: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Holding limits and stops. Bars of the symbol; 0 for no ``max_hold``. Other numbers are NaN where absent."""

    min_hold: int = 0
    max_hold: int = 0
    stop_loss_pct: float = float("nan")
    take_profit_pct: float = float("nan")
    atr_stop_mult: float = float("nan")
    trail_atr_mult: float = float("nan")
    target_r: float = float("nan")


@dataclass(frozen=True, slots=True)
class Sizing:
    """How big a position is. Percentages are None where the strategy does not say.

    ``pct_equity``: ``pct`` of equity. ``risk``: ``risk_pct`` of equity lost when the stop is hit. ``inverse_vol``: the
    position size times (median volatility of the day's candidates / the candidate's), never above the position size;
    the factor stands in `Candidates.size_factor`.
    """

    mode: str = "pct_equity"
    pct: float | None = None
    risk_pct: float | None = None
    vol_bars: int = 0


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may be bought after the close of each day, best first; M in all.

    Those of day t are at ``start[t]:start[t + 1]`` (``start``: (T + 1,) int64). ``symbol``: (M,) int64 column of the
    panel. ``conviction``: (M,) 0 to 100. ``rank``: (M,) int64, 1 is best: the rank under `select`, else the place in
    the day's list. ``size_factor``: (M,) 0 to 1, 1 unless sizing is by inverse volatility. Entry rules, regime,
    membership of the day, rebalance day and `select.top` are applied already; what is held is not taken out.
    """

    start: Ints
    symbol: Ints
    conviction: Floats
    rank: Ints
    size_factor: Floats

    def of_day(self, t: int) -> slice:
        """Return where the candidates of day t stand."""
        return slice(int(self.start[t]), int(self.start[t + 1]))


@dataclass(frozen=True, slots=True)
class CompiledStrategy:
    """A strategy over one panel of T days and N symbols.

    ``flags``: (F, T, N) int8 truths and ``values``: (K, T, N) float64 that the programs read. ``rebalance``: (T,).
    ``rank_exit``: (T, N) bool, sell at the next open because the rank fell (reason ``rank_below``; after all named
    rules; `min_hold` applies), shape (0, 0) without `select`. ``atr14``: (T, N), shape (0, 0) where nothing needs it.
    ``exits``: by priority. ``parameters``: the effective numbers behind `param` operands. ``warmup_bars``: bars of a
    symbol until every rule is known and settled. ``uses``: names of data beside prices (``index``, ``roe``, ...).
    ``strategy_hash``: of the canonical strategy as declared; what was overridden stands in ``parameters``.
    ``max_positions``, ``max_per_sector``: what the strategy says of them, None where it says nothing.
    """

    shape: tuple[int, int]
    candidates: Candidates
    rebalance: Flags
    rank_exit: Flags
    exits: tuple[ExitRule, ...]
    addons: AddonRule | None
    flags: Truths
    values: Floats
    atr14: Floats
    limits: Limits
    sizing: Sizing
    parameters: Mapping[str, float]
    warmup_bars: int
    uses: frozenset[str]
    strategy_hash: str
    max_positions: int | None = None
    max_per_sector: int | None = None

    def entry(self) -> Flags:
        """Return (T, N): where the strategy would buy what it does not hold."""
        table = np.zeros(self.shape, bool)
        days = np.repeat(np.arange(self.shape[0]), np.diff(self.candidates.start))
        table[days, self.candidates.symbol] = True
        return table


def run(
    program: Program,
    values_at: Sequence[float],
    flags_at: Sequence[int],
    position: Sequence[float],
    previous: Sequence[float],
) -> bool | None:
    """Return what a program says of one held symbol at one close: True, False, or None for unknown.

    ``values_at[k]`` is ``values[k, t, n]``, ``flags_at[f]`` is ``flags[f, t, n]``; ``position`` and ``previous`` are
    ordered as `POSITION_FIELDS`.
    """
    sources = {CONST: program.constants, VALUE: values_at, FIELD: position, PREVIOUS: previous, FLAG: flags_at}
    stack: list[float] = []
    for op, arg in zip(program.ops.tolist(), program.args.tolist(), strict=True):
        if op in sources:
            stack.append(float(sources[op][arg]))
            continue
        takes = 1 if op in {ABS, NOT} else 3 if op == BETWEEN else 2
        operands = stack[-takes:]
        del stack[-takes:]
        stack.append(_apply(op, operands))
    (truth,) = stack
    return None if truth == UNKNOWN else truth == TRUE


def _apply(op: int, operands: list[float]) -> float:
    if op in {AND, OR, NOT}:
        return 2.0 - operands[0] if op == NOT else min(operands) if op == AND else max(operands)
    if op == BETWEEN:
        value, low, high = operands
        return min(_apply(GE, [value, low]), _apply(LE, [value, high]))
    nan = any(x != x for x in operands)
    if op >= GT:
        a, b = operands
        holds = {GT: a > b, GE: a >= b, LT: a < b, LE: a <= b, EQ: a == b}[op]
        return float(UNKNOWN if nan else TRUE if holds else FALSE)
    return float("nan") if nan else _arithmetic(op, operands)


def _arithmetic(op: int, operands: list[float]) -> float:
    if op == ABS:
        return abs(operands[0])
    a, b = operands
    if op == DIV:
        return a / b if b != 0.0 else float("nan")
    return {ADD: a + b, SUB: a - b, MUL: a * b, MIN: min(a, b), MAX: max(a, b)}[op]
