"""What became of patterns: outcomes, the record before each day, and the confidence that follows from it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.panel import Days, Flags, Floats, Ints, PricePanel
from engines.patterns.bars import average_range, own_bars
from engines.patterns.catalogue import CODES
from engines.patterns.compiling import rule, whole
from engines.patterns.scan import Signals
from engines.strategy.data import unlocked

#: A signal wins when the price goes one ATR its way before it goes one ATR against it, within so many bars.
HORIZON: Final = 10
#: Beta-Binomial prior: as if so many signals had been seen before, half of them winners.
PRIOR: Final = 20.0
PRIOR_SHARE: Final = 0.5
VOLUME_RATIO: Final = 1.5
ADJUSTMENT: Final = 0.05
LEAST: Final = 0.35
MOST: Final = 0.75
WITHOUT_HISTORY: Final = 50

WON: Final = 1
LOST: Final = 0
OPEN: Final = -1
_CHUNK: Final = 32
_PRICES: Final = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided in a universe before each of its days.

    ``dates`` (T,). ``n``, ``wins`` (T + 1, 2·CODES): signals of each kind (`kind_numbers`) decided before row t, and
    the winners among them; row T holds all. ``tried``, ``won`` (T + 1, 2): the same of trades up and down from every
    bar of a member.
    """

    dates: Days
    n: Ints
    wins: Ints
    tried: Ints
    won: Ints


@dataclass(frozen=True, slots=True)
class Judged:
    """Signals and what was known of their kind on the day, each (K,).

    ``outcome``: WON, LOST or OPEN; ``resolved``: row on which it was decided, -1 while open. ``n``, ``wins``: signals
    of the same pattern and direction in the universe that were decided before the signal's day. ``chance``: share of
    all bars of the universe before that day after which a trade the same way would have won, NaN without any.
    ``confidence``: percent, 35 to 75; 50 without a record. Neutral patterns cannot win: n is 0 and confidence 50.
    """

    signals: Signals
    outcome: Ints
    resolved: Ints
    n: Ints
    wins: Ints
    chance: Floats
    confidence: Ints


@rule
def _resolve(
    open_: Floats, high: Floats, low: Floats, close: Floats, t: int, i: int, sign: float, unit: float
) -> tuple[int, int]:
    """Return outcome and row of its decision for a trade at the close of (t, i).

    A bar that opens beyond a barrier is decided by its open, one that spans both counts as lost, and so does a trade
    that reached neither within the horizon. Bars that are missing are passed over.
    """
    entry, seen = close[t, i], 0
    for s in range(t + 1, close.shape[0]):
        if close[s, i] != close[s, i]:
            continue
        seen += 1
        best = sign * ((high[s, i] if sign > 0.0 else low[s, i]) - entry)
        worst = sign * ((low[s, i] if sign > 0.0 else high[s, i]) - entry)
        opened = sign * (open_[s, i] - entry)
        if opened >= unit:
            return WON, s
        if opened <= -unit or worst <= -unit:
            return LOST, s
        if best >= unit:
            return WON, s
        if seen == HORIZON:
            return LOST, s
    return OPEN, -1


@whole
def _outcomes(
    open_: Floats, high: Floats, low: Floats, close: Floats, row: Ints, column: Ints, sign: Ints, unit: Floats
) -> tuple[Ints, Ints]:
    outcome, resolved = np.full(len(row), OPEN), np.full(len(row), -1)
    for k in range(len(row)):
        if sign[k] != 0:
            found = _resolve(open_, high, low, close, row[k], column[k], float(sign[k]), unit[k])
            outcome[k], resolved[k] = found
    return outcome, resolved


@whole
def _chances(
    open_: Floats, high: Floats, low: Floats, close: Floats, unit: Floats, counted: Flags, table: Ints
) -> None:
    """Add to ``table`` (T, 2, 2) the trades of every bar by the row that decided them: (up, down) × (n, wins)."""
    for t in range(close.shape[0]):
        for i in range(close.shape[1]):
            if not (counted[t, i] and unit[t, i] > 0.0):
                continue
            for side in range(2):
                sign = 1.0 if side == 0 else -1.0
                outcome, resolved = _resolve(open_, high, low, close, t, i, sign, unit[t, i])
                if outcome != OPEN:
                    table[resolved, side, 0] += 1
                    table[resolved, side, 1] += outcome


def chances(panel: PricePanel) -> Ints:
    """Return (T + 1, 2, 2): trades up and down from every bar of members decided before each row, and those won.

    Row T holds all of them. The unit of a trade is the ATR of its bar; bars without one are left out.
    """
    table = np.zeros((panel.shape[0], 2, 2), np.int64)
    for first in range(0, panel.shape[1], _CHUNK):
        part = slice(first, first + _CHUNK)
        prices = [np.ascontiguousarray(getattr(panel, name)[:, part]) for name in _PRICES]
        prices = [unlocked(column) for column in prices]
        bars = own_bars(*prices, panel.volume[:, part])
        if not len(bars.close):
            continue
        atr, unit = average_range(bars), np.full(prices[0].shape, np.nan)
        k, i = np.nonzero(bars.row >= 0)
        unit[bars.row[k, i], i] = atr[k, i]
        _chances(*prices, unit, unlocked(panel.member[:, part]), table)
    return _cumulated(table)


def _cumulated(table: Ints) -> Ints:
    """Return the sums of the rows before each row, and of all behind them."""
    return np.concatenate([np.zeros((1, *table.shape[1:]), np.int64), np.cumsum(table, axis=0)])


def outcomes(panel: PricePanel, signals: Signals) -> tuple[Ints, Ints]:
    """Return outcome and row of its decision of each signal, both (K,)."""
    prices = [unlocked(getattr(panel, name)) for name in _PRICES]
    return _outcomes(*prices, signals.row, signals.column, signals.sign, signals.atr)


def kind_numbers(signals: Signals) -> Ints:
    """Return the column of each signal's kind in a record: twice the code, plus one for bearish."""
    return signals.code * 2 + (signals.sign < 0)


def record(panel: PricePanel, signals: Signals) -> Record:
    """Return the record of a universe: ``signals`` are all of its panel's, members (`PricePanel.member`) count."""
    outcome, resolved = outcomes(panel, signals)
    counted = (outcome != OPEN) & panel.member[signals.row, signals.column]
    at, kind = resolved[counted], kind_numbers(signals)[counted]
    n, wins = np.zeros((2, panel.shape[0], 2 * CODES), np.int64)
    np.add.at(n, (at, kind), 1)
    np.add.at(wins, (at, kind), outcome[counted])
    trades = chances(panel)
    return Record(panel.dates, _cumulated(n), _cumulated(wins), trades[:, :, 0], trades[:, :, 1])


def judge(panel: PricePanel, signals: Signals, past: Record) -> Judged:
    """Return the signals with outcomes and what the record before each one's day says.

    The panel may hold other symbols than the record's universe, and other days; of a day beyond the record's last all
    of it is known.
    """
    outcome, resolved = outcomes(panel, signals)
    row = np.searchsorted(past.dates, panel.dates[signals.row], side="left")
    kind, side = kind_numbers(signals), np.where(signals.sign < 0, 1, 0)
    n, wins = past.n[row, kind], past.wins[row, kind]
    tried, won = past.tried[row, side], past.won[row, side]
    known = (tried > 0) & (signals.sign != 0)
    return Judged(
        signals=signals,
        outcome=outcome,
        resolved=resolved,
        n=n,
        wins=wins,
        chance=np.where(known, won / np.maximum(tried, 1), np.nan),
        confidence=confidence(n=n, wins=wins, volume_ratio=signals.volume_ratio, agrees=signals.sign * signals.trend),
    )


def shrunk(n: Ints, wins: Ints) -> Floats:
    """Return the share of winners, drawn towards a half by 20 imagined signals: (wins + 10)/(n + 20)."""
    return (wins + PRIOR * PRIOR_SHARE) / (n + PRIOR)


def confidence(*, n: Ints, wins: Ints, volume_ratio: Floats, agrees: Floats) -> Ints:
    """Return the confidence in percent, (K,): the shrunk share of winners, then 5 points each way.

    Five more for a volume of 1.5 times the usual or more; five more (less) where the trend agrees (disagrees), that is
    ``agrees`` is 1 (-1). Kept within 35 and 75; 50 where n is 0.
    """
    share = shrunk(n, wins)
    share = share + np.where(np.nan_to_num(volume_ratio) >= VOLUME_RATIO, ADJUSTMENT, 0.0) + ADJUSTMENT * agrees
    percent = np.floor(100.0 * np.clip(share, LEAST, MOST) + 0.5).astype(np.int64)
    return np.where(n > 0, percent, WITHOUT_HISTORY)


@dataclass(frozen=True, slots=True)
class KindRecord:
    """All decided signals of one pattern and direction in a universe. ``chance``: as `Judged`."""

    code: int
    sign: int
    n: int
    wins: int
    chance: float | None


def kinds(past: Record) -> list[KindRecord]:
    """Return all of a record, one row a kind that has been decided at least once, by code and sign."""
    rows = []
    for code in range(CODES):
        for side, sign in enumerate((1, -1)):
            n, wins = int(past.n[-1, 2 * code + side]), int(past.wins[-1, 2 * code + side])
            if n:
                tried, won = int(past.tried[-1, side]), int(past.won[-1, side])
                rows.append(KindRecord(code, sign, n, wins, won / tried if tried else None))
    return rows
