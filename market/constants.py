"""Names and limits of market data."""

from typing import Final

from django.db.models import TextChoices


class Exchange(TextChoices):
    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO", "NSE derivatives"
    BFO = "BFO", "BSE derivatives"
    MCX = "MCX"


class Segment(TextChoices):
    EQUITY = "EQ", "Equity"
    INDEX = "INDEX", "Index"
    FUTURES = "FUT", "Futures"
    OPTIONS = "OPT", "Options"


class InstrumentType(TextChoices):
    EQUITY = "EQ", "Share"
    ETF = "ETF", "Exchange-traded fund"
    INDEX = "INDEX", "Index"
    FUTURE = "FUT", "Future"
    CALL = "CE", "Call option"
    PUT = "PE", "Put option"


class Interval(TextChoices):
    """Bar lengths that are stored or derived. The value is the API's word."""

    MINUTE = "minute"
    MINUTE_5 = "5minute"
    MINUTE_15 = "15minute"
    MINUTE_60 = "60minute"
    DAY = "day"


class ObservedEvery(TextChoices):
    """How often a figure that is no bar was taken."""

    DAY = "day"
    WEEK = "week"


INTERVAL_MINUTES: Final = {"minute": 1, "5minute": 5, "15minute": 15, "60minute": 60}


class Source(TextChoices):
    """Where prices come from. The value is ``data_source`` on the wire."""

    KITE = "kite"
    ICICI = "icici"
    IMPORT = "import"
    YAHOO = "yahoo"
    SIMULATED = "simulated"


#: Sources of prices that somebody trades at. Each other source is a market of its own.
REAL_SOURCES: Final = frozenset({Source.KITE.value, Source.ICICI.value, Source.YAHOO.value})

#: A read uses one source for its whole range: the first of these that has data (ARCHITECTURE 4).
SOURCE_ORDER: Final = ("kite", "icici", "import", "yahoo", "simulated")


class Basis(TextChoices):
    RAW = "raw", "as traded"
    ADJUSTED = "adjusted", "adjusted by the vendor"


MAX_BARS_PER_ANSWER: Final = 5000
MAX_LIVE_PRICE_SYMBOLS: Final = 50
MAX_WATCHLISTS: Final = 20
MAX_WATCHLIST_SYMBOLS: Final = 100

#: Names of `core.DataVersion` rows that market data bumps when it changes.
VERSION_CANDLES: Final = "market.candles"
VERSION_INSTRUMENTS: Final = "market.instruments"
VERSION_UNIVERSES: Final = "market.universes"
VERSION_CALENDAR: Final = "market.calendar"
VERSION_ACTIONS: Final = "market.corporate_actions"
VERSION_FUNDAMENTALS: Final = "market.fundamentals"
