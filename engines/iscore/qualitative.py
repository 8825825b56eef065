"""Story and governance (15): tone of the news, facts about owners and auditors, announcements.

News: Tetlock 2007. The tone is a weighted mean, newer items weighing more, drawn towards neutral when there are few.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import numpy as np

from engines.iscore.scaling import Floats, freshness
from engines.iscore.tables import (
    EVENT_POINTS,
    GOVERNANCE_START,
    NEWS_DAYS,
    NEWS_HALF_LIFE_DAYS,
    NEWS_PRIOR,
    QUALITATIVE,
    STALE_AT,
    SUB_WEIGHTS,
    TTL,
)
from engines.iscore.types import CompanyEvent, Governance, Inputs, NewsItem, Sub, sub

_WEIGHT = SUB_WEIGHTS[QUALITATIVE]


def news_score(items: Sequence[NewsItem]) -> tuple[float, float, float]:
    """Return (score, mean tone S, effective number of items) of the known items of the last 30 days; NaN without any.

    w = 0.5^(age/7)·source·relevance; S = Σws/Σw; n = (Σw)²/Σw²; score = 50 + 50·S·n/(n + 5).
    """
    recent = [item for item in items if _counts(item)]
    weights = [0.5 ** (i.age_days / NEWS_HALF_LIFE_DAYS) * i.source_weight * i.relevance for i in recent]
    total = sum(weights)
    if total <= 0.0:
        return float("nan"), float("nan"), 0.0
    tone = sum(w * max(-1.0, min(1.0, i.sentiment)) for w, i in zip(weights, recent, strict=True)) / total
    effective = total * total / sum(w * w for w in weights)
    return 50.0 + 50.0 * tone * effective / (effective + NEWS_PRIOR), tone, effective


def _counts(item: NewsItem) -> bool:
    """Tell whether an item is of the last 30 days and its tone and weight are known."""
    numbers = (item.sentiment, item.source_weight, item.relevance)
    return 0.0 <= item.age_days <= NEWS_DAYS and all(math.isfinite(number) for number in numbers)


def governance_score(facts: Governance) -> tuple[float, float]:
    """Return (score, share of the six facts that are known); the score is NaN when none is.

    From 80: pledge above 20 % of the promoters' holding -20, 5 to 20 % -10; pledge up or promoters' holding down by
    more than 2 points in the quarter -10; holding up by more than 2 points +5; auditor resigned within a year -25;
    long-term ASM -15, GSM -40; rating cut -15, raised +10.
    """
    facts = _finite_facts(facts)
    checks = astuple(facts)
    known = sum(fact is not None for fact in checks) / len(checks)
    if not known:
        return float("nan"), 0.0
    points = GOVERNANCE_START + _ownership(facts)
    points -= 25.0 if facts.auditor_resigned else 0.0
    points -= {"ASM": 15.0, "GSM": 40.0}.get(facts.surveillance or "", 0.0)
    points += {-1: -15.0, 1: 10.0}.get(facts.rating_change or 0, 0.0)
    return max(0.0, min(100.0, points)), known


def _finite_facts(facts: Governance) -> Governance:
    """Return the facts with numbers that are none (NaN, infinity) as unknown."""
    names = ("pledge_pct", "pledge_change", "promoter_change", "rating_change")
    values = {name: getattr(facts, name) for name in names}
    return replace(
        facts, **{name: None for name, value in values.items() if value is not None and not math.isfinite(value)}
    )


def _ownership(facts: Governance) -> float:
    pledge, change = facts.pledge_pct or 0.0, facts.promoter_change or 0.0
    points = -20.0 if pledge > 20.0 else -10.0 if pledge >= 5.0 else 0.0
    if (facts.pledge_change or 0.0) > 2.0 or change < -2.0:
        points -= 10.0
    return points + (5.0 if change > 2.0 else 0.0)


def events_score(events: Sequence[CompanyEvent]) -> tuple[float, float]:
    """Return (score, sum of points) of the announcements of the last 30 days; NaN without any that is scored."""
    recent = [event for event in events if event.kind in EVENT_POINTS and 0.0 <= event.age_days <= TTL["events"]]
    if not recent:
        return float("nan"), float("nan")
    points = sum(EVENT_POINTS[event.kind] for event in recent)
    return max(0.0, min(100.0, 50.0 + points)), points


def qualitative(inputs: Inputs) -> list[Sub]:
    """Return the three sub-scores."""
    symbols = len(inputs.panel.symbols)
    news = _column(symbols, inputs.news, lambda at: news_score(inputs.news[at])[:2])
    told = {at: [item for item in items if _counts(item)] for at, items in inputs.news.items()}
    youngest = _ages(symbols, {at: [item.age_days for item in items] for at, items in told.items()}, NEWS_DAYS)
    facts = _column(symbols, inputs.governance, lambda at: governance_score(inputs.governance[at]))
    facts_fresh = np.zeros(symbols)
    for at in inputs.governance:
        ages = np.array(inputs.governance_age.get(at) or (np.nan,), np.float64)
        facts_fresh[at] = _fresh(ages, "fundamentals").mean()
    events = _column(symbols, inputs.events, lambda at: events_score(inputs.events[at]))
    event_age = _ages(symbols, {at: [e.age_days for e in some] for at, some in inputs.events.items()}, TTL["events"])
    counts = {at: f"{len(some)} items" for at, some in told.items()}
    return [
        sub(QUALITATIVE, "news", _WEIGHT["news"], news[0], news[1], _fresh(youngest, "news"), note=counts),
        sub(
            QUALITATIVE, "governance", _WEIGHT["governance"], facts[0], facts[0], facts_fresh, facts[1],
        ),
        sub(QUALITATIVE, "events", _WEIGHT["events"], events[0], events[1], _fresh(event_age, "events")),
    ]  # fmt: skip


def _fresh(age: Floats, life: str) -> Floats:
    return freshness(age, TTL[life], STALE_AT)


def _column(symbols: int, given: object, of: Callable[[int], tuple[float, float]]) -> tuple[Floats, Floats]:
    first, second = np.full(symbols, np.nan), np.full(symbols, np.nan)
    for at in given:  # type: ignore[attr-defined]
        first[at], second[at] = of(at)
    return first, second


def _ages(symbols: int, ages: dict[int, list[float]], longest: float) -> Floats:
    """Return the age of the youngest of each stock's items that is not too old."""
    out = np.full(symbols, np.nan)
    for at, some in ages.items():
        recent = [age for age in some if 0.0 <= age <= longest]
        if recent:
            out[at] = min(recent)
    return out
