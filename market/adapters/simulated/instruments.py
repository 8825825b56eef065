"""What the simulated exchange lists, in the words of `market.adapters.base`."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from engines.simulation import Contract, Listing, SimInstrument, full_listing
from market.adapters.base import ListedInstrument

#: Lists of members that the simulated exchange publishes; the tag of an instrument is the universe's name.
UNIVERSES: Final = ("nifty_50", "nifty_next_50", "nifty_100", "nifty_500", "nifty_bank", "sensex", "etf", "fno")
SEGMENTS: Final = {"FUT": "FUT", "CE": "OPT", "PE": "OPT"}


@lru_cache(maxsize=1)
def tags() -> dict[str, frozenset[str]]:
    """Return the universes of every share and fund: the broad lists, and each index under its own name."""
    listing = full_listing()
    found: dict[str, set[str]] = {}
    for universe in UNIVERSES:
        for key in listing.universe(universe):
            found.setdefault(key, set()).add(universe)
    for name, key in _index_members(listing):
        found.setdefault(key, set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}


def _index_members(listing: Listing) -> Iterator[tuple[str, str]]:
    """Yield the members of sector and other indices: those of NSE:NIFTY IT are ``nifty_it``."""
    for index in listing.indices:
        name = index.symbol.lower().replace(" ", "_")
        if name not in UNIVERSES:
            yield from ((name, key) for key in index.members)


def cash(instruments: Sequence[SimInstrument], ticks: Sequence[float]) -> list[ListedInstrument]:
    """Return shares, funds and indices with their tick sizes of the day (rupees)."""
    lists = tags()
    return [
        ListedInstrument(
            exchange=it.exchange,
            symbol=it.symbol,
            name=it.name,
            segment="INDEX" if it.is_index else "EQ",
            instrument_type=it.kind,
            isin=it.isin,
            sector=it.sector,
            tick_size=float(tick),
            tags=lists.get(it.key, frozenset()),
        )
        for it, tick in zip(instruments, ticks, strict=True)
    ]


def contracts(listed: Sequence[Contract], ticks: Sequence[float]) -> list[ListedInstrument]:
    """Return futures and options with their tick sizes of the day (rupees)."""
    return [
        ListedInstrument(
            exchange=it.exchange,
            symbol=it.symbol,
            name=_title(it),
            segment=SEGMENTS[it.kind],
            instrument_type=it.kind,
            underlying=it.name,
            expiry=it.expiry.astype(date),
            strike=it.strike or None,
            lot_size=it.lot,
            tick_size=float(tick),
        )
        for it, tick in zip(listed, ticks, strict=True)
    ]


def _title(it: Contract) -> str:
    day = f"{it.expiry.astype(date):%d %b %Y}"
    return f"{it.name} {day} future" if it.kind == "FUT" else f"{it.name} {day} {it.strike:g} {it.kind}"
