"""The numbers of the behaviour engine, with where they come from."""

from enum import StrEnum
from typing import Final

VERSION: Final = "1"


class Severity(StrEnum):
    """How strongly a pattern shows."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


STEPS: Final = (Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.HIGH)

#: Points a pattern can cost, heaviest first: the order also breaks ties for the top concern.
WEIGHTS: Final[dict[str, float]] = {
    "revenge_trading": 20,
    "tilt": 20,
    "overtrading": 16,
    "loss_aversion": 16,
    "poor_timing": 14,
    "position_sizing": 12,
    "profit_booking_bias": 12,
    "symbol_concentration": 8,
}
#: Share of a pattern's points that each severity costs.
COST: Final[dict[Severity, float]] = {
    Severity.NONE: 0.0,
    Severity.LOW: 0.35,
    Severity.MEDIUM: 0.70,
    Severity.HIGH: 1.0,
}
#: Lowest score of each grade, from the top.
GRADES: Final = ((85, "Excellent"), (70, "Good"), (50, "Fair"), (30, "Poor"), (0, "Critical"))
NO_GRADE: Final = "Insufficient data"
LOW_CONFIDENCE_TRADES: Final = 5

#: Overtrading (Barber & Odean 2000).
RELATIVE_TRADES: Final = 10
RELATIVE_DAYS: Final = 3
DAY_FLOOR: Final = 8
BURST_TRADES: Final = 6
BURST_ENTRIES: Final = 4
BURST_MINUTES: Final = 15
CHARGES_SHARE: Final = 0.30
CHARGES_HIGH: Final = 0.50

COOL_DOWN_MINUTES: Final = 30
REVENGE_SHARE: Final = 0.5

TILT_RUN: Final = 3
TILT_LONG_RUN: Final = 5
TILT_SIZE: Final = 1.5

#: Loss aversion and the disposition effect (Shefrin & Statman 1985; Odean 1998).
LOSS_AVERSION_SIDE: Final = 3
LOSS_AVERSION_STEPS: Final = ((3.0, Severity.HIGH), (2.0, Severity.MEDIUM), (1.5, Severity.LOW))
TEST_SIDE: Final = 8
TEST_LEVEL: Final = 0.10
BOOKING_TRADES: Final = 10
BOOKING_STEPS: Final = ((2.0, Severity.HIGH), (1.5, Severity.MEDIUM), (1.2, Severity.LOW))
BOOKING_WIN_RATE: Final = 0.5
BOOKING_WIN_TO_LOSS: Final = 0.8
BOOKING_HOLD: Final = 2 / 3
SALE_DAYS: Final = 20
Z_ONE_SIDED_5_PCT: Final = 1.64

TIMING_TRADES: Final = 5
EDGE_MINUTES: Final = 15
TIMING_STEPS: Final = ((0.60, Severity.HIGH), (0.30, Severity.MEDIUM), (0.20, Severity.LOW))
EDGE_SAMPLE: Final = 10

SIZING_TRADES: Final = 8
SIZING_STEPS: Final = ((1.3, Severity.HIGH), (0.9, Severity.MEDIUM), (0.6, Severity.LOW))

CONCENTRATION_TRADES: Final = 10
CONCENTRATION_STEPS: Final = ((0.80, Severity.HIGH), (0.65, Severity.MEDIUM), (0.50, Severity.LOW))
INDICES: Final = frozenset(
    {"NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY", "NIFTYNXT50", "SENSEX", "BANKEX", "SENSEX50"}
)

BEST_WORST_TRADES: Final = 5


def step_of(steps: tuple[tuple[float, Severity], ...], value: float) -> Severity:
    """Return the severity of the highest step that ``value`` reaches."""
    return next((severity for lowest, severity in steps if value >= lowest), Severity.NONE)


def lowered(severity: Severity) -> Severity:
    """Return the severity one step down."""
    return STEPS[max(0, STEPS.index(severity) - 1)]


def at_most(severity: Severity, limit: Severity) -> Severity:
    """Return ``severity``, or ``limit`` where it is beyond it."""
    return STEPS[min(STEPS.index(severity), STEPS.index(limit))]
