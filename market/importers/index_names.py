"""Names under which files write well-known indices, and the symbol and exchange they have here."""

import re
from typing import Final

_ALIASES: Final[dict[str, tuple[str, str]]] = {
    "NIFTY": ("NSE", "NIFTY 50"),
    "NIFTY50": ("NSE", "NIFTY 50"),
    "CNXNIFTY": ("NSE", "NIFTY 50"),
    "BANKNIFTY": ("NSE", "NIFTY BANK"),
    "NIFTYBANK": ("NSE", "NIFTY BANK"),
    "FINNIFTY": ("NSE", "NIFTY FIN SERVICE"),
    "NIFTYFINSERVICE": ("NSE", "NIFTY FIN SERVICE"),
    "NIFTYFINANCIALSERVICES": ("NSE", "NIFTY FIN SERVICE"),
    "MIDCPNIFTY": ("NSE", "NIFTY MID SELECT"),
    "NIFTYMIDSELECT": ("NSE", "NIFTY MID SELECT"),
    "NIFTYNXT50": ("NSE", "NIFTY NEXT 50"),
    "NIFTYNEXT50": ("NSE", "NIFTY NEXT 50"),
    "NIFTY500": ("NSE", "NIFTY 500"),
    "INDIAVIX": ("NSE", "INDIA VIX"),
    "SENSEX": ("BSE", "SENSEX"),
    "SENSEX50": ("BSE", "SENSEX50"),
    "BANKEX": ("BSE", "BANKEX"),
}
#: A computed series such as ``BANKNIFTY ATM CE`` cannot be traded: it is kept like an index.
_ROLLING: Final = re.compile(r"^[A-Z0-9&-]+ ATM (CE|PE)$")
#: ``NIFTY 100``, ``NIFTY MIDCAP 150``, ``NIFTY IT``: on NSE every name of this shape with a blank is an index.
_NSE_INDEX: Final = re.compile(r"^(CNX|NIFTY) [A-Z0-9 &/.-]+$")


def known_index(name: str) -> tuple[str, str] | None:
    """Return (exchange, symbol) of the index that a file calls ``name``, or None."""
    text = name.strip().upper()
    alias = _ALIASES.get(re.sub(r"[^A-Z0-9]", "", text))
    if alias:
        return alias
    return ("NSE", text) if _NSE_INDEX.match(text) or _ROLLING.match(text) else None
