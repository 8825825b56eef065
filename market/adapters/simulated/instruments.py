"""What the simulated exchange lists, in the words of `market.adapters.base`."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from engines.simulation.listing import Listing, SimInstrument, full_listing
from market.adapters.base import ListedInstrument

#: Lists of members that the simulated exchange publishes; the tag of an instrument is the universe's name.
UNIVERSES: Final = ("nifty_50", "nifty_next_50", "nifty_100", "nifty_500", "nifty_bank", "sensex", "etf", "fno")
TICK: Final = 0.05


@lru_cache(maxsize=1)
def cash_instruments() -> tuple[ListedInstrument, ...]:
    """Return shares, funds and indices of NSE and their BSE twins."""
    listing = full_listing()
    tags = _tags(listing)
    return tuple(_listed(it, frozenset(tags.get(it.key, ()))) for it in listing.instruments)


def _tags(listing: Listing) -> dict[str, set[str]]:
    tags: dict[str, set[str]] = {}
    for universe in UNIVERSES:
        for key in listing.universe(universe):
            tags.setdefault(key, set()).add(universe)
    for index, key in _members(listing):
        tags.setdefault(key, set()).add(index)
    return tags


def _members(listing: Listing) -> Iterator[tuple[str, str]]:
    """Yield the members of sector and other indices under the index's own name: NSE:NIFTY IT is ``nifty_it``."""
    names = set(UNIVERSES) | {"nifty_bank"}
    for index in listing.indices:
        name = index.symbol.lower().replace(" ", "_").replace("&", "and")
        if name not in names:
            yield from ((name, key) for key in index.members)


def _listed(it: SimInstrument, tags: frozenset[str]) -> ListedInstrument:
    return ListedInstrument(
        exchange=it.exchange,
        symbol=it.symbol,
        name=it.name,
        segment="INDEX" if it.is_index else "EQ",
        instrument_type=it.kind,
        isin=it.isin,
        sector=it.sector,
        tick_size=0.01 if it.is_etf else TICK,
        tags=tags,
    )
