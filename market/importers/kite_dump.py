"""Read Zerodha's list of instruments (the CSV of ``/instruments`` or ``/instruments/NFO``)."""

from datetime import UTC, date, datetime
from typing import Final

from market.adapters.base import ListedInstrument
from market.constants import Exchange
from market.importers.columns import NO_TIME, wall_seconds
from market.importers.tables import FileTable

COLUMNS: Final = (
    "instrument_token", "tradingsymbol", "name", "expiry", "strike", "tick_size", "lot_size", "instrument_type",
    "segment", "exchange",
)  # fmt: skip
_KINDS: Final = {"EQ": "EQ", "FUT": "FUT", "CE": "OPT", "PE": "OPT"}
_MAX_TOKEN: Final = 2**62


class DumpRowFault(ValueError):
    """A row that cannot be used; the message says why."""


def read_kite_dump(table: FileTable) -> list[tuple[int, ListedInstrument | None, str, str]]:
    """Return (line, instrument or None, why not, trading symbol) of each row. Raises UnreadableFile."""
    table.require(*COLUMNS)
    rows: list[tuple[int, ListedInstrument | None, str, str]] = []
    tokens: set[int] = set()
    names: set[tuple[str, str]] = set()
    for at, values in enumerate(zip(*(table.texts(name) for name in COLUMNS), strict=True)):
        try:
            listed = _listed(dict(zip(COLUMNS, values, strict=True)))
            if listed.token in tokens or (listed.exchange, listed.symbol) in names:
                raise DumpRowFault("DUPLICATE_ROW: the token or the symbol stands in an earlier row")
        except DumpRowFault as fault:
            rows.append((table.line(at), None, str(fault), values[1]))
            continue
        tokens.add(listed.token or 0)
        names.add((listed.exchange, listed.symbol))
        rows.append((table.line(at), listed, "", listed.symbol))
    return rows


def _listed(row: dict[str, str]) -> ListedInstrument:
    exchange, symbol, kind = row["exchange"].upper(), row["tradingsymbol"].upper(), row["instrument_type"].upper()
    if exchange not in Exchange.values:
        raise DumpRowFault(f"UNKNOWN_EXCHANGE: the platform does not keep {exchange or 'rows without an exchange'}")
    if not symbol or len(symbol) > 40:
        raise DumpRowFault("UNKNOWN_SYMBOL: no trading symbol, or a longer one than 40 characters")
    if kind not in _KINDS:
        raise DumpRowFault(f"UNPARSABLE: instrument_type '{kind}' is none of EQ, FUT, CE, PE")
    is_index = row["segment"].upper() == "INDICES"
    segment = "INDEX" if is_index else _KINDS[kind]
    is_contract = segment in ("FUT", "OPT")
    strike = _number(row, "strike") if segment == "OPT" else None
    if segment == "OPT" and not strike:
        raise DumpRowFault("UNPARSABLE: an option without a strike")
    return ListedInstrument(
        exchange=exchange,
        symbol=symbol,
        name=row["name"][:120],
        segment=segment,
        instrument_type="INDEX" if is_index else kind,
        underlying=row["name"][:40] if is_contract else "",
        expiry=_expiry(row["expiry"]) if is_contract else None,
        strike=strike,
        lot_size=max(1, int(_number(row, "lot_size"))),
        tick_size=_number(row, "tick_size") or 0.05,
        token=_token(row["instrument_token"]),
    )


def _token(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < _MAX_TOKEN:
        raise DumpRowFault(f"UNPARSABLE: instrument_token '{text}' is not a whole number above zero")
    return int(text)


def _number(row: dict[str, str], name: str) -> float:
    try:
        value = float(row[name] or 0)
    except ValueError:
        value = float("nan")
    if not 0 <= value < 1e9:
        raise DumpRowFault(f"UNPARSABLE: {name} '{row[name]}' is not a number of zero or more")
    return value


def _expiry(text: str) -> date:
    seconds = wall_seconds(text)
    if seconds == NO_TIME:
        raise DumpRowFault(f"UNPARSABLE: expiry '{text}' cannot be read")
    return datetime.fromtimestamp(seconds, UTC).date()
