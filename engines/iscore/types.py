"""What goes into an I-Score and what comes out of its components."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engines.iscore.scaling import Flags, Floats
from engines.panel import PricePanel


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One item about a company. ``age_days`` at the session's close, not negative; ``sentiment`` in [-1, 1].

    ``source_weight``, ``relevance`` in (0, 1].
    """

    age_days: float
    sentiment: float
    source_weight: float = 1.0
    relevance: float = 1.0


@dataclass(frozen=True, slots=True)
class Governance:
    """Facts about who owns and who audits; None is unknown. Percent of shares and points of percent a quarter."""

    pledge_pct: float | None = None
    pledge_change: float | None = None
    promoter_change: float | None = None
    auditor_resigned: bool | None = None
    surveillance: str | None = None  # "", "ASM" (long-term) or "GSM"
    rating_change: int | None = None  # -1 downgraded, 0 unchanged, 1 upgraded


@dataclass(frozen=True, slots=True)
class CompanyEvent:
    """An announcement, by a kind of `tables.EVENT_POINTS`."""

    kind: str
    age_days: float


@dataclass(frozen=True, slots=True)
class Attention:
    """Weekly attention of one stock, oldest week first, the last one ending ``age_days`` before the session.

    ``source``: whose counts they are (``wikipedia``). Values are counts; a week without one is NaN.
    """

    weekly: Floats
    age_days: float
    source: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that was known at the close of ``as_of``, for N stocks.

    ``panel``: prices; rows after ``as_of`` are cut off first. ``reference``: (N,) the stocks of the reference universe,
    by default the panel's members on the day. ``index``, ``vix``: (T,) closes on the panel's dates. ``figures``: (N,)
    company figures by the names of `tables.FIGURE_GROUPS`, fractions; ``figures_age``: (N,) of each, days since what it
    is made of was public. ``financial``: (N,) banks, lenders, insurers. By column number: ``news``, ``governance``,
    ``governance_age`` (days, one for each fact known), ``events``, ``attention``. ``delivery``: (T, N) percent of the
    volume that was delivered. What has no age counts as known but not as fresh.
    """

    panel: PricePanel
    as_of: dt.date
    reference: Flags | None = None
    index: Floats | None = None
    vix: Floats | None = None
    figures: Mapping[str, Floats] = field(default_factory=dict)
    figures_age: Mapping[str, Floats] = field(default_factory=dict)
    financial: Flags | None = None
    news: Mapping[int, Sequence[NewsItem]] = field(default_factory=dict)
    governance: Mapping[int, Governance] = field(default_factory=dict)
    governance_age: Mapping[int, Sequence[float]] = field(default_factory=dict)
    events: Mapping[int, Sequence[CompanyEvent]] = field(default_factory=dict)
    attention: Mapping[int, Attention] = field(default_factory=dict)
    delivery: Floats | None = None


@dataclass(frozen=True, slots=True)
class Sub:
    """One sub-score of a component over N stocks.

    ``weight``: (N,) percent of the component, 0 where it does not apply to the stock. ``score``: (N,) 0–100, NaN where
    unknown. ``value``: (N,) the measured number. ``cover``: (N,) the share of its weight that the input carries (0.5
    for a stand-in). ``fresh``: (N,) 1 to 0. ``note``: text by column, such as which peers or which source.
    """

    component: str
    name: str
    weight: Floats
    score: Floats
    value: Floats
    fresh: Floats
    cover: Floats
    note: Mapping[int, str] = field(default_factory=dict)

    @property
    def present(self) -> Flags:
        """Tell for which stocks it is known."""
        return ~np.isnan(self.score) & (self.weight > 0.0)

    def known(self, at: int) -> bool:
        """Tell whether it is known for stock number ``at``."""
        return bool(self.score[at] == self.score[at] and self.weight[at] > 0.0)


def sub(
    component: str,
    name: str,
    weight: float | Floats,
    score: Floats,
    value: Floats,
    fresh: Floats,
    cover: float | Floats = 1.0,
    note: Mapping[int, str] | None = None,
) -> Sub:
    """Return a `Sub`, single numbers spread over the stocks and values unknown where the score is."""
    n = len(score)
    score = np.clip(np.where(np.isfinite(score), score, np.nan), 0.0, 100.0)
    value = np.where(np.isnan(score) | ~np.isfinite(value), np.nan, value)
    return Sub(
        component=component,
        name=name,
        weight=np.broadcast_to(np.asarray(weight, np.float64), (n,)),
        score=score,
        value=value,
        fresh=np.where(np.isnan(score), 0.0, fresh),
        cover=np.where(np.isnan(score), 0.0, np.broadcast_to(np.asarray(cover, np.float64), (n,))),
        note=note or {},
    )
