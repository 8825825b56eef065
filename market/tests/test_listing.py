"""A listing becomes instruments and universes once, and leaves what others wrote alone."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from market.adapters.base import ListedInstrument, Unsupported
from market.adapters.simulated import SimulatedData
from market.models import Instrument, Universe, UniverseMember, UniverseSnapshot
from market.services import listing, providers
from market.tests.fakes import FakeData, registry_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)


def cash_instruments() -> list[ListedInstrument]:
    listed = SimulatedData(seed=195, hours="always").instruments(now=NOW)
    return [row for row in listed if row.expiry is None]


def option(strike: float, expiry: date) -> ListedInstrument:
    return ListedInstrument(
        exchange="NFO",
        symbol=f"NIFTY{expiry:%d%b}{strike:.0f}CE".upper(),
        name="NIFTY",
        segment="OPT",
        instrument_type="CE",
        underlying="NIFTY",
        expiry=expiry,
        strike=strike,
        lot_size=65,
    )


def test_the_simulated_listing_is_seeded_once() -> None:
    first = listing.write(rows=cash_instruments(), origin="simulated", now=NOW)
    assert first.added == first.listed == Instrument.objects.count()
    assert Instrument.objects.get(exchange="NSE", symbol="M&M").isin == "INE101A01026"
    assert Instrument.objects.filter(exchange="BSE", symbol="RELIANCE", origin="simulated").exists()
    assert Instrument.objects.get(exchange="NSE", symbol="NIFTY 50").segment == "INDEX"
    members = UniverseMember.objects.filter(snapshot__universe__name="nifty_100")
    assert members.count() == 100
    assert set(members.values_list("instrument__exchange", flat=True)) == {"NSE"}
    assert all(members.values_list("sector", flat=True))
    for name, count in (("nifty_50", 50), ("nifty_bank", 10), ("sensex", 30)):
        assert UniverseMember.objects.filter(snapshot__universe__name=name).count() >= count
    second = listing.write(rows=cash_instruments(), origin="simulated", now=NOW)
    assert (second.added, second.changed, second.universes) == (0, 0, 0)
    assert second.unchanged == first.listed


def test_seeding_takes_few_queries(django_assert_max_num_queries: object) -> None:
    listing.write(rows=cash_instruments(), origin="simulated", now=NOW)
    with django_assert_max_num_queries(80):  # type: ignore[operator]
        listing.write(rows=cash_instruments(), origin="simulated", now=NOW)


def test_a_row_of_an_import_is_enriched_not_changed() -> None:
    theirs = Instrument.objects.create(
        exchange="NSE", symbol="RELIANCE", name="Reliance Industries Limited", segment="EQ", instrument_type="EQ",
        tick_size=Decimal("0.1"), origin="import",
    )  # fmt: skip
    listing.write(rows=cash_instruments(), origin="simulated", now=NOW)
    theirs.refresh_from_db()
    assert theirs.name == "Reliance Industries Limited"
    assert theirs.tick_size == Decimal("0.1")
    assert theirs.isin == "INE002A01018"
    assert theirs.origin == "import"


def test_a_universe_of_another_source_is_left_alone() -> None:
    universe = Universe.objects.create(name="nifty_50")
    UniverseSnapshot.objects.create(universe=universe, as_of=date(2025, 8, 14), source="NSE list")
    listing.write(rows=cash_instruments(), origin="simulated", now=NOW)
    assert list(universe.snapshots.values_list("source", flat=True)) == ["NSE list"]
    assert UniverseSnapshot.objects.filter(universe__name="nifty_100", source="simulated").exists()


def test_only_near_options_become_rows_and_expired_ones_retire() -> None:
    dates = [date(2026, 10, 6), date(2026, 10, 13), date(2026, 10, 20)]
    rows = [option(24_000, expiry) for expiry in dates] + [option(24_000, date(2026, 9, 29))]
    done = listing.write(rows=rows, origin="simulated", now=NOW)
    assert done.added == 2
    assert Instrument.objects.get(expiry=dates[0]).strike == Decimal("24000")
    later = datetime(2026, 10, 7, 5, 0, tzinfo=UTC)
    done = listing.write(rows=rows, origin="simulated", now=later)
    assert (done.added, done.expired) == (1, 1)
    assert not Instrument.objects.get(expiry=dates[0]).is_active


def test_the_command_says_what_it_did() -> None:
    out = StringIO()
    with providers.use(registry_of(FakeData("simulated", {"NSE:A": 1.0}))):
        call_command("seed_market", stdout=out)
    assert "1 listed, 1 added" in out.getvalue()
    source = FakeData("yahoo")
    source.error = Unsupported("Yahoo lists no instruments")
    said = StringIO()
    with providers.use(registry_of(source)):
        call_command("seed_market", stderr=said)
    assert "Import instruments" in said.getvalue()
