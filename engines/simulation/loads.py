"""Factor loads: how each core instrument depends on the market, the sectors and noises of single names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.simulation.listing import VIX_KEY, Listing, SimInstrument

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

MARKET_VOL = 0.168
SECTOR_VOL = 0.115
TRACKING_VOL = 0.004
VOL_SCALE = 1.17
LEAST_OWN_SHARE = 0.5

SECTOR_BETA = {
    "Automobile and Auto Components": 1.0,
    "Capital Goods": 1.05,
    "Chemicals": 0.85,
    "Construction": 1.1,
    "Construction Materials": 0.95,
    "Consumer Durables": 0.9,
    "Consumer Services": 1.05,
    "Fast Moving Consumer Goods": 0.68,
    "Financial Services": 1.15,
    "Healthcare": 0.75,
    "Information Technology": 0.85,
    "Metals & Mining": 1.25,
    "Oil Gas & Consumable Fuels": 1.0,
    "Power": 1.1,
    "Realty": 1.35,
    "Services": 1.05,
    "Telecommunication": 0.9,
}


@dataclass(frozen=True)
class FactorLoads:
    """Sources are the market (column 0), the sectors, then one own noise per stock and ETF; rows follow
    `Listing.core`.

    matrix: (rows, sources) loads. source_vol: annual volatility of each source. market, sector, own: shares of
    a row's intraday noise (squares sum to 1). sector_of: sector column used intraday. noise_of: row whose own
    intraday noise a row uses.
    """

    matrix: F64
    source_vol: F64
    market: F64
    sector: F64
    own: F64
    sector_of: I64
    noise_of: I64
    sector_count: int


def _stock_loads(stock: SimInstrument) -> tuple[float, float]:
    vol = VOL_SCALE * stock.annual_vol_pct / 100.0
    beta = SECTOR_BETA[stock.sector] * (vol / 0.28) ** 0.4
    explained = (beta * MARKET_VOL) ** 2 + SECTOR_VOL**2
    return beta, float(np.sqrt(max(vol**2 - explained, (LEAST_OWN_SHARE * vol) ** 2)))


def _matrix(listing: Listing) -> tuple[F64, F64]:
    stocks, etfs, core = listing.stocks, listing.etfs, listing.core
    sectors = {name: 1 + position for position, name in enumerate(listing.sectors)}
    first_own = 1 + len(sectors)
    matrix = np.zeros((len(core), first_own + len(stocks) + len(etfs)))
    vol = np.concatenate([[MARKET_VOL], np.full(len(sectors), SECTOR_VOL), np.zeros(len(stocks) + len(etfs))])
    for row, stock in enumerate(stocks):
        beta, own = _stock_loads(stock)
        matrix[row, [0, sectors[stock.sector], first_own + row]] = beta, 1.0, 1.0
        vol[first_own + row] = own
    for index in listing.indices:
        if index.members:
            rows = [listing.row_of[key] for key in index.members]
            weights = np.array([core[row].weight for row in rows])
            matrix[listing.row_of[index.key]] = (weights / weights.sum()) @ matrix[rows]
    for position, etf in enumerate(etfs):
        row, own = len(stocks) + position, first_own + len(stocks) + position
        matrix[row, 0] = etf.market_beta
        if etf.follows:
            matrix[row] = matrix[listing.row_of[etf.follows]]
        matrix[row, own] = 1.0
        vol[own] = TRACKING_VOL if etf.follows else etf.annual_vol_pct / 100.0
    return matrix, vol


def _noise_rows(listing: Listing) -> I64:
    """Broad indices share one intraday noise, an ETF uses its index's."""
    rows = np.arange(len(listing.core))
    nifty = listing.row_of["NSE:NIFTY 50"]
    for key in ("BSE:SENSEX", "NSE:NIFTY 100", "NSE:NIFTY 500"):
        rows[listing.row_of[key]] = nifty
    for etf in listing.etfs:
        if etf.follows:
            rows[listing.row_of[etf.key]] = listing.row_of[etf.follows]
    return rows


def factor_loads(listing: Listing) -> FactorLoads:
    """Loads of every core row. The VIX row moves against the market intraday and has no daily loads here."""
    matrix, vol = _matrix(listing)
    sector_count = len(listing.sectors)
    deviations = matrix * vol
    total = np.sqrt(np.sum(deviations**2, axis=1))
    vix = listing.row_of[VIX_KEY]
    total[vix] = 1.0
    sector_of = np.argmax(np.abs(deviations[:, 1 : 1 + sector_count]), axis=1)
    market = deviations[:, 0] / total
    sector = deviations[np.arange(len(total)), 1 + sector_of] / total
    market[vix], sector[vix] = -0.75, 0.0
    own = np.sqrt(np.maximum(1.0 - market**2 - sector**2, 0.0))
    return FactorLoads(matrix, vol, market, sector, own, sector_of, _noise_rows(listing), sector_count)
