"""Everything the market package stores."""

from market.models.calendar import TradingDay
from market.models.candles import Candle, CandleSeries
from market.models.fundamentals import Fundamental
from market.models.imports import ImportRun
from market.models.instruments import BrokerAlias, CorporateAction, Instrument, InstrumentSymbol
from market.models.observations import Observation, ObservationSeries
from market.models.universes import Universe, UniverseMember, UniverseSnapshot
from market.models.watchlists import Watchlist

__all__ = [
    "BrokerAlias",
    "Candle",
    "CandleSeries",
    "CorporateAction",
    "Fundamental",
    "ImportRun",
    "Instrument",
    "InstrumentSymbol",
    "Observation",
    "ObservationSeries",
    "TradingDay",
    "Universe",
    "UniverseMember",
    "UniverseSnapshot",
    "Watchlist",
]
