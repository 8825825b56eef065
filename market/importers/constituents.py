"""Read a list of an index's members as NSE publishes it, or a bare list of symbols."""

import re
from dataclasses import dataclass
from typing import Final

from market.importers.tables import FileTable, UnreadableFile

_ISIN: Final = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}\d$")
_SYMBOL: Final = re.compile(r"^[A-Z0-9][A-Z0-9&._-]{0,39}$")
_NAMES: Final = {
    "symbol": ("symbol", "tradingsymbol", "ticker"),
    "name": ("company_name", "name", "company"),
    "sector": ("industry", "sector"),
    "isin": ("isin_code", "isin"),
}


@dataclass(frozen=True, slots=True)
class ConstituentRow:
    """One member. ``isin`` is empty where the file has none or a malformed one; ``fault`` refuses the row."""

    line: int
    symbol: str
    name: str
    sector: str
    isin: str
    fault: str = ""


def read_constituents(table: FileTable) -> list[ConstituentRow]:
    """Return the members in the file's order. Raises UnreadableFile when there is no symbol column."""
    chosen = {what: next((name for name in names if name in table.columns), "") for what, names in _NAMES.items()}
    if not chosen["symbol"]:
        raise UnreadableFile(f"{table.file}: there is no column 'Symbol'; it has {', '.join(table.header)}")
    columns = (table.texts(chosen[what]) for what in ("symbol", "name", "sector", "isin"))
    rows: list[ConstituentRow] = []
    seen: set[str] = set()
    for at, (symbol, name, sector, isin) in enumerate(zip(*columns, strict=True)):
        symbol, isin = symbol.upper(), isin.upper()
        fault = ""
        if not _SYMBOL.match(symbol):
            fault = f"'{symbol}' is no symbol"
        elif symbol in seen:
            fault = f"{symbol} is listed twice"
        seen.add(symbol)
        valid = isin if _ISIN.match(isin) else ""
        rows.append(ConstituentRow(table.line(at), symbol, name[:120], sector[:60], valid, fault))
    return rows
