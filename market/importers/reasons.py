"""Why a row of a file is refused: a code for programs, words for people."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The first fault found in a row. The order here is the order in which faults are looked for."""

    UNPARSABLE = "UNPARSABLE"
    UNKNOWN_SERIES = "UNKNOWN_SERIES"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    NO_TRADE = "NO_TRADE"
    ZERO_PRICE = "ZERO_PRICE"
    NEGATIVE_VOLUME = "NEGATIVE_VOLUME"
    HIGH_BELOW_LOW = "HIGH_BELOW_LOW"
    OPEN_OR_CLOSE_OUTSIDE_RANGE = "OPEN_OR_CLOSE_OUTSIDE_RANGE"
    FUTURE_DATE = "FUTURE_DATE"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    HOLIDAY_COPY = "HOLIDAY_COPY"
    WRONG_DATE = "WRONG_DATE"
    UNLISTED_DAY = "UNLISTED_DAY"
    FILLED_CLOSE = "FILLED_CLOSE"
    COPIED_COUNTS = "COPIED_COUNTS"
    NOT_COUNTED = "NOT_COUNTED"


WORDS: Final[dict[Reason, str]] = {
    Reason.UNPARSABLE: "a price, a volume or the date cannot be read",
    Reason.UNKNOWN_SERIES: "not the series EQ, the only one of the cash market that is kept",
    Reason.UNKNOWN_SYMBOL: "no symbol that an exchange uses, or no instrument had it on that date",
    Reason.NO_TRADE: "no trade that day: the exchange prints zeros for open, high and low",
    Reason.ZERO_PRICE: "a price is zero or negative",
    Reason.NEGATIVE_VOLUME: "the volume is negative",
    Reason.HIGH_BELOW_LOW: "the high is below the low",
    Reason.OPEN_OR_CLOSE_OUTSIDE_RANGE: "the open or the close lies outside low to high",
    Reason.FUTURE_DATE: "the bar begins in the future",
    Reason.DUPLICATE_ROW: "the file has an earlier row for the same symbol and time",
    Reason.HOLIDAY_COPY: "the exchange was closed, and the row repeats the session before",
    Reason.WRONG_DATE: "the rows of this date belong to another date",
    Reason.UNLISTED_DAY: "no trading day by the exchange's lists, and too few symbols with new prices to prove it one",
    Reason.FILLED_CLOSE: "the close is the one before to the last digit, though the exchange traded: filled in",
    Reason.COPIED_COUNTS: "every count is that of the day before, though the exchange traded: not counted anew",
    Reason.NOT_COUNTED: "every count of the day is zero: nothing was counted",
}

#: Rows carry reasons as small numbers; 0 means nothing was found.
CODES: Final[dict[Reason, int]] = {reason: number for number, reason in enumerate(Reason, start=1)}
BY_CODE: Final[dict[int, Reason]] = {number: reason for reason, number in CODES.items()}
