"""What the I-Score pages print: units of every input, waterfalls that add up, addresses, filters, the file."""

import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core import clock
from engines.iscore.tables import WEIGHTS
from engines.iscore.words import TITLES
from market.models import Instrument
from signals.models import IScoreValidation
from signals.pages import iscore_presenters as table
from signals.pages import iscore_stock as stock
from signals.pages import iscore_words as words
from signals.pages.iscore_measured import measured_words, validation_of
from signals.services.history import session_close
from tests.flows.pocket import make_universe
from tests.memories import forget


def component(points: list[float], *, score: float | None = 60.0, weight: float = 10.0, coverage: float = 1.0) -> Any:
    inputs = [
        {"component": "trend", "input": "rsi", "title": "Wilder RSI(14)", "score": 60.0, "value": 58.0, "share": 0.1,
         "points": one, "text": "Wilder RSI(14) = 58: bullish band 55-68"}
        for one in points
    ]  # fmt: skip
    return {
        "title": "Part", "score": score, "weight": 20.0, "effective_weight": weight, "coverage": coverage,
        "freshness": 1.0, "factors": [], "inputs": inputs, "missing": ["news"] if coverage < 1.0 else [],
    }  # fmt: skip


def answer(score: float | None, *parts: Any) -> dict[str, Any]:
    return {"iscore": score, "components": dict(zip(WEIGHTS, parts, strict=True))}


def row(**given: Any) -> dict[str, Any]:
    return {
        "symbol": "NSE:M&M", "name": "Mahindra", "sector": "Automobile", "iscore": 64.4, "change": -1.25,
        "confidence": 0.92, "recommendation": "HOLD", "code": None, "components": dict.fromkeys(WEIGHTS, 50.0),
        "as_of_session": date(2026, 11, 27), "data_source": "simulated", **given,
    }  # fmt: skip


def test_every_input_has_a_unit_and_every_component_a_question() -> None:
    assert set(words.UNITS) == set(TITLES)
    assert set(words.ASKS) == set(WEIGHTS)
    for name in TITLES:
        assert words.value_text(name, None) == "–"
        assert words.value_text(name, -0.123456)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("roce", 0.1534, "15.3%"), ("debt_equity", 0.4, "0.40"), ("piotroski", 6.0, "6 of 9"),
        ("liquidity", 904.2e7, "₹904.2 Cr a day"), ("attention", -0.2, "−0.2 deviations"), ("breadth", 37.0, "37%"),
        ("adx", -0.5, "−50%"), ("sector_strength", -0.09, "−9.0%"), ("news", 0.45, "+0.45 tone"),
    ],
)  # fmt: skip
def test_numbers_stand_in_their_unit(name: str, value: float, text: str) -> None:
    assert words.value_text(name, value) == text


def test_tiers_and_confidence_are_words() -> None:
    assert words.tier("STRONG_BUY", None) == words.Tier("Strong buy", "high", "")
    assert words.tier("HOLD", "INSUFFICIENT_DATA") == words.Tier("Hold", "unknown", "Too little is known")
    assert words.tier(None, "INSUFFICIENT_DATA") == words.Tier("No score", "unknown", "Too little is known")
    said = [words.confidence_word(value) for value in (None, 0.39, 0.40, 0.59, 0.60)]
    assert said == ["nothing is known", "too little known", "partly known", "partly known", "well known"]
    assert [table.look_of(value) for value in (None, 44.9, 45.0, 64.9, 65.0)] == [
        "unknown", "low", "middle", "middle", "high",
    ]  # fmt: skip


def test_the_printed_steps_lead_exactly_to_the_score() -> None:
    parts = [component([1.004, 1.004]), component([-3.333]), component([0.004]), component([]), component([9.9996])]
    found = stock.waterfall(answer(58.7, *parts, component([0.0])))
    assert found is not None
    assert found.steps[-1].title == "Rounding"
    assert round(50.0 + sum(step.raw for step in found.steps), 2) == 58.7
    assert found.steps[-1].end == "58.70"
    for step in found.steps:
        assert 0.0 <= step.x <= step.x + step.width <= 100.5
    assert stock.waterfall(answer(None, *[component([])] * 6)) is None


def test_a_component_that_does_not_count_says_why_and_adds_nothing() -> None:
    low = component([0.0], weight=0.0, coverage=0.2)
    nothing = component([], score=None, weight=0.0, coverage=0.0)
    made = answer(60.0, low, nothing, *[component([2.5])] * 4)
    first, second, third, *_ = stock.parts(made)
    assert first.why_not == "Not counted: 20% of its inputs are known, 40% are needed."
    assert (second.why_not, second.score, second.width) == ("Not counted: nothing is known of it.", "–", 0.0)
    assert first.missing == ("News of the last 30 days",)
    assert [what for _, what in stock.unknown(made)] == ["News of the last 30 days", "everything"]
    assert (third.counts, third.raw) == (True, 2.5)
    found = stock.waterfall(made)
    assert found is not None
    assert len(found.steps) == 4


def test_a_ledger_compares_each_session_with_the_one_before() -> None:
    def kept(day: int, score: float | None, *changes: float) -> dict[str, Any]:
        moved = [
            {"title": f"Input {at}", "before": 50.0, "after": None, "points": one} for at, one in enumerate(changes)
        ]
        return {"session": date(2026, 11, day), "iscore": score, "confidence": 0.9, "tier": "BUY", "changes": moved}

    newest, middle, oldest = stock.ledger([kept(27, 70.0, 1.0, -0.5, 0.3, 0.1), kept(26, 69.1), kept(25, None)])
    assert (newest.change["text"], newest.change["direction"]) == ("↑ +0.9", "up")
    assert [one["points"] for one in newest.moves] == ["+1.0", "−0.5", "+0.3"]
    assert [one["how"] for one in newest.more] == ["is no longer known"]
    assert middle.change["text"] == oldest.change["text"] == oldest.score == "–"


def test_a_spark_needs_two_scores_and_keeps_small_moves_small() -> None:
    def kept(day: int, score: float | None) -> dict[str, Any]:
        return {"session": date(2026, 11, day), "iscore": score}

    assert stock.spark([kept(27, 60.0), kept(26, None)]) is None
    found = stock.spark([kept(27, 61.0), kept(26, None), kept(25, 60.0)])
    assert found is not None
    assert (found.points, found.look) == ("0,17.4 100,14.6", "up")
    assert found.label == "I-Score of 2 sessions, from 60.0 on 25 Nov 2026 to 61.0 on 27 Nov 2026"


def test_an_address_says_what_was_asked_and_nothing_else() -> None:
    asked = table.Asked.of({"universe": "NIFTY_100", "sort": "risk", "tier": "buy", "page": "2", "q": " tcs "})
    assert asked.address() == "?universe=nifty_100&tier=buy&q=tcs&sort=risk&page=2"
    assert table.Asked.of({"sort": "luck", "tier": "moon", "page": "²"}) == table.Asked()
    assert table.Asked().address() == "?"
    assert asked.sorted_by("risk") == "?universe=nifty_100&tier=buy&q=tcs&sort=-risk"
    assert table.Asked(sort="-risk").sorted_by("risk") == "?sort=risk"
    assert table.Asked().sorted_by("symbol") == "?sort=symbol"
    assert table.Asked(sort="symbol").sorted_by("symbol") == "?sort=-symbol"
    assert [one["label"] for one in table.sort_choices(asked) if one["current"]] == ["Risk, lowest first"]
    assert len(table.sort_choices(table.Asked())) == len(table.heads(table.Asked()))
    assert [head["order"] for head in table.heads(asked) if head["order"] != "none"] == ["ascending"]


def test_filters_count_what_they_let_through() -> None:
    rows = [row(), row(symbol="NSE:TCS", name="Tata", sector="IT"), row(symbol="NSE:X", code="INSUFFICIENT_DATA")]
    assert [one["symbol"] for one in table.matching(rows, table.Asked(q="tata"))] == ["NSE:TCS"]
    assert [one["symbol"] for one in table.matching(rows, table.Asked(tier="hold"))] == ["NSE:M&M", "NSE:TCS"]
    assert [one["symbol"] for one in table.matching(rows, table.Asked(tier="unknown"))] == ["NSE:X"]
    sectors = table.sector_choices(rows, table.Asked(sector="Gone"))
    assert [one["label"] for one in sectors] == ["Automobile (2)", "Gone (0)", "IT (1)"]
    labels = [one["label"] for one in table.tier_choices(rows, table.Asked())]
    assert labels == ["Strong buy (0)", "Buy (0)", "Hold (2)", "Sell (0)", "Too little is known (1)"]


def test_a_file_has_raw_numbers_and_no_formula() -> None:
    text = table.csv_text([row(name="=1+1", change=None)])
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["name"], line["change"], line["iscore"], line["trend"]) == ("'=1+1", "", "64.4", "50.0")


def test_a_row_leads_to_its_instrument_and_its_details() -> None:
    found = table.table_row(row(components=dict.fromkeys(WEIGHTS), iscore=None, change=None))
    assert (found.url, found.detail_url) == ("/market/NSE:M%26M/", "/iscore/NSE:M%26M/")
    assert (found.score, found.ring, found.change["text"]) == ("–", 0.0, "–")
    assert {bar.text for bar in found.bars} == {"–"}


@pytest.mark.parametrize(
    ("symbol", "said"), [("NSE:M&M", "M&M"), ("BSE:RELIANCE", "RELIANCE on BSE"), ("NSE:NIFTY 50", "NIFTY 50")]
)
def test_headings_tell_the_listings_of_a_stock_apart(symbol: str, said: str) -> None:
    assert table.listing(symbol) == said


@pytest.fixture
def universe(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")


def measurement() -> IScoreValidation:
    one = {"mean": 0.0104, "low": -0.032, "high": 0.053, "months": 60}
    return IScoreValidation.objects.create(
        universe="nifty_100", data_source="simulated", first_session=date(2021, 3, 31), months=60,
        last_session=date(2026, 2, 27), engine_version="x", params_hash="x", computed_at=clock.now(),
        result={"horizons": {"1_month": {"rank_ic": one}, "3_months": {"rank_ic": one | {"low": None}}}},
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_only_admins_see_how_past_scores_did(client: Any, django_user_model: Any) -> None:
    kept = measurement()
    address = "/iscore/NSE:RELIANCE/"
    assert client.get(address).status_code == 302
    person = django_user_model.objects.create_user(email="a@example.com", password="long-enough-for-tests")
    client.force_login(person)
    assert b"Against what followed" not in client.get(address).content
    person.is_staff = True
    person.save()
    shown = client.get(address).content.decode()
    assert "+0.010 (95%: −0.032 to +0.053)" in shown
    assert "next three months" not in shown
    assert f"/admin/signals/iscorevalidation/{kept.pk}/change/" in shown


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_what_is_said_of_an_edge_is_what_was_measured_here() -> None:
    assert "is not measured here yet on simulated prices; manage.py iscore_validation" in measured_words("simulated")
    kept = measurement()
    said = measured_words("simulated")
    assert "60 month ends of nifty_100, 31 Mar 2021 to 27 Feb 2026" in said
    assert "no edge was found: zero lies within all bounds." in said
    assert "next month +0.010 (95%: −0.032 to +0.053)." in said
    assert said.endswith("The tables of the score have changed since.")
    assert "not measured here yet on the prices that stocks are ranked by" in measured_words(
        "import"
    )  # other prices, other result
    assert "not measured here yet" in measured_words("")
    one = kept.result["horizons"]["1_month"]["rank_ic"]
    for low, high, words_ in ((0.001, 0.05, "better returns (next month)"), (-0.05, -0.001, "worse returns (next")):
        one.update(low=low, high=high)
        kept.save()
        assert words_ in measured_words("simulated")
        assert "no edge" not in measured_words("simulated")
    kept.result["horizons"]["1_month"]["rank_ic"] = one | {"mean": None}
    kept.result["survivorship_biased"] = True
    kept.save()
    assert "too few months" in measured_words("simulated")


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_a_newer_measurement_of_a_part_does_not_hide_the_verdict() -> None:
    kept = measurement()
    part = measurement()
    IScoreValidation.objects.filter(pk=part.pk).update(universe="few", months=12)
    assert validation_of("simulated") == kept
    assert "60 month ends of nifty_100" in measured_words("simulated")
    kept.delete()
    assert "is not measured here yet" in measured_words("simulated")


@pytest.mark.django_db
def test_without_a_universe_there_is_no_verdict() -> None:
    measurement()
    assert validation_of("simulated") is None


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_every_page_that_explains_the_score_says_it(client: Any, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user(email="a@example.com", password="long-enough-for-tests"))
    for address in ("/iscore/", "/iscore/NSE:RELIANCE/", "/iscore/card/NSE:RELIANCE/"):
        assert b"not measured here yet on simulated prices" in client.get(address).content


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_pages_answer_for_any_address(client: Any, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user(email="a@example.com", password="long-enough-for-tests"))
    assert client.get("/iscore/NSE:NOSUCH/").status_code == 404
    assert client.get("/iscore/tcs/").url == "/iscore/NSE:TCS/"
    assert b"There is no symbol NSE:NOSUCH" in client.get("/iscore/card/NSE:NOSUCH/").content
    swapped = client.get("/iscore/?universe=&sector=&tier=&q=rel&sort=-iscore", headers={"HX-Request": "true"})
    assert swapped["HX-Push-Url"] == "/iscore/?q=rel"
    file = client.get("/iscore/?as=csv&q=rel")
    assert file["Content-Disposition"].startswith('attachment; filename="iscore-nifty_100-')
    assert file.content.decode().splitlines()[1].startswith("NSE:RELIANCE,")
    assert b"I-Scores are not available" in client.get("/iscore/?universe=nifty_9000&as=csv").content


def ages(page: bytes) -> set[str]:
    """Return the instants from which a page counts the ages of what it shows."""
    return set(re.findall(r'data-age="([^"]+)"', page.split(b"<main")[1].decode()))


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_a_session_has_one_age_on_every_page(signed_in: Any) -> None:
    listing = signed_in.get("/iscore/?universe=nifty_100").content
    stock_page = signed_in.get("/iscore/NSE:RELIANCE/").content
    card = b"<main" + signed_in.get("/iscore/card/NSE:RELIANCE/").content
    patterns = signed_in.get("/patterns/?universe=nifty_100").content
    told = signed_in.get("/api/iscore/NSE:RELIANCE").json()
    session = date.fromisoformat(told["as_of_session"])
    close = clock.isoformat_z(session_close(session, "simulated"))
    assert close == f"{session}T18:30:00Z", "the simulated session ends at midnight in India, not at 15:30"
    assert ages(listing) == ages(stock_page) == ages(card) == ages(patterns) == {close}
    assert session_close(date(2026, 11, 20), "import") == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert session_close(date(2031, 11, 20), "import") == datetime(2031, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_what_is_no_company_lacks_nothing(signed_in: Any) -> None:
    Instrument.objects.create(exchange="NSE", symbol="NIFTY 50", segment="INDEX", instrument_type="INDEX")
    text = signed_in.get("/iscore/NSE:NIFTY 50/").content.decode()
    assert "is not the share of a company" in text
    assert "only shares of companies have an I-Score" in text
    for wrong in ("Too little is known</", "nothing is known of it", "From 50 to –", "Not known"):
        assert wrong not in text


@pytest.mark.django_db
@pytest.mark.usefixtures("universe")
def test_another_universes_table_says_where_its_scores_are_ranked(signed_in: Any) -> None:
    make_universe("few")
    assert b", ranked in nifty_100." in signed_in.get("/iscore/?universe=few").content
    assert b", ranked in" not in signed_in.get("/iscore/").content
