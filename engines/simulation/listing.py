"""The instrument table of the simulated exchange: static facts and the factor loads that drive each price."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from engines.simulation.listing_indices import ETF_ROWS, INDEX_ROWS, VIX_ROW
from engines.simulation.listing_stocks import STOCK_LINES

F64 = npt.NDArray[np.float64]

VIX_KEY = "NSE:INDIA VIX"
BSE_VOLUME_SHARE = 0.08
# A stock that BSE trades on a fixed share of NSE's volume; liquid and other funds are listed on NSE alone.
BSE_TWINNED_ETFS = frozenset({"NIFTYBEES", "BANKBEES", "GOLDBEES", "LIQUIDBEES", "JUNIORBEES", "SILVERBEES"})


@dataclass(frozen=True, slots=True)
class SimInstrument:
    """One listed instrument.

    key: `EXCHANGE:SYMBOL` as Kite writes it. kind: `EQ`, `ETF` or `INDEX`. sector: NSE industry ("" for an
    index). level_2019, level_2026: price (rupees or points) the drift joins. annual_vol_pct: intended
    volatility. units_per_day: typical volume (0 for an index). weight: relative index weight. flags: see
    `listing_stocks`. follows: key of the index an ETF tracks, of the NSE twin of a BSE listing, or "".
    """

    key: str
    exchange: str
    symbol: str
    name: str
    kind: str
    sector: str
    isin: str
    level_2019: float
    level_2026: float
    annual_vol_pct: float = 0.0
    units_per_day: float = 0.0
    weight: float = 0.0
    flags: str = ""
    follows: str = ""
    market_beta: float = 0.0
    members: tuple[str, ...] = ()

    @property
    def is_index(self) -> bool:
        return self.kind == "INDEX"

    @property
    def is_etf(self) -> bool:
        return self.kind == "ETF"

    @property
    def has_derivatives(self) -> bool:
        """Whether derivatives of this stock are listed in the market (its price band is then dynamic)."""
        return "F" in self.flags

    @property
    def has_futures_here(self) -> bool:
        """Whether the simulated exchange lists futures of this stock."""
        return "U" in self.flags


def _parse_stocks() -> list[SimInstrument]:
    stocks, sector = [], ""
    for line in STOCK_LINES.strip().splitlines():
        if line.startswith("# "):
            sector = line[2:]
            continue
        symbol, name, isin, first, last, vol, thousands, weight, flags = line.split("|")
        stocks.append(
            SimInstrument(
                key=f"NSE:{symbol}",
                exchange="NSE",
                symbol=symbol,
                name=name,
                kind="EQ",
                sector=sector,
                isin=isin,
                level_2019=float(first),
                level_2026=float(last),
                annual_vol_pct=float(vol),
                units_per_day=1_000.0 * float(thousands),
                weight=float(weight),
                flags=flags.replace("-", ""),
            )
        )
    return sorted(stocks, key=lambda stock: stock.symbol)


def _belongs(stock: SimInstrument, rule: str) -> bool:
    kind, _, value = rule.partition(":")
    if kind == "flag":
        return value in stock.flags
    if kind == "sector":
        return stock.sector in value.split(",")
    if kind == "next50":
        return "1" in stock.flags and "5" not in stock.flags
    if kind == "private_bank":
        return "B" in stock.flags and "P" not in stock.flags
    return True


def _parse_indices(stocks: list[SimInstrument]) -> list[SimInstrument]:
    rows = [
        SimInstrument(
            key=f"{exchange}:{symbol}",
            exchange=exchange,
            symbol=symbol,
            name=name,
            kind="INDEX",
            sector="",
            isin="",
            level_2019=float(first),
            level_2026=float(last),
            members=tuple(stock.key for stock in stocks if _belongs(stock, rule)),
        )
        for exchange, symbol, name, first, last, rule in INDEX_ROWS
    ]
    exchange, symbol, name, first, last = VIX_ROW
    vix = SimInstrument(
        key=VIX_KEY,
        exchange=exchange,
        symbol=symbol,
        name=name,
        kind="INDEX",
        sector="",
        isin="",
        level_2019=float(first),
        level_2026=float(last),
    )
    return [*rows, vix]


def _parse_etfs(indices: list[SimInstrument]) -> list[SimInstrument]:
    by_key = {index.key: index for index in indices}
    funds = []
    for symbol, name, isin, rule, first, last, thousands in ETF_ROWS:
        kind, _, value = rule.partition(":")
        index = by_key.get(value)
        vol, beta = (0.0, 0.0) if kind == "index" else map(float, value.split(","))
        funds.append(
            SimInstrument(
                key=f"NSE:{symbol}",
                exchange="NSE",
                symbol=symbol,
                name=name,
                kind="ETF",
                sector="Exchange Traded Funds",
                isin=isin,
                level_2019=first * index.level_2019 if index else first,
                level_2026=last * index.level_2026 if index else last,
                annual_vol_pct=vol,
                units_per_day=1_000.0 * thousands,
                follows=value if index else "",
                market_beta=beta,
            )
        )
    return funds


def _bse_twin(nse: SimInstrument) -> SimInstrument:
    return SimInstrument(
        key=f"BSE:{nse.symbol}",
        exchange="BSE",
        symbol=nse.symbol,
        name=nse.name,
        kind=nse.kind,
        sector=nse.sector,
        isin=nse.isin,
        level_2019=nse.level_2019,
        level_2026=nse.level_2026,
        annual_vol_pct=nse.annual_vol_pct,
        units_per_day=BSE_VOLUME_SHARE * nse.units_per_day,
        weight=nse.weight,
        flags=nse.flags.replace("U", ""),
        follows=nse.key,
    )


@dataclass(frozen=True)
class Listing:
    """All static instruments: `core` rows carry prices of their own (stocks, ETFs, indices, VIX last), `twins`
    are BSE listings.
    """

    stocks: tuple[SimInstrument, ...]
    etfs: tuple[SimInstrument, ...]
    indices: tuple[SimInstrument, ...]
    twins: tuple[SimInstrument, ...] = field(default=())

    @cached_property
    def core(self) -> tuple[SimInstrument, ...]:
        return (*self.stocks, *self.etfs, *self.indices)

    @cached_property
    def instruments(self) -> tuple[SimInstrument, ...]:
        return (*self.core, *self.twins)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of every key: core rows first, then the BSE twins."""
        return {instrument.key: row for row, instrument in enumerate(self.instruments)}

    @cached_property
    def twin_base_rows(self) -> npt.NDArray[np.int64]:
        """Core row behind each BSE twin."""
        return np.array([self.row_of[twin.follows] for twin in self.twins], np.int64)

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        return tuple(sorted({stock.sector for stock in self.stocks}))

    def get(self, key: str) -> SimInstrument:
        """The instrument of a key. Raises KeyError naming an unknown key."""
        row = self.row_of.get(key)
        if row is None:
            raise KeyError(f"{key} is not listed on the simulated exchange")
        return self.instruments[row]

    def universe(self, name: str) -> tuple[str, ...]:
        """Keys of a universe: `nifty_50`, `nifty_next_50`, `nifty_100`, `nifty_500`, `nifty_bank`, `sensex`,
        `etf`, `fno`, `all`.

        Raises KeyError for another name.
        """
        rules = {
            "nifty_50": "flag:5",
            "nifty_next_50": "next50",
            "nifty_100": "flag:1",
            "nifty_500": "all",
            "nifty_bank": "flag:B",
            "sensex": "flag:S",
            "fno": "flag:F",
            "all": "all",
        }
        if name == "etf":
            return tuple(fund.key for fund in self.etfs)
        if name not in rules:
            raise KeyError(f"unknown universe {name!r}; known: {', '.join(sorted([*rules, 'etf']))}")
        return tuple(stock.key for stock in self.stocks if _belongs(stock, rules[name]))


@lru_cache(maxsize=1)
def full_listing() -> Listing:
    """The listing of the simulated exchange; built once per process."""
    stocks = _parse_stocks()
    indices = _parse_indices(stocks)
    etfs = _parse_etfs(indices)
    twinned = [*stocks, *(fund for fund in etfs if fund.symbol in BSE_TWINNED_ETFS)]
    return Listing(tuple(stocks), tuple(etfs), tuple(indices), tuple(_bse_twin(nse) for nse in twinned))
