"""Dated tables of index derivatives: lots, weekdays of expiry, freeze quantities. Data only.

``sure``: H = exchange circular or two sources, M = one source or practice. Lots are checked against NSE's own
end-of-day contract files of January 2025 and January-February 2026.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)


@dataclass(frozen=True, slots=True)
class LotRow:
    """Units of one lot for contracts that expire and trade within these dates (included; None = open ended).

    ``cycle`` limits a row to "weekly" or "monthly" contracts, longer-dated ones counting as monthly.
    """

    index: str
    lot: int
    expiry_from: date | None
    expiry_to: date | None
    traded_from: date | None
    traded_to: date | None
    cycle: str
    sure: str
    source: str


def _lot(
    index: str,
    lot: int,
    expiries: str,
    source: str,
    *,
    traded: str = "..",
    cycle: str = "any",
    sure: str = "H",
) -> LotRow:
    expiry_from, expiry_to = _range(expiries)
    traded_from, traded_to = _range(traded)
    return LotRow(index, lot, expiry_from, expiry_to, traded_from, traded_to, cycle, sure, source)


def _range(text: str) -> tuple[date | None, date | None]:
    first, last = text.split("..")
    return (date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)


_APR_2024: Final = "NSE circular of April 2024 (Zerodha bulletin 375282)"
_NOV_2024: Final = "NSE circular of October 2024: contracts introduced from 2024-11-20"
_APR_2025: Final = "NSE circular of March 2025: contracts created from 2025-04-25"
_OCT_2025: Final = "NSE/FAOP/70616 of 2025-10-03"
_BSE_2024: Final = "BSE notice of October 2024: contracts introduced from 2024-11-20"

#: Of the rows that fit, the last wins.
LOTS: Final[tuple[LotRow, ...]] = (
    _lot("NIFTY", 75, "..2021-06-30", "practice before July 2021 expiries", sure="M"),
    _lot("NIFTY", 50, "2021-07-01..2024-04-25", "practice July 2021 to April 2024", sure="M"),
    _lot("NIFTY", 50, "2024-04-26..", "contracts listed before the change", traded="..2024-04-25", sure="M"),
    _lot("NIFTY", 25, "2024-04-26..2024-12-31", _APR_2024, traded="2024-04-26.."),
    # Long-dated contracts changed to 75 while listed, after the December 2024 expiry.
    _lot("NIFTY", 25, "2025-01-01..", _APR_2024, traded="2024-04-26..2024-12-26", cycle="monthly", sure="M"),
    _lot("NIFTY", 75, "2025-01-01..2025-12-31", _NOV_2024, traded="2024-11-20..", cycle="weekly"),
    _lot("NIFTY", 25, "2025-01-30..2025-01-30", _APR_2024, traded="2024-04-26.."),
    _lot("NIFTY", 75, "2025-02-01..", _NOV_2024, traded="2024-12-27..", cycle="monthly"),
    _lot("NIFTY", 75, "2025-02-01..2025-02-28", _NOV_2024, traded="2024-11-20..", cycle="monthly"),
    _lot("NIFTY", 65, "2026-01-06..", _OCT_2025, cycle="weekly"),
    _lot("NIFTY", 65, "2026-01-27..", _OCT_2025, traded="2025-12-31..", cycle="monthly"),
    _lot("NIFTY", 65, "2026-01-27..2026-02-24", _OCT_2025, traded="2025-10-29..", cycle="monthly"),
    _lot("BANKNIFTY", 25, "..2023-06-30", "practice before July 2023 expiries", sure="M"),
    _lot("BANKNIFTY", 15, "2023-07-01..2025-01-31", "NSE circular of 2023", sure="M"),
    _lot("BANKNIFTY", 15, "2025-02-01..", "contracts listed before the change", traded="..2024-12-24", sure="M"),
    _lot("BANKNIFTY", 30, "2025-02-01..2025-02-28", _NOV_2024, traded="2024-11-20.."),
    _lot("BANKNIFTY", 30, "2025-02-01..2025-06-30", _NOV_2024, traded="2024-12-25.."),
    _lot("BANKNIFTY", 30, "2025-07-01..", _NOV_2024, traded="2024-12-25..2025-04-24"),
    _lot("BANKNIFTY", 35, "2025-07-01..", _APR_2025, traded="2025-04-25.."),
    _lot("BANKNIFTY", 30, "2026-01-27..", _OCT_2025, traded="2025-12-31.."),
    _lot("BANKNIFTY", 30, "2026-01-27..2026-02-24", _OCT_2025, traded="2025-10-29.."),
    _lot("FINNIFTY", 40, "..2024-07-29", "NSE practice before the July 2024 monthly"),
    _lot("FINNIFTY", 25, "2024-07-30..2025-01-31", _APR_2024),
    _lot("FINNIFTY", 65, "2025-02-01..2026-01-26", _NOV_2024),
    _lot("FINNIFTY", 60, "2026-01-27..", _OCT_2025),
    _lot("SENSEX", 15, "..2023-05-14", "BSE practice before the relaunch", sure="M"),
    _lot("SENSEX", 10, "2023-05-15..2025-01-06", "BSE relaunch of 2023-05-15"),
    _lot("SENSEX", 20, "2025-01-07..", _BSE_2024),
    _lot("SENSEX", 10, "2025-01-07..2025-01-31", "listed before the change", cycle="monthly", sure="M"),
)

#: (index, weekday, first date, last date or None, sure): nominal weekly expiries between these dates.
#: The first date is where the table begins, not always where the contract began.
WEEKLY_DAYS: Final[tuple[tuple[str, int, date, date | None, str], ...]] = (
    ("NIFTY", THURSDAY, date(2019, 2, 11), date(2025, 8, 31), "H"),
    ("NIFTY", TUESDAY, date(2025, 9, 1), None, "H"),
    ("BANKNIFTY", THURSDAY, date(2016, 5, 27), date(2023, 8, 31), "H"),
    ("BANKNIFTY", WEDNESDAY, date(2023, 9, 1), date(2024, 11, 13), "H"),
    ("FINNIFTY", TUESDAY, date(2021, 10, 14), date(2024, 11, 19), "H"),
    ("SENSEX", THURSDAY, date(2022, 1, 1), date(2023, 5, 12), "H"),
    ("SENSEX", FRIDAY, date(2023, 5, 15), date(2025, 1, 6), "H"),
    ("SENSEX", TUESDAY, date(2025, 1, 7), date(2025, 8, 31), "H"),
    ("SENSEX", THURSDAY, date(2025, 9, 1), None, "H"),
)

#: (index, weekday, first contract month, last contract month or None): the last such weekday of the month.
MONTHLY_DAYS: Final[tuple[tuple[str, int, tuple[int, int], tuple[int, int] | None], ...]] = (
    ("NIFTY", THURSDAY, (2000, 6), (2025, 8)),
    ("NIFTY", TUESDAY, (2025, 9), None),
    ("BANKNIFTY", THURSDAY, (2005, 6), (2024, 2)),
    ("BANKNIFTY", WEDNESDAY, (2024, 3), (2024, 12)),
    ("BANKNIFTY", THURSDAY, (2025, 1), (2025, 8)),
    ("BANKNIFTY", TUESDAY, (2025, 9), None),
    ("FINNIFTY", TUESDAY, (2021, 10), (2024, 12)),
    ("FINNIFTY", THURSDAY, (2025, 1), (2025, 8)),
    ("FINNIFTY", TUESDAY, (2025, 9), None),
    ("SENSEX", THURSDAY, (2000, 6), (2023, 4)),
    ("SENSEX", FRIDAY, (2023, 5), (2024, 12)),
    ("SENSEX", TUESDAY, (2025, 1), (2025, 8)),
    ("SENSEX", THURSDAY, (2025, 9), None),
)

#: Distance of neighbouring strikes near the money. The listed chain decides where there is one.
STRIKE_STEPS: Final[dict[str, int]] = {"NIFTY": 50, "BANKNIFTY": 100, "FINNIFTY": 50, "SENSEX": 100}

FREEZE_SOURCE: Final = "NSE monthly quantity-freeze circulars 2024-08 to 2026-07; SENSEX: practice (M)"

#: (valid from, most units of one order by index); each row is in force until the next.
FREEZE_QUANTITIES: Final[tuple[tuple[date, dict[str, int]], ...]] = (
    (date(2024, 8, 1), {"BANKNIFTY": 900, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2025, 7, 1), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2025, 9, 1), {"BANKNIFTY": 900, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2025, 11, 3), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2025, 12, 1), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1200, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2026, 2, 1), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2026, 3, 2), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1200, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2026, 4, 1), {"BANKNIFTY": 900, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
    (date(2026, 7, 1), {"BANKNIFTY": 600, "NIFTY": 1800, "FINNIFTY": 1800, "MIDCPNIFTY": 2800, "NIFTYNXT50": 600}),
)
SENSEX_FREEZE: Final = 1000
