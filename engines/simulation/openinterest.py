"""Open interest and traded lots of derivatives: smooth in moneyness and time to expiry, larger at round
strikes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engines.simulation import rng
from engines.simulation.intraday import session_curve

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

LEVEL_INTEREST, LEVEL_LOTS = 41, 42
# Days to expiry -> share of the front contract: futures positions move on to the next month in the last week.
_FUTURE_DAYS = np.array([0.0, 3.0, 8.0, 25.0, 32.0, 40.0, 60.0, 95.0])
_FUTURE_INTEREST = np.array([0.30, 0.60, 0.95, 1.0, 0.75, 0.25, 0.10, 0.03])
_FUTURE_LOTS = np.array([0.70, 0.90, 1.0, 0.95, 0.55, 0.16, 0.06, 0.02])
# Options: the nearest expiry trades most, interest builds up until the last day.
_OPTION_DAYS = np.array([0.0, 1.0, 3.0, 7.0, 14.0, 28.0, 60.0, 100.0])
_OPTION_INTEREST = np.array([1.0, 0.95, 0.8, 0.6, 0.28, 0.20, 0.10, 0.04])
_OPTION_LOTS = np.array([1.0, 0.55, 0.30, 0.14, 0.04, 0.015, 0.005, 0.002])
MONTHLY_BONUS = 2.2


def _noise(seed: int, level: int, numbers: npt.ArrayLike, ordinal: int, width: float) -> F64:
    keys = rng.fold_keys(rng.fold_key(seed, level), numbers)
    steady = rng.fraction(rng.words(keys, np.uint64(0)), 11, 53)
    daily = rng.fraction(rng.words(keys, np.uint64(1 + ordinal)), 11, 53)
    return np.exp(width * (2.0 * steady - 1.0) + 0.12 * (2.0 * daily - 1.0))


def future_interest(seed: int, numbers: npt.ArrayLike, ordinal: int, days_left: F64, typical: F64) -> F64:
    """Lots open at the end of a session, whole numbers."""
    return np.rint(
        typical
        * np.interp(days_left, _FUTURE_DAYS, _FUTURE_INTEREST)
        * _noise(seed, LEVEL_INTEREST, numbers, ordinal, 0.1)
    )


def future_lots(seed: int, numbers: npt.ArrayLike, ordinal: int, days_left: F64, typical: F64) -> F64:
    """Lots traded in a session, whole numbers."""
    noise = _noise(seed, LEVEL_LOTS, numbers, ordinal, 0.1) ** 2
    return np.rint(typical * np.interp(days_left, _FUTURE_DAYS, _FUTURE_LOTS) * noise)


def _roundness(strikes: F64, step: float) -> F64:
    """Traders crowd at strikes that are multiples of ten and of five steps-of-two."""
    big, medium = strikes % (20 * step) == 0, strikes % (10 * step) == 0
    return np.where(big, 2.6, np.where(medium, 1.8, np.where(strikes % (2 * step) == 0, 1.15, 0.75)))


def _option_shape(strikes: F64, spot: float, reach: float, is_call: bool, out_of_money_shift: float) -> F64:
    """Bell around a strike somewhat out of the money, with a slow tail; `reach` is one standard deviation in
    log price.
    """
    distance = np.log(strikes / spot) / max(reach, 0.004)
    side = 1.0 if is_call else -1.0
    x = side * distance - out_of_money_shift
    return np.exp(-0.5 * (x / np.where(x > 0, 1.1, 0.55)) ** 2) + 0.05 * np.exp(-np.abs(x) / 2.0) + 0.002


def option_interest(
    seed: int,
    numbers: npt.ArrayLike,
    ordinal: int,
    strikes: F64,
    spot: float,
    step: float,
    days_left: float,
    typical: float,
    weekly: bool,
    is_call: bool,
) -> F64:
    """Lots open at the end of a session at each strike, whole numbers."""
    reach = 0.009 * np.sqrt(days_left + 1.0)
    shape = _option_shape(strikes, spot, reach, is_call, 0.8) * _roundness(strikes, step)
    life = np.interp(days_left, _OPTION_DAYS, _OPTION_INTEREST) * (1.0 if weekly else MONTHLY_BONUS) * 0.45
    return np.rint(typical * life * shape * _noise(seed, LEVEL_INTEREST, numbers, ordinal, 0.35))


def option_lots(
    seed: int,
    numbers: npt.ArrayLike,
    ordinal: int,
    strikes: F64,
    spot: float,
    step: float,
    days_left: float,
    typical: float,
    is_call: bool,
) -> F64:
    """Lots traded in a session at each strike, whole numbers."""
    reach = 0.007 * np.sqrt(days_left + 1.0)
    shape = _option_shape(strikes, spot, reach, is_call, 0.35) * np.sqrt(_roundness(strikes, step))
    life = np.interp(days_left, _OPTION_DAYS, _OPTION_LOTS)
    return np.rint(typical * life * shape * _noise(seed, LEVEL_LOTS, numbers, ordinal, 0.35)) + 1.0


def interest_so_far(before: F64, after: F64, minute: int, minutes: int) -> F64:
    """Open interest after `minute` complete minutes of a session, whole lots between its start and its end
    value.
    """
    done = float(np.sum(session_curve(minutes)[:minute])) if minute else 0.0
    return np.rint(before + (after - before) * done)
