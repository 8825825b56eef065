"""Whose prices an answer is of, and up to when: today's unfinished bars, and stocks beside the universe."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from core import clock, versions
from core.errors import DataUnavailable
from engines.strategy.parse import parse_strategy
from market.constants import VERSION_UNIVERSES
from market.models import CandleSeries, Instrument, InstrumentSymbol, Universe, UniverseMember, UniverseSnapshot
from market.services import exchanges
from market.services.candle_imports import import_candles
from market.services.candles import midnight_utc
from market.services.imports import CandleOptions
from signals.models import IScoreSnapshot, PatternScan, PatternSignal
from signals.services import history, market_data
from signals.services.iscore import nightly, reading, scoring, snapshots, validation
from signals.services.patterns import scanning, similar, top
from signals.services.patterns.nightly import search_if_due
from signals.services.strategies.matches import matches
from tests.flows.pocket import SYMBOLS, compare, list_universe, strategy_body
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 13, 31, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)
EXTRA = "NSE:EXTRA"


@cache
def sessions(last: date = YESTERDAY) -> list[date]:
    """Return the sessions of the exchange from June 2025 on."""
    clock_of = exchanges.official_clock("NSE")
    days = np.arange(np.datetime64("2025-06-02"), np.datetime64(last) + 1).tolist()
    return [day for day in days if clock_of.session_of(day) is not None]


def store(tmp_path: Path, symbols: Iterable[str], days: Iterable[date], *, source: str = "import") -> None:
    """Import day bars of seeded walks, the same for a symbol and a day whenever they are asked for."""
    lines = ["symbol,date,open,high,low,close,volume"]
    every = sessions(last=TODAY)
    before = dict(zip(every[1:], every[:-1], strict=True))
    for symbol in symbols:
        rng = np.random.default_rng(sum(symbol.encode()))
        closes = 500.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, len(every))))
        of = dict(zip(every, np.round(closes, 2).tolist(), strict=True))
        for day in days:
            close = of[day] * (1.3 if day == TODAY else 1.0)  # today breaks out of everything
            opened = of[before.get(day, day)]
            high, low = 1.004 * max(close, opened), 0.996 * min(close, opened)
            lines.append(f"{symbol},{day},{opened:.2f},{high:.2f},{low:.2f},{close:.2f},{50_000 + int(close)}")
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(lines) + "\n")
    report = import_candles(path=path, options=CandleOptions(source=source), now=EVENING)
    assert report.added == len(lines) - 1, report.lines()


@pytest.fixture(autouse=True)
def _imported(settings: Any, tmp_path: Path) -> None:
    """A universe with imported prices up to yesterday, and the first bars of today."""
    settings.STATE_DIR = tmp_path
    store(tmp_path, SYMBOLS, [*sessions(), TODAY])
    list_universe("nifty_100", SYMBOLS)
    UniverseSnapshot.objects.update(source="import")
    forget()


@pytest.fixture
def extra(tmp_path: Path) -> None:
    """A stock beside the universe, of Yahoo's prices only."""
    store(tmp_path, ["EXTRA"], sessions(), source="yahoo")
    forget()


def test_the_last_session_of_a_panel_is_said_in_one_place() -> None:
    whole = market_data.whole_panel("nifty_100", NOON)
    assert whole.dates[-1].item() == TODAY
    cut = market_data.complete_panel("nifty_100", NOON)
    assert cut.dates[-1].item() == history.last_session(whole, NOON) == YESTERDAY
    assert len({len(getattr(cut, name)) for name in ("dates", "close", "volume", "factor", "member")}) == 1
    assert cut.version != whole.version
    later = market_data.complete_panel("nifty_100", EVENING)
    assert (later.version, later.dates[-1].item()) == (whole.version, TODAY)
    with pytest.raises(DataUnavailable, match="No session is complete"):
        history.complete_part(whole, datetime(2025, 6, 2, 6, tzinfo=UTC))


def test_strategies_and_backtests_stop_there_too() -> None:
    asked: dict[str, Any] = {"universe": "nifty_100", "start": date(2026, 9, 1), "end": TODAY}
    assert market_data.stretch(**asked, now=NOON).as_of == YESTERDAY
    assert market_data.stretch(**asked, now=EVENING).as_of == TODAY
    body = strategy_body(entry_rules=compare("close", ">", 0), params={}, exit_rules=[], universe="nifty_100")
    rules = parse_strategy(body).strategy
    for now, day in ((NOON, YESTERDAY), (EVENING, TODAY)):
        found = matches(rules=rules, universe="nifty_100", parameters={}, now=now)
        assert (found["date"], found["count"]) == (day, len(SYMBOLS))


def test_patterns_stop_at_the_session_that_the_scores_stop_at(signed_in: Any) -> None:
    with clock.frozen(NOON):
        one = signed_in.get("/api/patterns?symbol=TCS&sessions=5").json()
        scan = signed_in.get("/api/patterns/scan?sessions=5").json()
        alike = signed_in.get("/api/patterns/similar?symbol=TCS&bars=20&paths=true").json()
        score = signed_in.get("/api/iscore/NSE:TCS").json()
        page = signed_in.get("/patterns/?symbol=NSE:TCS")
    assert score["as_of_session"] == YESTERDAY.isoformat()
    assert {one["as_of"], scan["as_of"], alike["as_of"]} == {"2026-11-19T10:00:00Z"}
    assert all(row["at"] <= YESTERDAY.isoformat() for row in (*one["patterns"], *scan["signals"]))
    assert alike["paths"]["end"] == YESTERDAY.isoformat()
    assert page.context["last_session"] == page.context["symbol_session"] == YESTERDAY
    assert b"2026-11-20" not in page.content
    assert not PatternSignal.objects.filter(session=TODAY).exists()
    assert {row.session for row in top.top_signals(NOON)} <= {YESTERDAY}


def test_in_the_evening_the_same_prices_have_one_session_more() -> None:
    noon = scanning.standing(now=NOON)
    before = similar.analogues(symbol="NSE:TCS", bars=20, after=5, universe="nifty_100", now=NOON)
    assert noon.session == PatternScan.objects.get().session == YESTERDAY
    assert scanning.is_searched("nifty_100", market_data.complete_panel("nifty_100", NOON))
    assert not scanning.is_searched("nifty_100", market_data.complete_panel("nifty_100", EVENING))
    evening = scanning.standing(now=EVENING)
    assert (evening.session, evening.as_of) == (TODAY, datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert evening.key != noon.key
    assert similar.analogues(symbol="NSE:TCS", bars=20, after=5, universe="nifty_100", now=EVENING).end > before.end
    top.forget()
    assert {row.session for row in top.top_signals(EVENING)} == {TODAY}


@pytest.mark.django_db(transaction=True)
def test_the_worker_searches_again_when_the_session_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []
    monkeypatch.setattr("core.children.run", lambda work, *, now, **more: asked.append(now))
    scanning.standing(now=NOON)
    search_if_due(now=NOON)
    assert not asked
    search_if_due(now=EVENING)
    assert asked == [EVENING]
    monkeypatch.setattr(history, "complete_until", lambda source, now: date(2025, 5, 30))
    search_if_due(now=EVENING)
    assert len(asked) == 1, "no session is complete: there is nothing to search"


@pytest.mark.usefixtures("extra")
def test_a_stock_beside_the_universe_is_told_under_the_source_of_its_own_prices(signed_in: Any) -> None:
    with clock.frozen(NOON):
        assert signed_in.get("/api/iscore/NSE:TCS").json()["data_source"] == "import"
        first, again = (signed_in.get(f"/api/iscore/{EXTRA}").json() for _ in range(2))
        past = signed_in.get(f"/api/iscore/{EXTRA}/history").json()
        patterns = signed_in.get("/api/patterns?symbol=EXTRA&sessions=250").json()
        alike = signed_in.get("/api/patterns/similar?symbol=EXTRA&bars=20").json()
        page = signed_in.get(f"/iscore/{EXTRA}/")
    assert first["iscore"] is not None
    assert (first["data_source"], first["as_of_session"]) == ("yahoo", "2026-11-19")
    assert again == first, "the row that was kept is found again"
    assert [row["data_source"] for row in past] == ["yahoo"]
    assert patterns["patterns"]
    assert {one["data_source"] for one in (patterns, alike)} == {"yahoo"}
    assert alike["matches_source"] == "import"
    assert {one["as_of"] for one in (patterns, alike)} == {"2026-11-19T10:00:00Z"}
    assert page.context["data_source"] == "yahoo"
    kept = {row.instrument.key: row for row in IScoreSnapshot.objects.select_related("instrument")}
    assert {symbol: row.data_source for symbol, row in kept.items()} == {"NSE:TCS": "import", EXTRA: "yahoo"}
    assert kept[EXTRA].result["data_source"] == "yahoo"


@pytest.mark.usefixtures("extra")
def test_the_ledger_of_a_stock_compares_rows_of_its_own_source(tmp_path: Path, signed_in: Any) -> None:
    """Its next score has the one before it of the same source as its past, wherever it is shown, and no other."""
    list_universe("few", ["TCS", "EXTRA"])
    answer = reading.iscore_of(EXTRA, now=NOON)
    row = IScoreSnapshot.objects.get(instrument__symbol="EXTRA")
    other = IScoreSnapshot.objects.get(pk=row.pk)
    other.pk, other.data_source, other.iscore, other.session = None, "import", 1.0, date(2026, 11, 19)
    other.save()
    store(tmp_path, ["EXTRA"], [TODAY], source="yahoo")
    forget()
    later = reading.iscore_of(EXTRA, now=EVENING)
    assert later["previous"] == {"iscore": answer["iscore"], "session": row.session}
    moved = sum(one["points"] for one in later["changes"])
    assert moved == pytest.approx(later["iscore"] - answer["iscore"], abs=0.6)
    table = reading.iscore_table(universe="few", sort="symbol", now=EVENING)
    rows = {one["symbol"]: one for one in table.rows}
    assert rows[EXTRA]["change"] == round(later["iscore"] - answer["iscore"], 1)
    assert (rows[EXTRA]["data_source"], rows["NSE:TCS"]["data_source"], table.data_source) == (
        "yahoo", "import", "import",
    )  # fmt: skip
    with clock.frozen(EVENING):
        page = signed_in.get("/iscore/?universe=few").content.decode()
        whole = signed_in.get("/iscore/").content.decode()
        answers = {one["symbol"]: one for one in signed_in.get("/api/iscore?universe=few").json()}
    assert "ranked in nifty_100 (yahoo prices of EXTRA)." in page
    assert "yahoo" not in whole
    assert answers[EXTRA]["data_source"] == "yahoo"


@pytest.mark.usefixtures("extra")
def test_a_former_member_with_prices_from_elsewhere_is_beside_the_universe(signed_in: Any) -> None:
    """It has a column of the panel still, without a bar: its own prices are asked for by themselves."""
    instrument = Instrument.objects.get(symbol="EXTRA")
    first = UniverseSnapshot.objects.get(universe__name="nifty_100")
    UniverseMember.objects.create(snapshot=first, instrument=instrument, sector="Other")
    later = UniverseSnapshot.objects.create(universe=first.universe, as_of=date(2026, 3, 2), source="import")
    for member in UniverseMember.objects.filter(snapshot=first).exclude(instrument=instrument):
        UniverseMember.objects.create(snapshot=later, instrument=member.instrument, sector=member.sector)
    versions.bump(VERSION_UNIVERSES)
    forget()
    assert EXTRA in market_data.complete_panel("nifty_100", NOON).symbols
    with clock.frozen(NOON):
        score, again = (signed_in.get(f"/api/iscore/{EXTRA}").json() for _ in range(2))
        patterns = signed_in.get("/api/patterns?symbol=EXTRA&sessions=250").json()
        alike = signed_in.get("/api/patterns/similar?symbol=EXTRA&bars=20").json()
    assert (score["data_source"], score["as_of_session"]) == ("yahoo", "2026-11-19")
    assert score["iscore"] is not None
    assert again == score
    assert patterns["patterns"]
    assert {patterns["data_source"], alike["data_source"]} == {"yahoo"}


@pytest.mark.usefixtures("extra")
def test_what_was_measured_is_of_the_prices_that_stocks_are_ranked_by(
    signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "_WARM_UP", 260)
    validation.validate(months=3, now=NOON)
    with clock.frozen(NOON):
        said = {symbol: signed_in.get(f"/iscore/{symbol}/").context["measured_words"] for symbol in ("NSE:TCS", EXTRA)}
    assert said["NSE:TCS"] == said[EXTRA]
    assert "not measured here yet" not in said[EXTRA]


def test_a_former_symbol_has_the_answer_and_the_history_of_the_present_one(signed_in: Any) -> None:
    tcs = Instrument.objects.get(symbol="TCS")
    InstrumentSymbol.objects.create(instrument=tcs, exchange="NSE", symbol="TCSOLD", valid_to=date(2026, 1, 1))
    with clock.frozen(NOON):
        now, before = (signed_in.get(f"/api/iscore/NSE:{name}").json() for name in ("TCS", "TCSOLD"))
        past = [signed_in.get(f"/api/iscore/NSE:{name}/history").json() for name in ("TCS", "TCSOLD")]
    assert before == now
    assert past[0] == past[1]
    assert len(past[0]) == 1
    assert IScoreSnapshot.objects.count() == 1


def test_a_day_that_trades_in_the_evening_is_complete_at_its_close() -> None:
    """The Muhurat session of 8 November 2026 ends after the hour from which other days are final."""
    close = history.session_close(date(2026, 11, 8), "import")
    assert close > datetime(2026, 11, 8, 13, 30, tzinfo=UTC)
    assert history.complete_until("import", close - timedelta(minutes=1)) == date(2026, 11, 7)
    assert history.complete_until("import", close) == date(2026, 11, 8)


def test_a_measurement_takes_no_unfinished_bar_for_a_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_WARM_UP", 260)
    lasts: list[date] = []
    report = validation.report
    monkeypatch.setattr(
        validation, "report", lambda panel, *rest: lasts.append(panel.dates[-1].item()) or report(panel, *rest)
    )
    validation.validate(months=3, now=NOON)
    assert lasts == [YESTERDAY]


@pytest.mark.usefixtures("extra")
def test_old_words_go_whatever_real_source_a_stock_has() -> None:
    answer = reading.iscore_of(EXTRA, now=NOON)
    assert answer["data_source"] == "yahoo"
    row = IScoreSnapshot.objects.get()
    assert snapshots.shorten_old(data_source="simulated", before=TODAY) == 0
    assert snapshots.shorten_old(data_source="import", before=TODAY) == 1
    row.refresh_from_db()
    assert "summary" not in row.result


def test_a_stock_without_a_bar_of_the_session_claims_none(tmp_path: Path, signed_in: Any) -> None:
    store(tmp_path, ["EXTRA"], sessions(last=date(2026, 6, 30)), source="yahoo")
    list_universe("few", ["TCS", "EXTRA"])
    with clock.frozen(NOON):
        score = signed_in.get(f"/api/iscore/{EXTRA}").json()
        patterns = signed_in.get("/api/patterns?symbol=EXTRA&sessions=250").json()
        alike = signed_in.get("/api/patterns/similar?symbol=EXTRA&bars=20&paths=true").json()
        rows = {one["symbol"]: one for one in signed_in.get("/api/iscore?universe=few").json()}
        page = signed_in.get(f"/iscore/{EXTRA}/")
        symbol = signed_in.get(f"/patterns/?symbol={EXTRA}").content.decode()
    assert (score["iscore"], score["as_of_session"], score["code"]) == (None, None, "INSUFFICIENT_DATA")
    assert (score["data_source"], score["missing_inputs"]) == ("yahoo", ["prices"])
    assert score["summary"] == (
        "There is no score: the last daily bar of NSE:EXTRA is of 2026-06-30, and the session that is scored is "
        "2026-11-19."
    )
    assert not IScoreSnapshot.objects.filter(instrument__symbol="EXTRA").exists()
    assert (rows[EXTRA]["iscore"], rows[EXTRA]["code"]) == (None, "INSUFFICIENT_DATA")
    assert rows["NSE:TCS"]["iscore"] is not None
    assert {patterns["as_of"], alike["as_of"]} == {"2026-06-30T10:00:00Z"}
    assert {patterns["data_source"], alike["data_source"]} == {"yahoo"}
    assert alike["paths"]["end"] == "2026-06-30"
    assert (page.context["data_source"], page.context["as_of"]) == ("yahoo", "")
    assert "Daily closes, adjusted, up to 30 Jun 2026." in symbol


def test_one_missing_session_is_enough_beside_the_universe_and_not_within_it(tmp_path: Path) -> None:
    store(tmp_path, ["EXTRA"], [day for day in sessions() if day != date(2026, 11, 18)], source="yahoo")
    gone = CandleSeries.objects.get(instrument__symbol="TCS").candles.filter(ts=midnight_utc(date(2026, 11, 18)))
    assert gone.delete()[0] == 1
    forget()
    day = date(2026, 11, 19)
    assert EXTRA in scoring.scored(now=NOON, session=day, extras=[EXTRA]).place
    before = scoring.scored(now=NOON, session=date(2026, 11, 18), extras=[EXTRA])
    assert EXTRA not in before.place
    assert "NSE:TCS" in before.place, "a member that did not trade is ranked with its last bars"


def test_a_month_end_without_a_bar_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = date(2026, 9, 30)
    store(tmp_path, ["EXTRA"], [day for day in sessions() if day != gone])
    list_universe("few", ["TCS", "EXTRA"])
    UniverseSnapshot.objects.update(source="import")
    monkeypatch.setattr(validation, "_WARM_UP", 260)
    found = validation.validate(universe="few", months=3, now=NOON)
    assert (found.data_source, found.result["stocks_scored"]) == ("import", {"least": 1, "most": 2})


def test_the_night_keeps_members_only_under_the_universes_source() -> None:
    night = nightly.run(now=NOON)
    assert (night.session, night.scored) == (YESTERDAY, len(SYMBOLS))
    assert set(IScoreSnapshot.objects.values_list("data_source", "session")) == {("import", YESTERDAY)}


@pytest.mark.parametrize("name", ["x" * 300, "a/b", "../panels", "a\0b", "", " "])
def test_a_name_that_no_universe_can_have_is_refused_in_words(name: str, signed_in: Any) -> None:
    with clock.frozen(NOON):
        for command in (["find_patterns", name], ["iscore_validation", "--universe", name or " "]):
            with pytest.raises(CommandError, match=r"^There is no universe '.{0,60}': a name has 1 to 40 letters"):
                call_command(*command, stdout=StringIO(), stderr=StringIO())
        if 0 < len(name.strip()) < 60:
            assert signed_in.get("/api/patterns/scan", {"universe": name}).status_code == 400


def test_a_list_under_a_name_too_long_is_not_imported(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Symbol\nTCS\n")
    with pytest.raises(CommandError, match="a name has at most 40 characters, this one has 41"):
        call_command("import_constituents", str(path), "--universe", "x" * 41, "--as-of", "2026-01-01")
    assert not Universe.objects.filter(name__startswith="xx").exists()
    assert not UniverseMember.objects.filter(snapshot__universe__name__startswith="xx").exists()


@pytest.mark.parametrize("command", ["find_patterns", "iscore_validation", "import_constituents", "import_news"])
def test_every_argument_of_a_command_is_explained(command: str) -> None:
    from django.core.management import load_command_class

    for package in ("signals", "market"):
        try:
            found = load_command_class(package, command)
        except ModuleNotFoundError:
            continue
        parser = found.create_parser("manage.py", command)
        assert not [action.dest for action in parser._actions if not action.help]
