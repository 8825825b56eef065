"""How symbols are spelled by clients."""

import re

#: Longest key that is looked at: exchange, colon, the 40 characters an instrument's symbol may have.
MAX_LENGTH = 44
_FORM = re.compile(r"(?:NSE|BSE|NFO|BFO|MCX):[A-Z0-9](?:[A-Z0-9&_.\- ]{0,38}[A-Z0-9&_.\-])?")


def canonical(text: str) -> str:
    """Return ``text`` as ``EXCHANGE:SYMBOL`` in capitals; a bare symbol means NSE. The form is not checked."""
    key = text.strip().upper()
    return key if ":" in key else f"NSE:{key}"


def is_well_formed(key: str) -> bool:
    """Tell whether a canonical key can be the name of anything, so that it is worth looking up."""
    return len(key) <= MAX_LENGTH and _FORM.fullmatch(key) is not None
