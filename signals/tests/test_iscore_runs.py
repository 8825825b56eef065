"""How often scores are worked out for those who ask, and what is said while they are not there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import children, clock, versions
from core.errors import NotFound
from market.models import Instrument
from signals.models import IScoreSnapshot
from signals.services import market_data
from signals.services.iscore import beside, nightly, reading, scoring
from tests.flows.pocket import SYMBOLS, make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db(transaction=True)  # inside a transaction no child is asked and nothing is kept
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = "NSE:RELIANCE"
OUTSIDE = ("NSE:TITAN", "NSE:LT", "NSE:NESTLEIND", "NSE:ASIANPAINT")
NOT_READY = "The scores are not ready yet. Ask again in a minute."


@pytest.fixture(autouse=True)
def _universe(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")
    for symbol in (*OUTSIDE, "NSE:NEWCO"):
        Instrument.objects.create(
            exchange="NSE", symbol=symbol.removeprefix("NSE:"), segment="EQ", instrument_type="EQ"
        )
    with clock.frozen(NOW):
        yield
    forget()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return the extras of each scoring that was made since."""
    made: list[tuple[str, ...]] = []
    score = scoring._scored

    def counted(*given: Any) -> scoring.Scored:
        made.append(given[4])
        return score(*given)

    monkeypatch.setattr(scoring, "_scored", counted)
    return made


@pytest.fixture
def dead_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process serve, and every child that scores die."""

    def run(work: str, *given: Any, now: datetime, **more: Any) -> Any:
        if work == beside.WORK:
            raise children.ChildFailed("died", "It ended with -9 and no result.")
        return None

    monkeypatch.setattr(children, "serving", lambda: True)
    monkeypatch.setattr(children, "run", run)
    monkeypatch.setattr(beside, "HERE", 0)


def test_a_stock_outside_the_universe_is_worked_out_once(runs: list[Any]) -> None:
    first = reading.iscore_of("NSE:TITAN", now=NOW)
    assert runs == [("NSE:TITAN",)], "one scoring has the universe and what is beside it"
    forget()  # another process has nothing in its memory
    later = reading.iscore_of("NSE:TITAN", now=NOW + timedelta(hours=1))
    assert len(runs) == 1, "what is kept until midnight is a row"
    assert later == first
    assert first["iscore"] is not None


def test_many_outside_the_universe_are_one_scoring(runs: list[Any]) -> None:
    together = reading.iscores_of([*OUTSIDE, KEY, "NSE:NOSUCH", "NSE:NEWCO", *OUTSIDE], now=NOW)
    assert runs == [tuple(sorted(OUTSIDE))]
    assert isinstance(together["NSE:NOSUCH"], NotFound)
    assert len(together) == len(OUTSIDE) + 3
    forget()
    again = reading.iscores_of([*OUTSIDE, KEY], now=NOW)
    assert len(runs) == 1
    assert all(again[symbol] == together[symbol] for symbol in (*OUTSIDE, KEY))
    IScoreSnapshot.objects.all().delete()
    forget()
    for symbol in (*OUTSIDE, KEY):
        alone = reading.iscore_of(symbol, now=NOW)
        assert alone == together[symbol], "the same score whichever others were scored with it"


def test_without_prices_nothing_is_worked_out_beside_the_universe(runs: list[Any]) -> None:
    reading.iscore_of(KEY, now=NOW)
    for _ in range(3):
        answer = reading.iscore_of("NSE:NEWCO", now=NOW)
    assert (answer["iscore"], answer["missing_inputs"]) == (None, ["prices"])
    assert runs == [()]


def test_a_night_and_a_reader_keep_one_row_for_one_state(runs: list[Any]) -> None:
    reading.iscores_of([*OUTSIDE, KEY], now=NOW)
    kept = IScoreSnapshot.objects.get(instrument__symbol="RELIANCE").computed_at
    nightly.run(now=NOW + timedelta(minutes=5))
    assert IScoreSnapshot.objects.count() == len(OUTSIDE) + len(SYMBOLS)
    assert IScoreSnapshot.objects.get(instrument__symbol="RELIANCE").computed_at == kept
    assert len(runs) == 1, "scores with more beside them answer for the universe too"


def test_new_inputs_replace_the_row_of_a_stock_outside(runs: list[Any]) -> None:
    reading.iscore_of("NSE:TITAN", now=NOW)
    versions.bump(scoring.VERSION_ISCORE_INPUTS)
    versions.expire()
    reading.iscore_of("NSE:TITAN", now=NOW)
    assert len(runs) == 2
    assert IScoreSnapshot.objects.count() == 1


def test_what_was_used_last_is_dropped_last(runs: list[Any]) -> None:
    days = market_data.whole_panel("nifty_100", NOW).dates.astype("datetime64[D]")[-1 - scoring._KEPT :].tolist()
    for day in days[:-1]:
        scoring.scored(now=NOW, session=day)
    scoring.scored(now=NOW, session=days[0])
    assert len(runs) == scoring._KEPT
    scoring.scored(now=NOW, session=days[-1])  # one more than are kept
    scoring.scored(now=NOW, session=days[0])
    assert len(runs) == scoring._KEPT + 1
    scoring.scored(now=NOW, session=days[1])
    assert len(runs) == scoring._KEPT + 2


@pytest.mark.usefixtures("dead_children")
@pytest.mark.parametrize("symbol", [KEY, "NSE:TITAN"])
def test_a_scoring_that_failed_is_no_answer(signed_in: Any, symbol: str) -> None:
    with pytest.raises(beside.NotReady):
        reading.iscore_of(symbol, now=NOW)
    answer = signed_in.get(f"/api/iscore/{symbol}")
    assert (answer.status_code, answer.json()["code"]) == (503, "DATA_UNAVAILABLE")
    assert (answer.json()["detail"], answer["Retry-After"]) == (NOT_READY, "60")
    table = signed_in.get("/api/iscore")
    assert (table.status_code, table.json()["code"]) == (503, "DATA_UNAVAILABLE")
    assert not IScoreSnapshot.objects.exists()


@pytest.mark.usefixtures("dead_children")
def test_what_is_known_is_answered_while_a_scoring_fails(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as alive:
        alive.setattr(children, "serving", lambda: False)
        kept = reading.iscore_of(KEY, now=NOW)
    scoring.forget()
    found = reading.iscores_of([KEY, "NSE:TITAN"], now=NOW)
    assert found[KEY] == kept
    assert isinstance(found["NSE:TITAN"], beside.NotReady)
    Instrument.objects.create(exchange="NSE", symbol="NIFTY 50", segment="INDEX", instrument_type="INDEX")
    assert signed_in.get("/api/iscore/NSE:NIFTY 50").json()["code"] == "INSUFFICIENT_DATA"


@pytest.mark.usefixtures("dead_children")
def test_pages_say_so_and_can_be_asked_again(signed_in: Any) -> None:
    for address, retry in (
        ("/iscore/NSE:RELIANCE/", "/iscore/NSE:RELIANCE/"),
        ("/iscore/card/NSE:RELIANCE/", "/market/NSE:RELIANCE/"),
        ("/iscore/", "/iscore/"),
        ("/iscore/?as=csv", "/iscore/"),
    ):
        page = signed_in.get(address)
        assert (page.status_code, page["Retry-After"]) == (503, "60")
        text = page.content.decode()
        assert NOT_READY in text
        assert f'href="{retry}">Try again' in text
        assert "Too little is known" not in text
        part = signed_in.get(address, headers={"HX-Request": "true"})
        assert part.status_code == 200, "htmx throws away what comes with another status"
        assert NOT_READY in part.content.decode()
    assert '<option value="nifty_100" selected>' in signed_in.get("/iscore/").content.decode()


def test_an_unknown_universe_is_refused_by_the_pages(signed_in: Any) -> None:
    for address in ("/iscore/?universe=nobodys", "/patterns/?universe=nobodys"):
        page = signed_in.get(address)
        assert page.status_code in (400, 404)
        assert "nobodys" in page.content.decode()
