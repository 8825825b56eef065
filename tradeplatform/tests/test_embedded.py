"""What the embedded server makes on its first start."""

from pathlib import Path

import pytest

from market.models import Instrument, Watchlist
from tradeplatform.embedded import demo_identities

pytestmark = pytest.mark.django_db


def test_a_source_without_a_list_of_instruments_starts(tmp_path: Path) -> None:
    """Yahoo lists nothing, so the demo's watchlist holds only what is known: here nothing."""
    Instrument.objects.filter(symbol="TCS").delete()
    lines = demo_identities(tmp_path)
    assert len(lines) == 2
    known = {instrument.key for instrument in Instrument.objects.all()}
    assert Watchlist.objects.count() == 2
    assert all(set(watchlist.symbols) <= known for watchlist in Watchlist.objects.all())
    assert demo_identities(tmp_path) == lines


def test_what_is_known_is_in_the_watchlist(tmp_path: Path) -> None:
    Instrument.objects.get_or_create(exchange="NSE", symbol="ITC", defaults={"segment": "EQ", "instrument_type": "EQ"})
    demo_identities(tmp_path)
    assert all("NSE:ITC" in watchlist.symbols for watchlist in Watchlist.objects.all())
