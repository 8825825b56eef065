"""Recognise how a file of bars is laid out and read it into `FileBars`.

Known: our plain layout (``symbol, date|timestamp, open, high, low, close[, volume][, oi]`` with the usual other names
for symbol and time), the exchange's own end-of-day files (cash: ``sec_bhavdata_full``; cash and derivatives: the
common bhavcopy since 2024), the derivatives' tables made from them, and rolling option series by underlying and type.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np

from market.adapters.base import Floats, Ints
from market.constants import INTERVAL_MINUTES
from market.importers import columns
from market.importers.bars import ContractTerms, FileBars, FormerSymbol
from market.importers.columns import BAD_COUNT, DAY_S, IST_OFFSET_S, NO_TIME
from market.importers.reasons import CODES, Reason
from market.importers.tables import FileTable, UnreadableFile

#: Series of the cash market that are kept. Others (bonds, SME, rights, trade for trade, ...) are refused.
SHARE_SERIES: Final = frozenset({"EQ"})

#: What exchanges call instruments: ``M&M``, ``BAJAJ-AUTO``, ``NIFTY 50``; anything else is no symbol.
SYMBOL_TEXT: Final = re.compile(r"[A-Z0-9][A-Z0-9&._ -]{0,39}", re.ASCII)
SYMBOL_NAMES: Final = ("symbol", "tradingsymbol", "trading_symbol", "ticker", "stock", "instrument", "name")
TIME_NAMES: Final = ("date", "datetime", "timestamp", "ts", "time", "date_time", "trade_date", "trading_date")
_VOLUME: Final = ("volume", "vol", "qty", "total_traded_quantity", "shares_traded")
_OI: Final = ("oi", "open_interest", "oi_qty")
_KINDS: Final = {"STF": "FUT", "IDF": "FUT", "STO": "OPT", "IDO": "OPT"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the columns of one layout. ``contract`` names underlying, expiry, strike, option type, kind, lot."""

    name: str
    symbol: tuple[str, ...]
    time: str
    prices: tuple[str, str, str, str]
    volume: str | None = None
    oi: str | None = None
    series: str | None = None
    contract: tuple[str, str, str, str, str, str] | None = None
    former: str | None = None
    volume_is_lots: bool = False
    note: str = ""


_PLAIN_PRICES: Final = ("open", "high", "low", "close")
_CASH: Final = Layout(
    "exchange cash bhavcopy (sec_bhavdata_full)", ("symbol",), "date1",
    ("open_price", "high_price", "low_price", "close_price"), "ttl_trd_qnty", series="series",
)  # fmt: skip
_COMMON_PRICES: Final = ("opnpric", "hghpric", "lwpric", "clspric")
_COMMON_CASH: Final = Layout(
    "exchange bhavcopy, cash", ("tckrsymb",), "traddt", _COMMON_PRICES, "ttltradgvol", series="sctysrs"
)
_COMMON_FNO: Final = Layout(
    "exchange bhavcopy, derivatives", ("fininstrmnm",), "traddt", _COMMON_PRICES, "ttltradgvol", "opnintrst",
    contract=("tckrsymb", "xprydt", "strkpric", "optntp", "fininstrmtp", "newbrdlotqty"), volume_is_lots=True,
)  # fmt: skip
_FNO_TABLE: Final = Layout(
    "derivatives end of day", ("tradingsymbol",), "trade_date", _PLAIN_PRICES, "volume_contracts", "oi_qty",
    contract=("underlying", "expiry", "strike", "option_type", "instrument_kind", "lot_size"), volume_is_lots=True,
)  # fmt: skip


def recognise(table: FileTable) -> Layout:
    """Return the layout of ``table``. Raises UnreadableFile naming the missing column."""
    has = table.columns.keys()
    if {"series", "date1", "close_price"} <= has:
        return _checked(_CASH, table)
    if {"opnpric", "clspric"} <= has:
        table.require("sgmt")
        return _checked(_COMMON_FNO if "FO" in set(table.texts("sgmt")[:1]) else _COMMON_CASH, table)
    if {"tradingsymbol", "volume_contracts", "instrument_kind"} <= has:
        return _checked(_FNO_TABLE, table)
    return _plain(table)


def _plain(table: FileTable) -> Layout:
    has = table.columns.keys()
    time = next((name for name in TIME_NAMES if name in has), None)
    if time is None:
        raise UnreadableFile(f"{table.file}: there is no column 'date' or 'timestamp'; it has {_listed(table)}")
    table.require(*_PLAIN_PRICES)
    symbol: tuple[str, ...] = tuple(name for name in SYMBOL_NAMES if name in has)[:1]
    note = ""
    if not symbol and {"underlying", "option_type"} <= has:
        symbol = ("underlying", "option_type")
        note = "rolling at-the-money series: the contract changes, so moves across days are not returns of one"
    return Layout(
        "plain", symbol, time, _PLAIN_PRICES, _first(has, _VOLUME), _first(has, _OI),
        series="series" if "series" in has else None, former="symbol_then" if "symbol_then" in has else None, note=note,
    )  # fmt: skip


def _listed(table: FileTable) -> str:
    return ", ".join(name for name in table.header[:12])


def _first(has: object, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in has), None)  # type: ignore[operator]


def _checked(layout: Layout, table: FileTable) -> Layout:
    names = (*layout.symbol, layout.time, *layout.prices, layout.volume, layout.oi, layout.series)
    table.require(*(name for name in (*names, *(layout.contract or ())) if name))
    return layout


def read_bars(table: FileTable, *, interval: str, symbol: str = "") -> FileBars:
    """Read the rows of ``table`` as bars of ``interval``. ``symbol`` is for files that hold one symbol unnamed.

    Unreadable values, missing symbols and foreign series are marked. Raises UnreadableFile for a missing column, a
    missing symbol, or bars that are not of ``interval``.
    """
    layout = recognise(table)
    codes, symbols = _symbols(table, layout, symbol)
    wall = columns.instants(table.columns[layout.time])
    prices, wrong = _prices(table, layout)
    volume = _counts(table, layout.volume)
    oi = _counts(table, layout.oi)
    readable = wall != NO_TIME
    day = np.where(readable, wall // DAY_S, 0)
    minute = np.zeros_like(day) if interval == "day" else np.where(readable, wall % DAY_S // 60, 0)
    ts = day * DAY_S if interval == "day" else np.where(readable, wall - IST_OFFSET_S, 0)
    bars = FileBars(symbols, codes, ts, day, minute, *prices, volume, oi, np.zeros(table.rows, np.uint8))
    bars.refuse(~readable | wrong | (volume == BAD_COUNT) | (oi == BAD_COUNT), CODES[Reason.UNPARSABLE])
    bars.refuse(np.array([not SYMBOL_TEXT.fullmatch(name) for name in symbols])[codes], CODES[Reason.UNKNOWN_SYMBOL])
    if layout.note:
        bars.notes.append(layout.note)
    _refuse_foreign_series(table, layout, bars)
    _add_contracts(table, layout, bars)
    _add_former_symbols(table, layout, bars)
    if interval != "day":
        _require_interval(table.file, bars, interval)
    return bars


def _symbols(table: FileTable, layout: Layout, symbol: str) -> tuple[Ints, list[str]]:
    if symbol:
        return np.zeros(table.rows, np.int64), [symbol.strip().upper()]
    if not layout.symbol:
        raise UnreadableFile(f"{table.file}: there is no column 'symbol'; it has {_listed(table)}; say --symbol")
    parts = [columns.texts(table.columns[name]) for name in layout.symbol]
    if len(parts) == 1:
        return parts[0]
    codes, names = columns.joined(parts, " ATM ")
    return codes, names


def _prices(table: FileTable, layout: Layout) -> tuple[list[Floats], np.ndarray]:
    wrong = np.zeros(table.rows, bool)
    prices = []
    for name in layout.prices:
        values, bad = columns.floats(table.columns[name])
        wrong |= bad | np.isnan(values)
        prices.append(values)
    return prices, wrong


def _counts(table: FileTable, name: str | None) -> Ints:
    return np.full(table.rows, -1, np.int64) if name is None else columns.counts(table.columns[name])


def _refuse_foreign_series(table: FileTable, layout: Layout, bars: FileBars) -> None:
    """Mark rows of series other than EQ: bonds, rights, small companies, trade for trade."""
    if layout.series is None:
        return
    codes, names = columns.texts(table.columns[layout.series])
    bars.refuse(np.array([name not in SHARE_SERIES for name in names])[codes], CODES[Reason.UNKNOWN_SERIES])


def _add_contracts(table: FileTable, layout: Layout, bars: FileBars) -> None:
    """Read the terms of each contract from its first row; turn lots into units; mark days without a trade."""
    if layout.contract is None:
        return
    underlying, expiry, strike, option_type, kind, lot = layout.contract
    lots = columns.counts(table.columns[lot])
    _, first = np.unique(bars.symbol, return_index=True)
    import pyarrow as pa

    rows = pa.array(first)
    take = {name: table.columns[name].take(rows) for name in layout.contract}
    expiries = columns.instants(take[expiry])
    strikes, _ = columns.floats(take[strike])
    names, kinds, types = (
        _picked(columns.texts(take[name])) for name in (underlying, kind, option_type)
    )  # fmt: skip
    for at, row in enumerate(first):
        segment = _KINDS.get(kinds[at], "")
        if segment and expiries[at] != NO_TIME and (segment == "FUT" or strikes[at] > 0):
            bars.contracts[bars.symbols[bars.symbol[row]]] = ContractTerms(
                segment, types[at] if segment == "OPT" else "FUT", names[at], _date(expiries[at] // DAY_S),
                float(strikes[at]) if segment == "OPT" else None, max(1, int(lots[row])),
            )  # fmt: skip
    unknown = np.array([name not in bars.contracts for name in bars.symbols])[bars.symbol]
    bars.refuse(unknown, CODES[Reason.UNPARSABLE])
    quiet = (bars.volume <= 0) & (bars.open == 0) & (bars.high == 0) & (bars.low == 0)
    bars.refuse(quiet, CODES[Reason.NO_TRADE])
    if layout.volume_is_lots:
        bars.volume = np.where(bars.volume > 0, bars.volume * np.maximum(lots, 1), bars.volume)


def _picked(column: tuple[Ints, list[str]]) -> list[str]:
    codes, values = column
    return [values[code] for code in codes]


def _date(day: int) -> date:
    return datetime.fromtimestamp(int(day) * DAY_S, UTC).date()


def _add_former_symbols(table: FileTable, layout: Layout, bars: FileBars) -> None:
    """Note under which other symbols the shares of this file once traded, and when."""
    if layout.former is None:
        return
    codes, names = columns.texts(table.columns[layout.former])
    keys, group = np.unique(bars.symbol * len(names) + codes, return_inverse=True)
    for at, key in enumerate(keys):
        symbol, former = bars.symbols[key // len(names)], names[key % len(names)]
        days = bars.day[(group == at) & (bars.mark == 0)]
        if former and former != symbol and len(days):
            bars.former_symbols.append(FormerSymbol(symbol, former, _date(days.min()), _date(days.max())))


def _require_interval(file: str, bars: FileBars, interval: str) -> None:
    """Refuse a file whose bars are plainly of another length than the one named."""
    good = np.flatnonzero(bars.mark == 0)
    if len(good) < 20:
        return
    order = good[np.lexsort((bars.ts[good], bars.symbol[good]))]
    steps = np.diff(bars.ts[order])[np.diff(bars.symbol[order]) == 0]
    steps = steps[steps > 0]
    usual = int(np.median(steps)) if len(steps) else 0
    if usual and usual != INTERVAL_MINUTES[interval] * 60:
        found = f"{usual // 60} minutes" if usual < DAY_S else f"{usual // DAY_S} days"
        raise UnreadableFile(f"{file}: its bars are {found} apart, so they are not of --interval {interval}")
