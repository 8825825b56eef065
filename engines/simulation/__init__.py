"""A simulated exchange: seeded, deterministic, with days, minutes, ticks, quotes, depth, futures and option
chains.

market = SimulatedMarket(DEFAULT_SEED, always_open())
market.quotes(["NSE:RELIANCE", "NSE:NIFTY 50"], now)
"""

from engines.simulation.answers import Bars, DailyBars, OptionChain, OptionSide, Quotes, TickSeries
from engines.simulation.contracts import Contract
from engines.simulation.depth import Depth
from engines.simulation.listing import Listing, SimInstrument, full_listing
from engines.simulation.market import DEFAULT_SEED, SimulatedMarket
from engines.simulation.sessions import SimSessions, always_open, from_dates, from_schedule

__all__ = [
    "DEFAULT_SEED",
    "Bars",
    "Contract",
    "DailyBars",
    "Depth",
    "Listing",
    "OptionChain",
    "OptionSide",
    "Quotes",
    "SimInstrument",
    "SimSessions",
    "SimulatedMarket",
    "TickSeries",
    "always_open",
    "from_dates",
    "from_schedule",
    "full_listing",
]
