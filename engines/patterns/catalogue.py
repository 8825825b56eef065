"""The patterns: their numbers, names, rules in words, and how many bars they are made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CANDLE: Final = "candle"
CHART: Final = "chart"


class Direction(StrEnum):
    """Which way a pattern points. NEUTRAL ones only say that a move may follow."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"


#: Direction by sign.
DIRECTIONS: Final = {1: Direction.BULLISH, -1: Direction.BEARISH, 0: Direction.NEUTRAL}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in one direction. ``key`` names it on the wire; ``rule`` says in words when it is there.

    ``code`` and ``sign`` are its numbers in arrays; ``bars``: bars that a candlestick pattern spans, 0 for charts.
    """

    key: str
    title: str
    kind: str
    code: int
    sign: int
    bars: int
    rule: str

    @property
    def direction(self) -> Direction:
        """Return the direction in words."""
        return DIRECTIONS[self.sign]


DOJI: Final = 0
HAMMER: Final = 1
ENGULFING: Final = 2
PIERCING: Final = 3
STAR: Final = 4
SOLDIERS: Final = 5
HARAMI: Final = 6
INSIDE_BAR: Final = 7
INSIDE_BREAKOUT: Final = 8
NR7: Final = 9
NR7_BREAKOUT: Final = 10
MARUBOZU: Final = 11
DOUBLE: Final = 12
HEAD_AND_SHOULDERS: Final = 13
RISING_TRIANGLE: Final = 14
SYMMETRIC_TRIANGLE: Final = 15
FLAG: Final = 16
YEAR_BREAKOUT: Final = 17
SQUEEZE: Final = 18
CODES: Final = 19

_PAIRS: Final = (
    (HAMMER, 1, "hammer", "Hammer", "shooting_star", "Shooting star",
     "After a {fall}, a small body at the {top} with a {lower} shadow at least twice as long and hardly any other."),
    (ENGULFING, 2, "bullish_engulfing", "Bullish engulfing", "bearish_engulfing", "Bearish engulfing",
     "A {rising} body that covers the whole {falling} body before it and is larger."),
    (PIERCING, 2, "piercing_line", "Piercing line", "dark_cloud_cover", "Dark cloud cover",
     "After a long {falling} body, an open {below} its close and a close past its middle."),
    (STAR, 3, "morning_star", "Morning star", "evening_star", "Evening star",
     "A long {falling} body, a small one {below} it, and a {rising} one that closes past the middle of the first."),
    (SOLDIERS, 3, "three_white_soldiers", "Three white soldiers", "three_black_crows", "Three black crows",
     "Three {rising} bodies in a row, each opening inside the one before and closing near its {top}."),
    (HARAMI, 2, "bullish_harami", "Bullish harami", "bearish_harami", "Bearish harami",
     "A {rising} body inside the long {falling} body before it."),
    (INSIDE_BREAKOUT, 2, "inside_bar_breakout_up", "Inside bar, broken upwards", "inside_bar_breakout_down",
     "Inside bar, broken downwards", "The first close {above} the bar that held an inside bar, within five bars."),
    (NR7_BREAKOUT, 2, "nr7_breakout_up", "Narrowest of 7, broken upwards", "nr7_breakout_down",
     "Narrowest of 7, broken downwards", "The first close {above} the narrowest bar of seven, within five bars."),
    (MARUBOZU, 1, "bullish_marubozu", "Bullish marubozu", "bearish_marubozu", "Bearish marubozu",
     "A {rising} body as long as the average range and hardly any shadows."),
    (DOUBLE, 0, "double_bottom", "Double bottom", "double_top", "Double top",
     "Two turns at one level, 10 to 60 bars apart, then a close {above} the turn between them."),
    (HEAD_AND_SHOULDERS, 0, "inverse_head_and_shoulders", "Inverse head and shoulders",
     "head_and_shoulders", "Head and shoulders",
     "Three turns, the middle one {deepest}, level shoulders, then a close {above} the neckline."),
    (RISING_TRIANGLE, 0, "ascending_triangle", "Ascending triangle", "descending_triangle", "Descending triangle",
     "A level {lid} and a {rising} line that nears it, four touches or more, then a close {above} the level."),
    (SYMMETRIC_TRIANGLE, 0, "symmetric_triangle_up", "Symmetric triangle, broken upwards",
     "symmetric_triangle_down", "Symmetric triangle, broken downwards",
     "Two lines that near each other, four touches or more, then a close {above} the {lid} one."),
    (FLAG, 0, "bull_flag", "Bull flag", "bear_flag", "Bear flag",
     "A {rise} of three average ranges in eight bars, a rest that gives back half at most, then a close {above} it."),
    (YEAR_BREAKOUT, 0, "high_52_week_breakout", "52-week high", "low_52_week_breakdown", "52-week low",
     "The first close in 20 bars {above} the {highest} price of the 252 bars before."),
    (SQUEEZE, 0, "squeeze_breakout_up", "Squeeze, broken upwards", "squeeze_breakout_down", "Squeeze, broken downwards",
     "Bollinger bands at their narrowest of six months, then a close {above} the {lid} band."),
)  # fmt: skip
_UP: Final = {
    "fall": "fall", "rise": "rise", "rising": "rising", "falling": "falling", "above": "above", "below": "below",
    "top": "top", "lower": "lower", "deepest": "deepest", "lid": "upper", "highest": "highest",
}  # fmt: skip
_DOWN: Final = {
    "fall": "rise", "rise": "fall", "rising": "falling", "falling": "rising", "above": "below", "below": "above",
    "top": "bottom", "lower": "upper", "deepest": "highest", "lid": "lower", "highest": "lowest",
}  # fmt: skip
_NEUTRAL: Final = (
    Pattern("doji", "Doji", CANDLE, DOJI, 0, 1, "Open and close are all but equal within a bar of ordinary range."),
    Pattern("inside_bar", "Inside bar", CANDLE, INSIDE_BAR, 0, 2, "The whole bar lies within the one before."),
    Pattern("nr7", "Narrowest of 7", CANDLE, NR7, 0, 7, "The smallest range of the last seven bars."),
)


def _made() -> tuple[Pattern, ...]:
    made = list(_NEUTRAL)
    for code, bars, up_key, up, down_key, down, rule in _PAIRS:
        kind = CHART if bars == 0 else CANDLE
        made.append(Pattern(up_key, up, kind, code, 1, bars, rule.format(**_UP)))
        made.append(Pattern(down_key, down, kind, code, -1, bars, rule.format(**_DOWN)))
    return tuple(sorted(made, key=lambda pattern: (pattern.code, -pattern.sign)))


PATTERNS: Final = _made()
BY_KEY: Final = {pattern.key: pattern for pattern in PATTERNS}
BY_NUMBER: Final = {(pattern.code, pattern.sign): pattern for pattern in PATTERNS}
