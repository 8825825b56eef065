"""Headlines, page views and figures: from the web (a stand-in), from files, from the simulated exchange."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from core import clock, http, versions
from core.addresses import TRUSTED_OPERATOR
from core.models import JobSlot
from market.adapters import base as market
from market.adapters.yahoo.process import Child
from market.models import Fundamental, Instrument
from market.tests.standins.yahoo import YahooStandIn
from signals.adapters.base import Company
from signals.adapters.company_names import Matcher, spoken_name
from signals.adapters.news_feeds import FeedNews, parsed
from signals.adapters.simulated import SimulatedInputs
from signals.adapters.wikipedia import WikipediaViews, article
from signals.adapters.yahoo_figures import YahooFigures
from signals.models import DailyCount, NewsArticle
from signals.services.iscore import fetching
from signals.services.iscore.figures import canonical, figure_tables, governance_ages, governance_of, known_figures
from signals.tests.standins.web import ATOM, BOMB, RSS, WebStandIn
from tests.flows.pocket import make_universe

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RELIANCE = Company("NSE:RELIANCE", "Reliance Industries Ltd.")
COMPANIES = [
    RELIANCE,
    Company("NSE:HDFCBANK", "HDFC Bank Ltd."),
    Company("NSE:HDFCLIFE", "HDFC Life Insurance Company Ltd."),
    Company("NSE:ITC", "ITC Ltd."),
    Company("NSE:SUNPHARMA", "Sun Pharmaceutical Industries Ltd."),
    Company("NSE:TITAN", "Titan Company Ltd."),
    Company("NSE:TMPV", "Tata Motors Passenger Vehicles Ltd."),
    Company("NSE:TMCV", "Tata Motors Ltd."),
]


@pytest.fixture
def web() -> Iterator[WebStandIn]:
    server = WebStandIn()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client() -> Iterator[http.Client]:
    with http.Client(TRUSTED_OPERATOR) as made:
        yield made


@pytest.mark.parametrize(
    ("headline", "symbols"),
    [
        ("HDFC Life wins, HDFC Bank falls", {"NSE:HDFCLIFE", "NSE:HDFCBANK"}),
        ("HDFC Life Insurance up", {"NSE:HDFCLIFE"}),
        ("Reliance Life Sciences", set()),
        ("RELIANCE Industries’ results", {"NSE:RELIANCE"}),
        ("Titan submersible", set()),
        ("Titan Company Q2", {"NSE:TITAN"}),
        ("Tata Motors sales rise", {"NSE:TMCV"}),
        ("SUNPHARMA gains", {"NSE:SUNPHARMA"}),
        ("Tata Motors Passenger Vehicles slips", {"NSE:TMPV"}),
        ("The ITC's cigarettes", {"NSE:ITC"}),
    ],
)
def test_which_companies_a_headline_means(headline: str, symbols: set[str]) -> None:
    found = Matcher(COMPANIES).find(headline)
    assert set(found) == symbols
    assert all(value == 1.0 / len(symbols) for value in found.values())


def test_names_without_their_legal_form() -> None:
    assert spoken_name("Larsen & Toubro Ltd.") == ("larsen", "&", "toubro")
    assert article(Company("NSE:X", "Larsen & Toubro Ltd.")) == "Larsen_%26_Toubro"
    assert article(RELIANCE) == "Reliance_Industries"


def test_feeds_of_both_kinds(web: WebStandIn, client: http.Client) -> None:
    source = FeedNews([f"{web.root}/rss", f"{web.root}/atom", f"{web.root}/nothing"], client)
    found = source.headlines(COMPANIES, since=NOW - timedelta(days=7), now=NOW)
    by_symbol = {one.symbol: one for one in found}
    assert set(by_symbol) == {"NSE:RELIANCE", "NSE:HDFCBANK", "NSE:ITC", "NSE:SUNPHARMA"}
    assert by_symbol["NSE:RELIANCE"].published_at == datetime(2026, 11, 19, 8, 35, tzinfo=UTC)
    assert by_symbol["NSE:RELIANCE"].publisher == "Market & More"
    assert by_symbol["NSE:SUNPHARMA"].text == "Sun Pharmaceutical Industries wins approval"
    assert (by_symbol["NSE:ITC"].relevance, by_symbol["NSE:ITC"].url) == (0.5, "")
    assert list(source.failures) == [f"{web.root}/nothing"]


def test_a_feed_that_is_none_is_refused(web: WebStandIn, client: http.Client) -> None:
    assert len(parsed(RSS.encode(), publisher="x")) == 5
    assert len(parsed(ATOM.encode(), publisher="x")) == 1
    for body in (BOMB, "<html/>", "", "{}"):
        with pytest.raises(market.MalformedReply):
            parsed(body.encode(), publisher="x")
    with pytest.raises(market.UpstreamUnavailable, match="no news feed answered"):
        FeedNews([f"{web.root}/bomb", f"{web.root}/html"], client).headlines(COMPANIES, since=NOW, now=NOW)


def test_page_views(web: WebStandIn, client: http.Client) -> None:
    source = WikipediaViews(client, web.root)
    found = source.counts(RELIANCE, date(2026, 11, 1), date(2026, 11, 3))
    assert [(one.day.day, one.value) for one in found] == [
        (d, 1_000.0 + date(2026, 11, d).toordinal() % 7) for d in (1, 2, 3)
    ]
    assert source.counts(Company("NSE:Q", "Nobody Knows Ltd."), date(2026, 11, 1), date(2026, 11, 3)) == []
    for fault, error in (
        ("rate_limited", market.RateLimitedUpstream),
        ("server_error", market.UpstreamUnavailable),
        ("wrong_shape", market.MalformedReply),
    ):
        web.fault = fault
        with pytest.raises(error):
            source.counts(RELIANCE, date(2026, 11, 1), date(2026, 11, 3))
    with pytest.raises(market.UpstreamUnavailable):
        WikipediaViews(client, "http://127.0.0.1:9").counts(RELIANCE, date(2026, 11, 1), date(2026, 11, 3))


@pytest.mark.slow
def test_figures_of_yahoo_through_its_child() -> None:
    server = YahooStandIn()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    child = Child(api_root=server.root, monotonic=clock.monotonic)
    try:
        source = YahooFigures(child)
        found = {one.metric: one.value for one in source.figures(RELIANCE)}
        assert found == {
            "roe": 0.125,
            "debt_to_equity_pct": 36.5,
            "price_to_book": 2.5,
            "shares_outstanding": 13_532_000_000.0,
        }
        with pytest.raises(market.UnknownSymbol):
            source.figures(Company("NSE:NOBODY", "Nobody Ltd."))
    finally:
        child.stop()
        server.shutdown()
        server.server_close()


def test_the_simulated_company_is_the_same_every_time_and_never_looks_ahead() -> None:
    one, other = SimulatedInputs(195), SimulatedInputs(195)
    week = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    month = one.headlines(COMPANIES, since=week[0], now=week[1])
    assert month == other.headlines(COMPANIES, since=week[0], now=week[1])
    assert month != SimulatedInputs(7).headlines(COMPANIES, since=week[0], now=week[1])
    cut = one.headlines(COMPANIES, since=week[0], now=NOW)
    assert cut == [headline for headline in month if headline.published_at <= NOW]
    assert one.figures_on(RELIANCE, "Power", date(2026, 11, 20)) == other.figures_on(
        RELIANCE, "Power", date(2026, 11, 20)
    )
    views = one.counts(RELIANCE, date(2026, 11, 1), date(2026, 11, 30))
    assert views[9:12] == one.counts(RELIANCE, date(2026, 11, 10), date(2026, 11, 12))
    figures = {
        day: one.figures_on(RELIANCE, "Power", day) for day in (date(2026, 4, 1) + timedelta(d) for d in range(250))
    }
    assert len({str(found) for found, _ in figures.values()}) in (3, 4), "results come once a quarter"
    assert all(0 < age <= 140 for _, age in figures.values())
    assert "gnpa" in one.figures_on(RELIANCE, "Financial Services", date(2026, 11, 20))[0]


def test_figures_in_the_engines_words() -> None:
    def years(*values: float) -> list[tuple[date, float]]:
        return [(date(2026 - back, 3, 31), value) for back, value in enumerate(values)]

    found = canonical(
        {
            "pe_trailing": [(date(2026, 1, 1), -20.0)],
            "price_to_book": [(date(2026, 1, 1), 4.0)],
            "revenue_cr": years(133.1, 121.0, 110.0, 100.0),
            "eps": years(8.0, 4.0, 6.0, 6.0, 6.0),
            "ebitda_cr": years(300.0),
            "interest_expense_cr": years(100.0),
            "debt_to_equity_pct": [(date(2026, 1, 1), 45.0)],
            "shares_outstanding": years(110.0, 100.0),
            "quarter_profit_change_yoy_pct": [(date(2026, 1, 1), 33.0)],
        }
    )
    assert {name: value for name, (value, _) in found.items()} == {
        "earnings_yield": -0.05,
        "book_yield": 0.25,
        "sales_cagr_3y": pytest.approx(0.1),
        "interest_cover": 3.0,
        "eps_cagr_3y": pytest.approx((8 / 6) ** (1 / 3) - 1),
        "debt_equity": pytest.approx(0.45),
        "eps_variability": pytest.approx(0.2108, abs=1e-4),
        "dilution": pytest.approx(0.1),
        "profit_yoy": pytest.approx(0.33),
    }
    assert found["interest_cover"][1] == ("ebitda_cr", "interest_expense_cr")
    assert canonical(
        {"ebitda_cr": years(1.0), "interest_expense_cr": years(0.0), "eps": years(5.0, 1.0, 1.0, -1.0)}
    ).keys() == {"eps_variability"}
    session = date(2026, 11, 20)
    facts = governance_of(
        {
            "pledge_pct": [(date(2026, 9, 30), 12.0), (date(2026, 6, 30), 8.0)],
            "surveillance_stage": [(date(2026, 1, 1), 1.0)],
            "auditor_resigned": [(date(2024, 1, 1), 1.0)],
            "rating_change": [(date(2026, 3, 1), -1.0)],
        },
        session,
    )
    assert facts is not None
    assert (facts.pledge_pct, facts.pledge_change, facts.promoter_change) == (12.0, 4.0, None)
    assert (facts.auditor_resigned, facts.surveillance, facts.rating_change) == (False, "ASM", -1)
    assert governance_of({"roe": years(0.1)}, session) is None


@pytest.mark.django_db
def test_old_figures_stay_old_whatever_else_became_known() -> None:
    """Rows about surveillance, beta or another figure say nothing about how old the price over earnings is."""
    one = Instrument.objects.create(exchange="NSE", symbol="OLD", segment="EQ", name="Old", instrument_type="EQ")
    session = date(2026, 11, 20)
    rows = (
        ("pe_trailing", 1_671, 20.0), ("ebitda_cr", 900, 300.0), ("interest_expense_cr", 40, 100.0), ("beta", 1, 1.1),
        ("surveillance_stage", 2, 0.0), ("pledge_pct", 1_671, 3.0), ("roe", 3, 0.2), ("roe", 300, 0.1),
    )  # fmt: skip
    for metric, days, value in rows:
        known = session - timedelta(days=days)
        Fundamental.objects.create(
            instrument=one, metric=metric, period_end=known, known_from=known, value=value, source="t"
        )
    series, since = known_figures([one.pk], session)
    values, ages = figure_tables([None, one.pk], series, since, session)
    assert {name: (value[1], ages[name][1]) for name, value in values.items()} == {
        "earnings_yield": (0.05, 1_671.0), "interest_cover": (3.0, 900.0), "roce": (0.2, 3.0),
    }  # fmt: skip
    assert np.isnan(values["roce"][0])
    assert np.isnan(ages["roce"][0])
    assert governance_ages(since[one.pk], session) == (1_671.0, 2.0)


@pytest.fixture
def listed(db: None) -> None:
    make_universe("nifty_100")
    Instrument.objects.filter(symbol="RELIANCE").update(name="Reliance Industries Ltd.")
    Instrument.objects.filter(symbol="INFY").update(name="Infosys Ltd.")


@pytest.mark.usefixtures("listed")
def test_fetching_stores_once_and_goes_on_where_it_stopped(web: WebStandIn, client: http.Client) -> None:
    waits: list[float] = []
    sources = fetching.Sources(news=FeedNews([f"{web.root}/rss"], client), attention=WikipediaViews(client, web.root))
    first = fetching.fetch_all(sources=sources, now=NOW, pause=waits.append)
    assert first.added == {"feed": 1, "wikipedia": 2 * 429}
    assert set(waits) == {0.5}
    row = NewsArticle.objects.get()
    assert (row.tone, row.source, row.event) == (0.5, "feed", "")
    again = fetching.fetch_all(sources=sources, now=NOW + timedelta(days=1), pause=waits.append)
    assert again.added == {"feed": 0, "wikipedia": 2}
    assert versions.current("signals.iscore_inputs") > 0
    web.fault = "server_error"
    third = fetching.fetch_all(sources=sources, now=NOW + timedelta(days=2), pause=waits.append)
    assert "503" in third.failures["wikipedia"]


@pytest.mark.usefixtures("listed")
def test_figures_are_stored_as_known_from_the_day_they_were_seen() -> None:
    class Source:
        name = "yahoo"
        roe = 0.1

        def figures(self, company: Company) -> list[Any]:
            from signals.adapters.base import ReportedFigure

            if company.symbol != "NSE:TCS":
                raise market.UnknownSymbol("not here")
            return [ReportedFigure(company.symbol, "roe", self.roe)]

    source = Source()
    sources = fetching.Sources(figures=source)
    assert fetching.fetch_all(sources=sources, now=NOW).added == {"yahoo": 1}
    assert fetching.fetch_all(sources=sources, now=NOW + timedelta(days=1)).added == {"yahoo": 0}
    source.roe = 0.2
    assert fetching.fetch_all(sources=sources, now=NOW + timedelta(days=2)).added == {"yahoo": 1}
    rows = Fundamental.objects.order_by("known_from").values_list("known_from", "value")
    assert list(rows) == [(date(2026, 11, 20), 0.1), (date(2026, 11, 22), 0.2)]


@pytest.mark.django_db(transaction=True)
def test_the_fetch_runs_once_an_hour_if_switched_on(settings: Any, web: WebStandIn) -> None:
    make_universe("nifty_100")
    assert fetching.hourly(now=NOW) is None
    assert not JobSlot.objects.exists()
    settings.ISCORE_SOURCES, settings.NEWS_FEEDS = ("feeds",), (f"{web.root}/rss",)
    Instrument.objects.filter(symbol="RELIANCE").update(name="Reliance Industries Ltd.")
    first = fetching.hourly(now=NOW)
    assert first is not None
    assert first.added == {"feed": 1}
    assert fetching.hourly(now=NOW + timedelta(minutes=50)) is None
    later = fetching.hourly(now=NOW + timedelta(hours=1))
    assert later is not None
    assert later.added == {"feed": 0}


@pytest.mark.usefixtures("listed")
def test_a_day_of_hours_asks_about_every_company_once() -> None:
    class Source:
        name = "wikipedia"

        def __init__(self) -> None:
            self.asked: list[str] = []

        def counts(self, company: Company, start: date, end: date) -> list[Any]:
            self.asked.append(company.symbol)
            return []

    source = Source()
    for turn in range(fetching.DAY):
        fetching.fetch_all(sources=fetching.Sources(attention=source), now=NOW, turn=turn, pause=lambda seconds: None)
    assert len(source.asked) == len(set(source.asked)) == Instrument.objects.count()


def report_of(command: str, path: Path, *more: str) -> str:
    out = StringIO()
    with clock.frozen(NOW):
        call_command(command, str(path), *more, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.usefixtures("listed")
def test_import_of_headlines(tmp_path: Path, settings: Any) -> None:
    settings.STATE_DIR = tmp_path
    path = tmp_path / "news.csv"
    path.write_text(
        "symbol,date,time,headline\n"
        "RELIANCE,2026-11-18,14:44,Profit  jumps\nRELIANCE,2026-11-18,14:44,Profit jumps\n"
        "TCS,20-Nov-2026,17:29,Bags order\nTCS,2026-11-21,09:00,Tomorrow\nNOBODY,2026-11-18,09:00,Who\n"
        "INFY,yesterday,,When\nINFY,2026-11-18,,\n"
    )
    assert "read 7, added 2, changed 0, unchanged 1, conflict 0, rejected 4" in report_of("import_news", path)
    rows = {row.instrument.symbol: row for row in NewsArticle.objects.select_related("instrument")}
    assert rows["RELIANCE"].published_at == datetime(2026, 11, 18, 9, 14, tzinfo=UTC)
    assert (rows["RELIANCE"].headline, rows["RELIANCE"].tone) == ("Profit jumps", 0.5)
    assert rows["TCS"].event == "order_win"
    assert "added 0, changed 0, unchanged 3" in report_of("import_news", path)
    bad = tmp_path / "bad.csv"
    bad.write_text("symbol,headline\nTCS,x\n")
    with pytest.raises(CommandError, match="no column 'date'"):
        report_of("import_news", bad)


@pytest.mark.usefixtures("listed")
def test_import_of_daily_counts(tmp_path: Path, settings: Any) -> None:
    settings.STATE_DIR = tmp_path
    path = tmp_path / "counts.csv"
    path.write_text(
        'symbol,date,page_views,delivery_pct\nRELIANCE,2026-11-18,"1,200",55.5\nRELIANCE,2026-11-19,,101\n'
        "RELIANCE,2026-11-18,9,\nTCS,2026-11-21,5,5\nNOBODY,2026-11-18,1,1\n"
    )
    assert "read 8, added 2, changed 0, unchanged 0, conflict 0, rejected 6" in report_of("import_attention", path)
    assert dict(DailyCount.objects.values_list("kind", "value")) == {"page_views": 1200.0, "delivery_pct": 55.5}
    path.write_text("symbol,date,page_views\nRELIANCE,2026-11-18,1300\nRELIANCE,2026-11-17,1000\n")
    assert "added 1, changed 1, unchanged 0" in report_of("import_attention", path)
    assert "added 0, changed 0, unchanged 2" in report_of("import_attention", path)
    path.write_text("symbol,date,likes\nRELIANCE,2026-11-18,1300\n")
    with pytest.raises(CommandError, match="no column 'page_views' or 'delivery_pct'"):
        report_of("import_attention", path)
    with pytest.raises(CommandError, match="--source"):
        report_of("import_attention", path, "--source", " ")
