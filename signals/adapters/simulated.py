"""Made-up companies behind the simulated exchange: figures, headlines, page views. Seeded, the same every time.

Everything is a function of seed, symbol and day (or quarter), so that any day can be asked for alone and looking back
gives what was given then. Nothing here is about the real companies whose symbols the simulated exchange borrows.
"""

import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from engines.iscore.quantitative import is_financial
from engines.iscore.types import Governance
from engines.simulation.rng import F64, fold_key, fraction, words
from signals.adapters.base import Company, DayCount, Headline

#: Days after a quarter on which its results are public, at most.
_RESULT_DAYS: Final = 45
_PUBLISHER: Final = "Simulated Wire"
_NEWS_A_DAY: Final = 0.22
_GOOD: Final = (
    "{name} reports {n}% rise in quarterly net profit", "{name} bags order worth Rs {n}0 crore",
    "{name} beats estimates as margins improve", "{name} to expand capacity with new plant",
    "Brokerage upgrades {name} on strong outlook", "{name} cuts debt ahead of plan",
)  # fmt: skip
_BAD: Final = (
    "{name} reports {n}% fall in quarterly net profit", "{name} misses estimates as costs rise",
    "Brokerage downgrades {name} on weak demand", "{name} faces probe over disclosures",
    "{name} delays project, flags slowdown", "{name} loses contract after dispute",
)  # fmt: skip
_PLAIN: Final = (
    "{name} informs about board meeting", "{name} schedules analyst call", "{name} announces record date",
)  # fmt: skip

#: Centre and spread of each figure over companies.
_CENTRE: Final[dict[str, tuple[float, float]]] = {
    "earnings_yield": (0.04, 0.02), "book_yield": (0.25, 0.15), "cfo_ev": (0.04, 0.02), "roce": (0.18, 0.08),
    "debt_equity": (0.6, 0.5), "cfo_pat": (0.95, 0.3), "piotroski": (5.5, 1.6), "sales_cagr_3y": (0.12, 0.08),
    "eps_cagr_3y": (0.13, 0.12), "sales_yoy": (0.10, 0.10), "profit_yoy": (0.12, 0.2), "eps_variability": (0.25, 0.12),
    "interest_cover": (9.0, 6.0), "dilution": (0.01, 0.015),
}  # fmt: skip
_LENDER: Final[dict[str, tuple[float, float]]] = {
    "book_yield": (0.45, 0.2), "roa": (0.014, 0.006), "gnpa": (0.03, 0.015), "nnpa": (0.008, 0.005),
    "car": (0.17, 0.02),
    "credit_growth": (0.13, 0.06), "eps_cagr_3y": (0.13, 0.12), "profit_yoy": (0.12, 0.2),
    "eps_variability": (0.3, 0.12),
    "dilution": (0.01, 0.015),
}  # fmt: skip
_NOT_NEGATIVE: Final = frozenset({"debt_equity", "gnpa", "nnpa", "eps_variability", "interest_cover", "piotroski"})
_FADING: Final = 0.8 ** np.arange(8)


class SimulatedInputs:
    """The three sources in one, for one seed."""

    name = "simulated"

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def figures_on(self, company: Company, sector: str, day: date) -> tuple[dict[str, float], int]:
        """Return the figures that are public before ``day`` (fractions), and how many days ago the newest came out."""
        delay = 20 + int(self._uniform(company, 3, [0])[0] * (_RESULT_DAYS - 20))
        quarter, published = _last_quarter(day, delay)
        centres = _LENDER if is_financial(sector) else _CENTRE
        names = sorted(centres)
        own = self._normal(company, 100, range(len(names)))
        steps = [(quarter - back) * 64 + number for number in range(len(names)) for back in range(len(_FADING))]
        shocks = self._normal(company, 200, steps).reshape(len(names), -1) @ _FADING  # they fade over two years
        found = {}
        for name, level, shock in zip(names, own.tolist(), shocks.tolist(), strict=True):
            value = centres[name][0] + centres[name][1] * (level + 0.12 * shock)
            found[name] = max(0.0, value) if name in _NOT_NEGATIVE else value
        if "piotroski" in found:
            found["piotroski"] = float(min(9, round(found["piotroski"])))
        return found, (day - published).days

    def governance_on(self, company: Company, day: date) -> tuple[Governance, int]:
        """Return made-up facts about owners and auditors, and the days since they began to hold.

        They change with the quarter; most companies have nothing remarkable.
        """
        quarter = day.year * 4 + (day.month - 1) // 3 - 1
        luck = self._uniform(company, 300, [0, quarter])
        pledge = round(40.0 * float(luck[0]) ** 6, 1)
        moved = round(float(self._normal(company, 301, [quarter])[0]), 2)
        stage = "ASM" if luck[1] < 0.02 else ""
        rating = -1 if luck[1] > 0.97 else 1 if luck[1] > 0.92 else 0
        began = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        facts = Governance(pledge, round(0.5 * moved, 2), -moved, bool(luck[1] < 0.004), stage, rating)
        return facts, (day - began).days

    def headlines(self, companies: Sequence[Company], *, since: datetime, now: datetime) -> list[Headline]:
        """Return the headlines published from ``since`` to ``now``."""
        days = range(since.date().toordinal(), now.date().toordinal() + 1)
        found = [one for company in companies for one in self._of_days(company, days)]
        return [one for one in found if since <= one.published_at <= now]

    def counts(self, company: Company, start: date, end: date) -> list[DayCount]:
        """Return page views of every day of the range."""
        days = range(start.toordinal(), end.toordinal() + 1)
        weeks = [day // 7 for day in days]
        log = 6.5 + 0.8 * self._normal(company, 4, [0])[0]
        log = log + 0.18 * self._normal(company, 5, weeks) + 0.1 * self._normal(company, 7, days)
        log = log + np.where(self._uniform(company, 6, weeks) < 0.03, 1.0, 0.0)
        return [
            DayCount(company.symbol, date.fromordinal(day), float(views))
            for day, views in zip(days, np.round(np.exp(log)), strict=True)
        ]

    def _of_days(self, company: Company, days: Sequence[int]) -> list[Headline]:
        there = self._uniform(company, 8, days) < _NEWS_A_DAY
        mood = (
            0.05 + 0.35 * self._normal(company, 9, [day // 21 for day in days]) + 0.5 * self._normal(company, 10, days)
        )
        pick, size, minute = (self._uniform(company, stream, days) for stream in (11, 12, 13))
        found = []
        for at in np.flatnonzero(there):
            choice = _GOOD if mood[at] > 0.3 else _BAD if mood[at] < -0.3 else _PLAIN
            pattern = choice[int(pick[at] * len(choice))]
            text = pattern.format(name=company.name or company.symbol, n=5 + int(55 * size[at]))
            begin = datetime.combine(date.fromordinal(days[at]), time(3, 0), UTC)
            moment = begin + timedelta(minutes=int(600 * minute[at]))
            found.append(Headline(company.symbol, moment, text, "", _PUBLISHER, 1.0))
        return found

    def _uniform(self, company: Company, stream: int, steps: Sequence[int], half: int = 0) -> F64:
        bare = company.symbol.rpartition(":")[2]  # one company, on whichever exchange
        key = fold_key(self._seed, zlib.crc32(bare.encode()), stream, half)
        return fraction(words(key, np.asarray(steps, np.uint64)), 0, 53)

    def _normal(self, company: Company, stream: int, steps: Sequence[int]) -> F64:
        """Box and Muller's method on two uniform numbers."""
        radius = np.sqrt(-2.0 * np.log(self._uniform(company, stream, steps, 1)))
        return radius * np.cos(2.0 * np.pi * self._uniform(company, stream, steps, 2))


def _last_quarter(day: date, delay: int) -> tuple[int, date]:
    """Return the number of the newest quarter published before ``day``, and when; ``delay`` days after its end."""
    quarter = day.year * 4 + (day.month - 1) // 3
    while True:
        quarter -= 1
        year, part = divmod(quarter + 1, 4)
        published = date(year, 3 * part + 1, 1) + timedelta(days=delay - 1)
        if published < day:
            return quarter, published
