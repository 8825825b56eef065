"""Canonical instrument keys: ``EXCHANGE:SYMBOL`` in capitals, as Kite writes them."""

import re
from dataclasses import dataclass
from typing import Final

EXCHANGES: Final = ("NSE", "BSE", "NFO", "BFO", "MCX", "CDS", "BCD", "MF")
DEFAULT_EXCHANGE: Final = "NSE"
MAX_SYMBOL_LENGTH: Final = 40

_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9&._ -]*", re.ASCII)

#: Index name used by the F&O pages -> key of its spot index (source: Kite instrument list).
INDEX_KEYS: Final[dict[str, str]] = {
    "NIFTY": "NSE:NIFTY 50",
    "BANKNIFTY": "NSE:NIFTY BANK",
    "FINNIFTY": "NSE:NIFTY FIN SERVICE",
    "SENSEX": "BSE:SENSEX",
}
VIX_KEY: Final = "NSE:INDIA VIX"

#: Index name -> exchange segment of its derivatives.
INDEX_DERIVATIVE_EXCHANGE: Final[dict[str, str]] = {
    "NIFTY": "NFO",
    "BANKNIFTY": "NFO",
    "FINNIFTY": "NFO",
    "SENSEX": "BFO",
}


class InvalidSymbolText(ValueError):
    """A text that is no instrument key; the message names what is wrong with it."""


@dataclass(frozen=True, slots=True, order=True)
class SymbolKey:
    """An instrument's key. ``str()`` gives the canonical text."""

    exchange: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"


def capitals(text: str) -> str:
    """Return a text in capitals; one with letters outside ASCII as it is, since some of them have ASCII capitals."""
    return text.upper() if text.isascii() else text


def parse_key(text: str, default_exchange: str = DEFAULT_EXCHANGE) -> SymbolKey:
    """Read ``EXCHANGE:SYMBOL`` in any case; a bare symbol belongs to ``default_exchange``.

    Blanks around and repeated blanks inside are dropped. Raises `InvalidSymbolText`.
    """
    if not isinstance(text, str):
        raise InvalidSymbolText(f"a symbol must be text such as NSE:RELIANCE, was {type(text).__name__}")
    plain = capitals(" ".join(text.split()))
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    parts = [part.strip() for part in plain.split(":")]
    if len(parts) > 2:
        raise InvalidSymbolText(f"{shown!r} has more than one colon; write EXCHANGE:SYMBOL")
    exchange, symbol = parts if len(parts) == 2 else (default_exchange.upper(), parts[0])
    if exchange not in EXCHANGES:
        known = ", ".join(EXCHANGES)
        raise InvalidSymbolText(f"{shown!r} names an unknown exchange {exchange[:20]!r}; known: {known}")
    _check_symbol(symbol, shown)
    return SymbolKey(exchange, symbol)


def _check_symbol(symbol: str, shown: str) -> None:
    if not symbol:
        raise InvalidSymbolText(f"{shown!r} has no symbol; write EXCHANGE:SYMBOL or SYMBOL")
    if len(symbol) > MAX_SYMBOL_LENGTH:
        raise InvalidSymbolText(f"{shown!r} is too long: a symbol has at most {MAX_SYMBOL_LENGTH} characters")
    if _SYMBOL.fullmatch(symbol) is None:
        bad = next((c for c in symbol if _SYMBOL.fullmatch(f"A{c}") is None), symbol[0])
        raise InvalidSymbolText(
            f"{shown!r} has the character {bad!r} where none is allowed; symbols use letters, digits, & - . _ blank, "
            "and begin with a letter or digit"
        )


def normalise_key(text: str, default_exchange: str = DEFAULT_EXCHANGE) -> str:
    """Return the canonical text of a key. Raises `InvalidSymbolText`."""
    return str(parse_key(text, default_exchange))


def format_key(exchange: str, symbol: str) -> str:
    """Return ``EXCHANGE:SYMBOL`` of its two checked parts. Raises `InvalidSymbolText`."""
    if ":" in symbol:
        raise InvalidSymbolText(f"{symbol!r} must be bare: the exchange {exchange!r} is given beside it")
    return str(parse_key(f"{exchange}:{symbol}"))


def index_of_key(key: str) -> str | None:
    """Return the index name (NIFTY, ...) whose spot index has this key, or None."""
    canonical = normalise_key(key)
    return next((name for name, index_key in INDEX_KEYS.items() if index_key == canonical), None)
