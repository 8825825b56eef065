"""What the embedded server makes on its first start."""

from pathlib import Path

import pytest

from core import clock
from market.models import Instrument, Watchlist
from partners.models import Partner
from partners.services.keys import key_check
from tradeplatform.demo import demo_identities

pytestmark = pytest.mark.django_db


def test_a_source_without_a_list_of_instruments_starts(tmp_path: Path) -> None:
    """Yahoo lists nothing, so the demo's watchlist holds only what is known: here nothing."""
    Instrument.objects.filter(symbol="TCS").delete()
    lines = demo_identities(tmp_path)
    assert [line[:7] for line in lines] == ["Sign in", "Admin  ", "Test ke"]
    known = {instrument.key for instrument in Instrument.objects.all()}
    assert Watchlist.objects.count() == 2
    assert all(set(watchlist.symbols) <= known for watchlist in Watchlist.objects.all())
    assert demo_identities(tmp_path) == lines


def test_what_is_known_is_in_the_watchlist(tmp_path: Path) -> None:
    Instrument.objects.get_or_create(exchange="NSE", symbol="ITC", defaults={"segment": "EQ", "instrument_type": "EQ"})
    demo_identities(tmp_path)
    assert all("NSE:ITC" in watchlist.symbols for watchlist in Watchlist.objects.all())


def test_the_demo_user_runs_the_console_of_a_partner_whose_key_works(tmp_path: Path) -> None:
    key = demo_identities(tmp_path)[2].split()[-1]
    found = key_check(text=key, now=clock.now())
    assert found is not None
    assert found.environment == "test"
    assert found.partner.members.get().user.email == "demo@example.com"
    assert (tmp_path / "demo.txt").stat().st_mode & 0o777 == 0o600


def test_a_state_of_an_earlier_version_gets_a_key_and_keeps_its_passwords(tmp_path: Path) -> None:
    users = demo_identities(tmp_path)[:2]
    (tmp_path / "demo.txt").write_text("\n".join(users) + "\n")
    again = demo_identities(tmp_path)
    assert again[:2] == users
    assert key_check(text=again[2].split()[-1], now=clock.now()) is not None
    assert Partner.objects.count() == 1
