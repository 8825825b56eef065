"""Our ``EXCHANGE:SYMBOL`` keys and Yahoo's tickers."""

from typing import Final

#: Indices Yahoo carries. It has no other Indian index under a name that could be derived.
INDICES: Final = {
    "NSE:NIFTY 50": "^NSEI",
    "NSE:NIFTY BANK": "^NSEBANK",
    "NSE:INDIA VIX": "^INDIAVIX",
    "NSE:NIFTY FIN SERVICE": "NIFTY_FIN_SERVICE.NS",
    "NSE:NIFTY IT": "^CNXIT",
    "BSE:SENSEX": "^BSESN",
}
SUFFIXES: Final = {"NSE": ".NS", "BSE": ".BO"}


def ticker(key: str) -> str | None:
    """Return Yahoo's ticker for ``key``; None when Yahoo cannot have it (derivatives, MCX, other indices)."""
    if key in INDICES:
        return INDICES[key]
    exchange, _, symbol = key.partition(":")
    if exchange not in SUFFIXES or not symbol or " " in symbol:
        return None
    return symbol + SUFFIXES[exchange]
