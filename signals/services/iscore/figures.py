"""Company figures in the engine's words, from whatever names the sources gave them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from engines.iscore.scaling import Floats
from engines.iscore.types import Governance
from market.models import Fundamental

#: Newest first: (end of the period or the day it was known, value).
Series = list[tuple[date, float]]
#: The yearly values from which growth and variability are worked out when no source gives them.
_YEARS: Final = 3
_LEAST_YEARS: Final = 4
_YEAR_DAYS: Final = 365
_GOVERNANCE: Final = ("pledge_pct", "promoter_holding_pct", "auditor_resigned", "surveillance_stage", "rating_change")


def known_figures(
    instrument_ids: Sequence[int], session: date
) -> tuple[dict[int, dict[str, Series]], dict[int, dict[str, date]]]:
    """Return every metric's values that were public before ``session``, and when the newest of each became so.

    A figure announced on a day counts from the next. Of several for one period the last announced counts.
    """
    rows = Fundamental.objects.filter(instrument_id__in=list(instrument_ids), known_from__lt=session)
    ordered = rows.order_by("known_from", "id").values_list(
        "instrument_id", "metric", "period_end", "known_from", "value"
    )
    by_company: dict[int, dict[str, dict[date, tuple[float, date]]]] = defaultdict(lambda: defaultdict(dict))
    for company, metric, period, known, value in ordered.iterator(5_000):
        by_company[company][metric][period or known] = (value, known)
    series = {
        company: {
            metric: [(day, values[day][0]) for day in sorted(values, reverse=True)]
            for metric, values in metrics.items()
        }
        for company, metrics in by_company.items()
    }
    since = {
        company: {metric: values[max(values)][1] for metric, values in metrics.items()}
        for company, metrics in by_company.items()
    }
    return series, since


def canonical(metrics: Mapping[str, Series]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return the engine's figures (fractions) that the metrics give, each with the metrics it is made of.

    What they do not give is left out.
    """
    found = {}
    for name, ways in _WAYS.items():
        for way in ways:
            value = way.work(metrics)
            if value is not None and np.isfinite(value):
                found[name] = (float(value), way.used(metrics))
                break
    return found


def figure_tables(
    companies: Sequence[int | None],
    series: Mapping[int, Mapping[str, Series]],
    since: Mapping[int, Mapping[str, date]],
    session: date,
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return (N,) tables by figure for the columns' companies: values, and the age in days of what each is made of.

    A figure of several metrics is as old as the oldest of them. Other figures of the company do not make it younger.
    """
    tables: dict[str, Floats] = {}
    ages: dict[str, Floats] = {}
    for at, company in enumerate(companies):
        days = since.get(company or 0, {})
        for name, (value, used) in canonical(series.get(company or 0, {})).items():
            tables.setdefault(name, np.full(len(companies), np.nan))[at] = value
            ages.setdefault(name, np.full(len(companies), np.nan))[at] = max((session - days[one]).days for one in used)
    return tables, ages


def governance_ages(since: Mapping[str, date], session: date) -> tuple[float, ...]:
    """Return the age in days of each metric about owners and auditors that is there."""
    return tuple(float((session - since[name]).days) for name in _GOVERNANCE if name in since)


def governance_of(metrics: Mapping[str, Series], session: date) -> Governance | None:
    """Return the facts about owners and auditors; None when there is none.

    ``pledge_pct``, ``promoter_holding_pct`` by quarter; ``auditor_resigned`` (1 on the day it was known);
    ``surveillance_stage`` (0 none, 1 long-term ASM, 2 GSM); ``rating_change`` (-1, 0, 1), good for a year.
    """
    stage = _latest(metrics, "surveillance_stage")
    resigned, rating = _recent(metrics, "auditor_resigned", session), _recent(metrics, "rating_change", session)
    facts = Governance(
        pledge_pct=_latest(metrics, "pledge_pct"),
        pledge_change=_step(metrics, "pledge_pct"),
        promoter_change=_step(metrics, "promoter_holding_pct"),
        auditor_resigned=None if resigned is None else resigned > 0.0,
        surveillance=None if stage is None else ("", "ASM", "GSM")[max(0, min(2, round(stage)))],
        rating_change=None if rating is None else max(-1, min(1, round(rating))),
    )
    return None if facts == Governance() else facts


def _latest(metrics: Mapping[str, Series], *names: str) -> float | None:
    return next((metrics[name][0][1] for name in names if metrics.get(name)), None)


def _step(metrics: Mapping[str, Series], name: str) -> float | None:
    values = metrics.get(name, [])
    return values[0][1] - values[1][1] if len(values) > 1 else None


def _recent(metrics: Mapping[str, Series], name: str, session: date) -> float | None:
    values = metrics.get(name, [])
    if not values:
        return None
    return values[0][1] if session - values[0][0] <= timedelta(days=_YEAR_DAYS) else 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a figure is made: ``work`` of the metrics; of each of ``names`` the first that is there goes in."""

    names: tuple[tuple[str, ...], ...]
    work: Callable[[Mapping[str, Series]], float | None]

    def used(self, metrics: Mapping[str, Series]) -> tuple[str, ...]:
        """Return the metrics that went in."""
        return tuple(next(name for name in names if metrics.get(name)) for names in self.names)


def _given(name: str, factor: float = 1.0) -> Way:
    def way(metrics: Mapping[str, Series]) -> float | None:
        value = _latest(metrics, name)
        return None if value is None else value * factor

    return Way(((name,),), way)


def _inverse(name: str) -> Way:
    def way(metrics: Mapping[str, Series]) -> float | None:
        value = _latest(metrics, name)
        return 1.0 / value if value else None

    return Way(((name,),), way)


def _ratio(above: str, below: str) -> Way:
    def way(metrics: Mapping[str, Series]) -> float | None:
        top, bottom = _latest(metrics, above), _latest(metrics, below)
        return top / bottom if top is not None and bottom is not None and bottom > 0.0 else None

    return Way(((above,), (below,)), way)


def _yearly(metrics: Mapping[str, Series], *names: str) -> Series:
    """Return the values of fiscal years, newest first: only those a year apart from the newest."""
    values = next((metrics[name] for name in names if metrics.get(name)), [])
    newest = values[0][0] if values else date.min
    return [(day, value) for day, value in values if day.month == newest.month]


def _cagr(*names: str) -> Way:
    def way(metrics: Mapping[str, Series]) -> float | None:
        years = _yearly(metrics, *names)
        before = next((value for day, value in years if years[0][0].year - day.year == _YEARS), None)
        if before is None or before <= 0.0 or years[0][1] <= 0.0:
            return None
        return (years[0][1] / before) ** (1.0 / _YEARS) - 1.0

    return Way((names,), way)


def _variability(*names: str) -> Way:
    """Deviation of the yearly values over the size of their mean."""

    def way(metrics: Mapping[str, Series]) -> float | None:
        values = np.array([value for _, value in _yearly(metrics, *names)[:5]])
        if len(values) < _LEAST_YEARS or not values.mean():
            return None
        return float(values.std() / abs(values.mean()))

    return Way((names,), way)


def _yearly_growth(name: str) -> Way:
    def way(metrics: Mapping[str, Series]) -> float | None:
        years = _yearly(metrics, name)
        before = next((value for day, value in years if years[0][0].year - day.year == 1), None)
        return years[0][1] / before - 1.0 if before else None

    return Way(((name,),), way)


_WAYS: Final[dict[str, tuple[Way, ...]]] = {
    "earnings_yield": (_given("earnings_yield"), _inverse("pe_trailing")),
    "book_yield": (_given("book_yield"), _inverse("price_to_book")),
    "cfo_ev": (_given("cfo_ev"), _ratio("operating_cashflow_rs", "enterprise_value_rs")),
    "roce": (_given("roce_3y"), _given("roce"), _given("roe_3y"), _given("roe")),
    "debt_equity": (_given("debt_equity"), _given("debt_to_equity_pct", 0.01)),
    "cfo_pat": (_given("cfo_pat"), _ratio("operating_cashflow_rs", "net_income_rs")),
    "piotroski": (_given("piotroski"),),
    "sales_cagr_3y": (_given("sales_cagr_3y"), _cagr("revenue_cr", "revenue_rs")),
    "eps_cagr_3y": (_given("eps_cagr_3y"), _cagr("eps")),
    "sales_yoy": (_given("sales_yoy"), _given("revenue_growth_yoy"), _given("quarter_sales_change_yoy_pct", 0.01)),
    "profit_yoy": (
        _given("profit_yoy"), _given("earnings_growth_yoy"), _given("quarter_profit_change_yoy_pct", 0.01),
    ),
    "eps_variability": (_given("eps_variability"), _variability("eps")),
    "interest_cover": (_given("interest_cover"), _ratio("ebitda_cr", "interest_expense_cr")),
    "dilution": (_given("dilution"), _yearly_growth("shares_outstanding")),
    "roa": (_given("roa"),),
    "gnpa": (_given("gnpa"), _given("gnpa_pct", 0.01)),
    "nnpa": (_given("nnpa"), _given("nnpa_pct", 0.01)),
    "car": (_given("car"), _given("car_pct", 0.01)),
    "credit_growth": (_given("credit_growth"), _given("credit_growth_pct", 0.01)),
}  # fmt: skip
