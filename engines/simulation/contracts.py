"""Expiries, names and lists of futures and options, by the dated rules of `contract_specs`."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation.contract_specs import (
    INDEX_SPECS,
    MONTHLY_WEEKDAY,
    SPEC_OF,
    STOCK_LOTS,
    WEEKLY_WEEKDAY,
    IndexSpec,
    in_force,
    lot_size,
)
from engines.simulation.sessions import SimSessions

WEEKLIES_LISTED = 5
MONTHLIES_LISTED = 3
STRIKE_REACH = 0.13
STRIKE_BLOCK = 10
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH_CODES = "123456789OND"
_NAMES = sorted([*SPEC_OF, *STOCK_LOTS], key=len, reverse=True)
_TAIL = re.compile(r"(\d\d)(?:([A-Z]{3})|([1-9OND])(\d\d))(?:(FUT)|(\d+)(CE|PE))")


class Contract(NamedTuple):
    """A dated contract. kind: FUT, CE or PE; strike 0 for a future; lot in shares; expiry an IST trade date."""

    key: str
    exchange: str
    symbol: str
    name: str
    underlying: str
    kind: str
    expiry: np.datetime64
    strike: float
    lot: int
    weekly: bool

    @property
    def number(self) -> int:
        """A stable integer identity (the same in every process)."""
        code = int.from_bytes(self.name.encode()[:6], "big")
        days = int(self.expiry.astype("datetime64[D]").astype(np.int64))
        return (
            (code << 16)
            ^ days
            ^ (int(self.strike) << 20 if self.strike else 0)
            ^ ({"FUT": 1, "CE": 2, "PE": 3}[self.kind] << 60)
        )


def weekday(day: np.datetime64) -> int:
    """Monday 0 to Sunday 6."""
    return int((day.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def monthly_expiry(name: str, month: np.datetime64, sessions: SimSessions) -> np.datetime64:
    """Expiry of the monthly contract of a month: its last such weekday, or the session before."""
    rule = MONTHLY_WEEKDAY[name if name in MONTHLY_WEEKDAY else "NIFTY"]
    first = month.astype("datetime64[M]")
    wanted = in_force(rule, first.astype("datetime64[D]"))
    last = (first + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    day = last - np.timedelta64((weekday(last) - int(wanted or 0)) % 7, "D")
    return sessions.session_on_or_before(day)


def _weekly_expiries(
    name: str, day: np.datetime64, monthlies: list[np.datetime64], sessions: SimSessions
) -> list[np.datetime64]:
    """Weekly expiries on or after `day`; in the week of a monthly expiry the monthly contract takes the
    weekly's place.
    """
    rule = WEEKLY_WEEKDAY[name]
    monday = day - np.timedelta64(weekday(day), "D")
    found = []
    for week in range(WEEKLIES_LISTED + 2):
        start = monday + np.timedelta64(7 * week, "D")
        wanted = in_force(rule, start + np.timedelta64(4, "D"))
        if wanted is None:
            continue
        same_week = [expiry for expiry in monthlies if start <= expiry < start + np.timedelta64(7, "D")]
        expiry = same_week[0] if same_week else sessions.session_on_or_before(start + np.timedelta64(wanted, "D"))
        if expiry >= day:
            found.append(expiry)
    return found[:WEEKLIES_LISTED]


def _expiries(name: str, day: np.datetime64, sessions: SimSessions) -> tuple[tuple[np.datetime64, bool], ...]:
    month = day.astype("datetime64[M]")
    monthlies = [monthly_expiry(name, month + step, sessions) for step in range(-1, MONTHLIES_LISTED + 1)]
    chosen = {*_weekly_expiries(name, day, monthlies, sessions)}
    chosen |= set([expiry for expiry in monthlies if expiry >= day][:MONTHLIES_LISTED])
    return tuple((expiry, expiry not in monthlies) for expiry in sorted(chosen))


class ContractBook:
    """Contracts listed on each session of a calendar."""

    def __init__(self, sessions: SimSessions) -> None:
        self.sessions = sessions
        self._expiries: dict[tuple[str, np.datetime64], tuple[tuple[np.datetime64, bool], ...]] = {}

    def expiries(self, name: str, day: np.datetime64) -> tuple[tuple[np.datetime64, bool], ...]:
        """(expiry, is weekly) of the index options listed on a trade date, soonest first.

        Raises KeyError for an index without options.
        """
        if name not in SPEC_OF:
            raise KeyError(f"{name} has no options on the simulated exchange; known: {', '.join(SPEC_OF)}")
        found = self._expiries.get((name, day))
        if found is None:
            found = self._expiries[name, day] = _expiries(name, day, self.sessions)
        return found

    def future_expiries(self, name: str, day: np.datetime64) -> list[np.datetime64]:
        """Expiries of the three futures listed on a trade date."""
        month = day.astype("datetime64[M]")
        found = [monthly_expiry(name, month + step, self.sessions) for step in range(MONTHLIES_LISTED + 1)]
        return [expiry for expiry in found if expiry >= day][:MONTHLIES_LISTED]

    def futures(self, day: np.datetime64) -> list[Contract]:
        """All futures listed on a trade date."""
        names = [spec.name for spec in INDEX_SPECS] + list(STOCK_LOTS)
        return [future(name, expiry) for name in names for expiry in self.future_expiries(name, day)]

    def strikes(self, spec: IndexSpec, lowest: float, highest: float) -> npt.NDArray[np.float64]:
        """Strikes listed, ascending: 13 % beyond the lowest and highest recent closes, in blocks of ten steps."""
        block = STRIKE_BLOCK * spec.strike_step
        first = max(int(np.floor((1.0 - STRIKE_REACH) * lowest / block)) * STRIKE_BLOCK, 1)
        last = int(np.ceil((1.0 + STRIKE_REACH) * highest / block)) * STRIKE_BLOCK
        return spec.strike_step * np.arange(first, last + 1, dtype=np.float64)

    def parse(self, key: str) -> Contract:
        """The contract a key such as `NFO:NIFTY26NOV25000CE` names. Raises KeyError when it names none."""
        exchange, _, symbol = key.partition(":")
        for name in _NAMES:
            if not symbol.startswith(name):
                continue
            match = _TAIL.fullmatch(symbol[len(name) :])
            if match is None:
                continue
            contract = self._build(name, match)
            if contract is not None and contract.key == f"{exchange}:{symbol}":
                return contract
        raise KeyError(f"{key} is not listed on the simulated exchange")

    def _build(self, name: str, match: re.Match[str]) -> Contract | None:
        year, month, code, day, is_future, strike, kind = match.groups()
        if month is not None:
            if month not in _MONTHS:
                return None
            expiry = monthly_expiry(name, np.datetime64(f"20{year}-{_MONTHS.index(month) + 1:02d}"), self.sessions)
        else:
            try:
                expiry = np.datetime64(f"20{year}-{_MONTH_CODES.index(code) + 1:02d}-{day}")
            except ValueError:
                return None
        if is_future:
            return future(name, expiry)
        return option(SPEC_OF[name], expiry, month is None, float(strike), kind) if name in SPEC_OF else None


def _stamp(expiry: np.datetime64, weekly: bool) -> str:
    year, month, day = str(expiry.astype("datetime64[D]")).split("-")
    return f"{year[2:]}{_MONTH_CODES[int(month) - 1]}{day}" if weekly else f"{year[2:]}{_MONTHS[int(month) - 1]}"


def future(name: str, expiry: np.datetime64) -> Contract:
    """The future of an index or stock."""
    spec = SPEC_OF.get(name)
    exchange, underlying = (spec.exchange, spec.key) if spec else ("NFO", f"NSE:{name}")
    symbol = f"{name}{_stamp(expiry, False)}FUT"
    return Contract(
        f"{exchange}:{symbol}", exchange, symbol, name, underlying, "FUT", expiry, 0.0, lot_size(name, expiry), False
    )


def option(spec: IndexSpec, expiry: np.datetime64, weekly: bool, strike: float, kind: str) -> Contract:
    """An index option; kind is CE or PE."""
    symbol = f"{spec.name}{_stamp(expiry, weekly)}{strike:.0f}{kind}"
    return Contract(
        f"{spec.exchange}:{symbol}",
        spec.exchange,
        symbol,
        spec.name,
        spec.key,
        kind,
        expiry,
        strike,
        lot_size(spec.name, expiry),
        weekly,
    )
