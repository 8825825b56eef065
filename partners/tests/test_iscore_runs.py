"""I-Scores on the partner surface: a scoring that fails is a 503, a batch is one scoring at most."""

import pytest

from core import clock
from market.models import Instrument
from partners.constants import Environment
from partners.services.engines import present_score
from partners.tests.test_surface import V1, _fresh, client, partner, post  # noqa: F401 - fixtures
from signals.models import IScoreSnapshot
from signals.services.iscore import beside, scoring
from tests.flows.pocket import make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db
OUTSIDE = ["TITAN", "LT", "NESTLEIND", "ASIANPAINT", "BAJFINANCE", "KOTAKBANK"]


@pytest.fixture
def api(partner, settings, tmp_path):  # noqa: F811
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")
    for symbol in OUTSIDE:
        Instrument.objects.create(exchange="NSE", symbol=symbol, segment="EQ", instrument_type="EQ")
    with clock.frozen(clock.now()):
        yield client(partner, Environment.TEST)


@pytest.fixture
def runs(monkeypatch):
    """Return the extras of each scoring that was made since."""
    made, score = [], scoring._scored
    monkeypatch.setattr(scoring, "_scored", lambda *given: made.append(given[4]) or score(*given))
    return made


@pytest.fixture
def failing(monkeypatch):
    """Return a switch: from its call on no scoring comes back from its child."""

    def failed(*given):
        raise beside.NotReady

    return lambda: monkeypatch.setattr(scoring, "_made", failed)


def test_a_batch_outside_the_universe_is_one_scoring_and_then_none(api, runs):
    first = post(api, "/iscore/batch", {"symbols": [*OUTSIDE, "TCS"]}).json()
    assert [row["success"] for row in first["results"]] == [True] * 7
    assert runs == [tuple(sorted(f"NSE:{symbol}" for symbol in OUTSIDE))]
    again = post(api, "/iscore/batch", {"symbols": [*OUTSIDE, "TCS"]}).json()
    assert again["results"] == first["results"]
    alone = api.get(f"{V1}/iscore/TITAN").json()
    assert alone["result"] == first["results"][0]["result"]
    assert len(runs) == 1


def test_a_scoring_that_failed_is_a_503_that_may_be_asked_again(api, failing):
    failing()
    for symbol in ("RELIANCE", "TITAN"):
        answer = api.get(f"{V1}/iscore/{symbol}")
        body = answer.json()
        assert (answer.status_code, body["success"], body["code"]) == (503, False, "DATA_UNAVAILABLE")
        assert (answer["Retry-After"], "result" in body) == ("60", False)
    assert present_score("RELIANCE", environment=Environment.TEST, now=clock.now()) is None
    assert not IScoreSnapshot.objects.exists()


def test_a_batch_says_of_each_row_whether_it_is_known(api, failing):
    kept = api.get(f"{V1}/iscore/TCS").json()["result"]
    failing()
    answer = post(api, "/iscore/batch", {"symbols": ["TITAN", "TCS", "nosuch", "LT"]})
    rows = answer.json()["results"]
    assert (answer.status_code, answer.json()["count"]) == (200, 4)
    assert rows[1] == {"symbol": "TCS", "success": True, "result": kept}
    assert [row.get("code") for row in rows] == ["DATA_UNAVAILABLE", None, "INVALID_SYMBOL", "DATA_UNAVAILABLE"]
    assert "Ask again in a minute" in rows[0]["error"]
    assert "result" not in rows[0]
