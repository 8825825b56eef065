"""From strategies to what their templates print. Pure: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from core import clock
from engines.strategy.sentence import figure
from market.pages import figures
from market.pages.figures import Figure
from signals.models import Strategy, StrategyVersion
from signals.services.strategies.last_runs import LastRun


@dataclass(frozen=True, slots=True)
class RunLine:
    """The last run in a line: its figures, over which days, of which version, where its report is."""

    url: str
    cagr: Figure
    drawdown: Figure
    trades: str
    period: str
    universe: str
    source: str
    is_older: bool
    version: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """A strategy in a list. ``key`` addresses it: a template's name, else the number."""

    id: int
    key: str
    url: str
    name: str
    description: str
    sentence: str
    universe: str
    version: int
    owner: str
    forked_from: str
    literature: str
    changed_at: str
    is_mine: bool
    is_active: bool
    is_public: bool
    is_template: bool
    run: RunLine | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list of versions."""

    number: int
    sentence: str
    created_at: datetime
    age: str
    is_current: bool
    same_as: int | None


def key_of(strategy: Strategy) -> str:
    """Return what addresses a strategy in pages and operations."""
    return strategy.slug or str(strategy.pk)


def card(strategy: Strategy, *, user_id: int, run: LastRun | None, literature: str = "") -> Card:
    """Return a strategy as lists show it."""
    version = strategy.current
    body: Mapping[str, Any] = version.body if version else {}
    return Card(
        id=strategy.pk,
        key=key_of(strategy),
        url=reverse("strategy", args=[key_of(strategy)]),
        name=strategy.name,
        description=strategy.description,
        sentence=version.sentence if version else "",
        universe=body.get("universe") or "",
        version=version.number if version else 0,
        owner=owner_name(strategy, user_id),
        forked_from=strategy.forked_from.strategy.name if strategy.forked_from else "",
        literature=literature,
        changed_at=clock.isoformat_z(strategy.updated_at),
        is_mine=strategy.owner_id == user_id,
        is_active=strategy.is_active,
        is_public=strategy.is_public,
        is_template=strategy.is_template,
        run=None if run is None else run_line(run, version.number if version else 0),
    )


def owner_name(strategy: Strategy, user_id: int) -> str:
    """Return whose it is, in words."""
    if strategy.owner is None:
        return "Template"
    return "You" if strategy.owner_id == user_id else strategy.owner.name or "A user"


def run_line(run: LastRun, current: int) -> RunLine:
    """Return the last run in a line; ``is_older`` when the rules have changed since."""
    return RunLine(
        url=f"/backtests/{run.run_id}/",
        cagr=figures.change_pct(run.cagr_pct),
        drawdown=figures.change_pct(run.max_drawdown_pct),
        trades=figures.grouped(run.trades, 0),
        period=f"{run.start:%b %Y} – {run.end:%b %Y}",
        universe=run.universe,
        source=run.data_source,
        is_older=run.version is not None and run.version != current,
        version=run.version,
    )


def version_rows(versions: Sequence[StrategyVersion], current_id: int | None) -> list[VersionRow]:
    """Return the versions, newest first as given; ``same_as`` is the version before with the same rules."""
    rows = []
    for at, version in enumerate(versions):
        before = versions[at + 1] if at + 1 < len(versions) else None
        rows.append(
            VersionRow(
                number=version.number,
                sentence=version.sentence,
                created_at=version.created_at,
                age=clock.isoformat_z(version.created_at),
                is_current=version.pk == current_id,
                same_as=before.number if before is not None and before.hash == version.hash else None,
            )
        )
    return rows


def parts(sentences: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the strategy's words part by part with a heading each; empty parts are left out."""
    exits = " ".join(sentences.get("exits") or ())
    rows = [
        ("Buy", sentences.get("entry")), ("Choose", sentences.get("selection")), ("Sell", exits),
        ("Limits", sentences.get("limits")), ("Add", sentences.get("addons")),
        ("Order", sentences.get("conviction")), ("Size", sentences.get("sizing")),
    ]  # fmt: skip
    return [{"label": label, "text": _bare(str(text))} for label, text in rows if text]


def _bare(text: str) -> str:
    """Leave out the word at the beginning that the heading says already."""
    head, colon, rest = text.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and head in {"Limits", "Conviction", "Size"} else text


def grid(sensitivity: Mapping[str, Sequence[float]]) -> str:
    """Return the values of a template's sensitivity grid in a line: ``rsi_max 34, 39, 45``; parts end with ``;``."""
    return "; ".join(f"{name} {', '.join(figure(value) for value in values)}" for name, values in sensitivity.items())
