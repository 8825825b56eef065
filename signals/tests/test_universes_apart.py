"""Universes do not answer for each other: the same numbers whichever is asked first, over HTTP and beside it."""

import base64
import pickle
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from core import clock
from market.services.panel_files import PanelKey
from signals.models import IScoreSnapshot
from signals.services import market_data
from signals.services.iscore import beside, scoring
from tests.flows.pocket import SYMBOLS, list_universe, make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db(transaction=True)  # inside a transaction nothing is kept between two questions
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SMALL = ("RELIANCE", "TCS", "HDFCBANK", "ITC", "MARUTI", "TITAN", "NEWCO", "NIFTYBEES")
OTHERS = (
    "RELIANCE", "TITAN", "LT", "NESTLEIND", "ASIANPAINT", "BAJFINANCE", "KOTAKBANK", "BHARTIARTL", "NTPC", "POWERGRID",
    "ULTRACEMCO", "HINDUNILVR",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _universes(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")
    list_universe("small", SMALL)
    list_universe("others", OTHERS)
    with clock.frozen(NOW):
        yield
    forget()


def table(signed_in: Any, universe: str) -> list[dict[str, Any]]:
    asked = f"&universe={universe}" if universe else ""
    return signed_in.get(f"/api/iscore?sort=symbol&limit=100{asked}").json()  # type: ignore[no-any-return]


def test_a_stock_has_one_score_whichever_universe_is_asked_first(signed_in: Any) -> None:
    tables = []
    for order in permutations(("", "small", "others")):
        forget()
        IScoreSnapshot.objects.all().delete()
        found = {name: table(signed_in, name) for name in order}
        assert [row["symbol"] for row in found["small"]] == sorted(f"NSE:{one}" for one in SMALL)
        assert [row["symbol"] for row in found["others"]] == sorted(f"NSE:{one}" for one in OTHERS)
        assert [row["symbol"] for row in found[""]] == sorted(f"NSE:{one}" for one in SYMBOLS)
        tables.append({name: found[name] for name in ("", "small", "others")})
    assert all(one == tables[0] for one in tables)


def test_the_stock_its_row_and_what_is_kept_say_the_same(signed_in: Any) -> None:
    row = {one["symbol"]: one for one in signed_in.get("/api/iscore?universe=small").json()}
    for symbol, one in row.items():
        said = signed_in.get(f"/api/iscore/{symbol}").json()
        told = (said["iscore"], said["confidence"], said["recommendation"], said["code"])
        assert told == (one["iscore"], one["confidence"], one["recommendation"], one["code"]), symbol
        parts = {name: part["score"] for name, part in said["components"].items()}
        assert parts == one["components"], symbol
    assert row["NSE:TITAN"]["iscore"] is not None, "no member of the reference universe, ranked beside it"
    assert (row["NSE:NEWCO"]["iscore"], row["NSE:NIFTYBEES"]["iscore"]) == (None, None)
    kept = {one.instrument.key: one.iscore for one in IScoreSnapshot.objects.select_related("instrument")}
    assert all(kept[symbol] == row[symbol]["iscore"] for symbol in ("NSE:RELIANCE", "NSE:HDFCBANK"))


def test_universes_of_one_size_have_their_own_patterns(signed_in: Any) -> None:
    def answers(universe: str) -> dict[str, Any]:
        asked = f"universe={universe}&symbol=RELIANCE"
        return {
            "similar": signed_in.get(f"/api/patterns/similar?{asked}&bars=20").json(),
            "patterns": signed_in.get(f"/api/patterns?{asked}").json(),
            "scan": signed_in.get(f"/api/patterns/scan?universe={universe}").json(),
        }

    found = []
    for order in (("nifty_100", "others"), ("others", "nifty_100")):
        forget()
        found.append({name: answers(name) for name in order})
    assert found[0] == found[1]
    for universe, symbols in (("nifty_100", SYMBOLS), ("others", OTHERS)):
        matches = found[0][universe]["similar"]["matches"]
        assert {one["symbol"] for one in matches} <= {f"NSE:{one}" for one in symbols}
        assert len(matches) > 5
    assert found[0]["nifty_100"]["similar"] != found[0]["others"]["similar"]


def test_a_panel_is_named_by_what_it_is_and_by_the_state_of_its_data() -> None:
    names = {
        PanelKey(universe, date(2019, 1, 1), end, "day", adjusted, version, stored).name
        for universe in ("a", "b")
        for end in (date(2026, 1, 1), date(2026, 1, 2))
        for adjusted in (True, False)
        for version in ("1.1", "1.2")
        for stored in (True, False)
    }
    assert len(names) == 32
    assert market_data.whole_panel("small", NOW).version != market_data.whole_panel("others", NOW).version


def test_a_child_brings_the_scores_that_are_made_here() -> None:
    asked = ["NSE:TITAN", "NSE:LT"]
    here = scoring.scored(now=NOW, extras=asked)
    text = beside.packed(session=here.session.isoformat(), extras=asked[::-1], now=NOW)
    brought = pickle.loads(zlib.decompress(base64.b64decode(text)))
    assert (brought.key, brought.extras) == (here.key, here.extras)
    assert all(brought.result(symbol) == here.result(symbol) for symbol in (*asked, "NSE:RELIANCE"))
