"""What the sources of an I-Score's inputs can be asked. Failures are those of `market.adapters.base`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Company:
    """Whom a source is asked about: ``symbol`` is ``EXCHANGE:SYMBOL``, ``name`` as the exchange writes it."""

    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline about one company. ``relevance`` in (0, 1]: 1 when it is about this company alone."""

    symbol: str
    published_at: datetime
    text: str
    url: str = ""
    publisher: str = ""
    relevance: float = 1.0


@dataclass(frozen=True, slots=True)
class DayCount:
    """A count of one day about one company."""

    symbol: str
    day: date
    value: float


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """A figure of a company; ``period_end`` None for a snapshot. Units by the metric's name, as in the imports."""

    symbol: str
    metric: str
    value: float
    period_end: date | None = None


class NewsSource(Protocol):
    """Gives headlines. Blocking; raises ProviderError."""

    name: str

    def headlines(self, companies: Sequence[Company], *, since: datetime, now: datetime) -> list[Headline]: ...


class AttentionSource(Protocol):
    """Gives counts of interest. Blocking; raises ProviderError. A company it does not know has none."""

    name: str

    def counts(self, company: Company, start: date, end: date) -> list[DayCount]: ...


class FigureSource(Protocol):
    """Gives company figures as they are known now. Blocking; raises ProviderError."""

    name: str

    def figures(self, company: Company) -> list[ReportedFigure]: ...
