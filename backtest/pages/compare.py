"""Up to four runs side by side. Which ones stands in the address, so a link shows the same to its owner again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from backtest.access import access_run, runs_of
from backtest.constants import FLAG_NOTES, MAX_COMPARED
from backtest.models import Run
from backtest.pages import compare_presenters as presenters
from backtest.pages import words
from backtest.services.comparing import compared
from core.errors import NotFound
from market.models import Universe
from market.pages import figures
from signals.services.strategies.language import read_body, words_of

#: Runs the picker offers; older ones are reached from the list of runs.
OFFERED: Final = 200
DRAWDOWNS: Final = 3
PARTS: Final = {
    "entry": "Buys", "selection": "Holds", "exits": "Sells", "limits": "Limits", "addons": "Adds",
    "conviction": "Prefers", "sizing": "Size",
}  # fmt: skip


class ComparePage(LoginRequiredMixin, View):
    """``/backtests/compare/?ids=12,9``; the first is what the others are measured against."""

    def get(self, request: HttpRequest) -> HttpResponse:
        ids = asked(request.GET.get("ids", ""))
        try:
            runs = [access_run(request.user, number) for number in ids]
        except NotFound as error:
            raise Http404(error.detail) from None
        offered = [offer(run, ids) for run in runs_of(request.user)[:OFFERED] if run.pk not in ids]
        context = {"place": "strategies", "tab": "backtests", "offered": offered, "chosen": [], "most": MAX_COMPARED}
        if runs:
            context |= comparison(runs, ids)
        return render(request, "backtest/compare.html", context)


def asked(text: str) -> list[int]:
    """Return the numbers in the address, each once, at most four; what is no number is left out."""
    numbers = [int(part) for part in text.split(",") if part.isascii() and part.isdecimal() and len(part) < 19]
    return list(dict.fromkeys(numbers))[:MAX_COMPARED]


def address(ids: Sequence[int]) -> str:
    """Return the address of a comparison."""
    text = ",".join(map(str, ids))
    return reverse("backtest-compare") + (f"?ids={text}" if text else "")


def offer(run: Run, ids: Sequence[int]) -> dict[str, Any]:
    """Return a line of the picker; its link adds the run."""
    return {
        "run": run,
        "range": span(run.start_date.isoformat(), run.end_date.isoformat()),
        "cagr": figures.change_pct(run.summary.get("cagr")),
        "drawdown": figures.change_pct(run.summary.get("max_drawdown_pct")),
        "url": address([*ids, run.pk]),
    }


def span(start: str, end: str) -> str:
    """Return a range of days in words: 4 Jan 2021 to 31 Dec 2025."""
    return f"{words.day(start)} to {words.day(end)}"


def comparison(runs: Sequence[Run], ids: Sequence[int]) -> dict[str, Any]:
    """Return all the page prints of some runs."""
    found = compared(runs)
    shown, common = found["runs"], found["common"]
    differ, same = presenters.aspects([readable(one) for one in shown])
    return {
        "chosen": [chosen(run, at, ids) for at, run in enumerate(runs)],
        "differ": differ,
        "same": same,
        "words": presenters.words([in_words(run) for run in runs]),
        "short": presenters.in_short(judged(shown, common)),
        "notes": notes(shown, common),
        "figures": presenters.table(presenters.KINDS, summaries(shown), comparable=is_comparable(shown)),
        "common": within(shown, common),
        "drawdowns": falls(shown),
        "pairs": [presenters.pair(presenters.LETTERS[at + 1], one) for at, one in enumerate(found["differences"])],
        "months": presenters.MONTHS,
        "flags": flag_rows(runs),
        "data": chart_data(shown, common),
        "link": address(ids),
    }


def readable(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run was made of with days and universe in words."""
    made = one["provenance"]
    said = {name: words.day(made[name]) for name in ("start_date", "end_date")}
    title = Universe.objects.filter(name=made["universe"]).values_list("title", flat=True).first() or ""
    return {"provenance": {**made, **said, "universe": words.universe(made["universe"], title)}}


def chosen(run: Run, at: int, ids: Sequence[int]) -> dict[str, Any]:
    """Return the head of a run's column with its links: leave it out, measure the others against it."""
    others = [number for number in ids if number != run.pk]
    return {
        "run": run,
        "letter": presenters.LETTERS[at],
        "series": at + 1,
        "range": span(run.start_date.isoformat(), run.end_date.isoformat()),
        "without": address(others),
        "first": address([run.pk, *others]) if at else "",
    }


def summaries(shown: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of the whole runs; rupees only where all began with the same."""
    alike = len({one["summary"].get("starting_capital") for one in shown}) == 1
    hidden = frozenset() if alike else presenters.RUPEES
    return [{name: value for name, value in one["summary"].items() if name not in hidden} for one in shown]


def is_comparable(shown: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether figures of the whole runs may be set against each other: they cover the same days."""
    return len({(one["start_date"], one["end_date"]) for one in shown}) == 1


def within(shown: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the figures of the common days where the runs do not cover the same ones."""
    if common is None or is_comparable(shown):
        return None
    rows = [common["figures"][str(one["id"])] for one in shown]
    lines = presenters.table(presenters.COMMON_KINDS, rows, comparable=True)
    return {"range": span(common["start_date"], common["end_date"]), "lines": lines}


def judged(shown: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None) -> list[Mapping[str, Any]] | None:
    """Return the figures that may be set against each other: whole runs, or the common days; None without any."""
    if is_comparable(shown):
        return [one["summary"] for one in shown]
    return None if common is None else [common["figures"][str(one["id"])] for one in shown]


def notes(shown: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None) -> list[str]:
    """Return what makes the comparison less than fair, in sentences."""
    said = []
    if common is None:
        said.append(
            "These runs have no days in common: whatever separates them may be the times rather than the rules. "
            "Run them over the same range to compare them."
        )
    elif not is_comparable(shown):
        said.append(
            "These runs do not cover the same days, so no figure of the whole runs is called better. The figures of "
            f"the days they share, {span(common['start_date'], common['end_date'])}, are set against each other."
        )
    if len({one["universe"] for one in shown}) > 1:
        said.append(
            "They trade in different universes: a difference may come from the companies rather than from the rules."
        )
    if len({one["summary"].get("starting_capital") for one in shown}) > 1:
        said.append("They began with different capital, so amounts in rupees are left out.")
    if len({one["provenance"]["data_version"] for one in shown}) > 1 and len({one["universe"] for one in shown}) == 1:
        said.append(
            "Prices were imported or corrected between these runs, or their days differ: the data is not the same."
        )
    hashes = [one["provenance"]["hash"] for one in shown]
    if len(set(hashes)) < len(hashes):
        said.append("Some of these are the same run made twice: equal inputs give equal results to the last byte.")
    return said


def in_words(run: Run) -> list[tuple[str, str]]:
    """Return the rules of a run part by part, its own parameters in place."""
    rules = read_body(run.request["strategy"]).rules
    given = {**rules.parameters, **run.request.get("params", {})}
    parts = words_of(replace(rules, params=tuple(sorted(given.items()))))["sentences"]
    said = [(label, parts[name]) for name, label in PARTS.items()]
    return [(label, " ".join(text) if isinstance(text, list | tuple) else text) for label, text in said if text]


def falls(shown: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return, by rank, the deepest falls of each run; None where it had fewer."""
    columns = [[fall(one) for one in run["drawdowns"][:DRAWDOWNS]] for run in shown]
    return [[column[at] if at < len(column) else None for column in columns] for at in range(max(map(len, columns)))]


def fall(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fall: how deep, from when, until when."""
    until = f"recovered {words.day(one['recovery_date'])}" if one["recovery_date"] else "not recovered yet"
    return {
        "depth": figures.change_pct(one["depth_pct"]),
        "words": f"{words.day(one['peak_date'])}, lowest {words.day(one['trough_date'])}, {until}",
        "days": f"{figures.grouped(one['days'], 0)} days",
    }


def flag_rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return each flag with its meaning and the runs that carry it."""
    carried = [{*run.flags, *(run.analysis.result or {}).get("flags", [])} for run in runs]
    names = [flag for flag in FLAG_NOTES if any(flag in flags for flags in carried)]
    return [
        {
            "name": name.replace("_", " ").capitalize(),
            "note": FLAG_NOTES[name],
            "carriers": [presenters.LETTERS[at] for at, flags in enumerate(carried) if name in flags],
            "is_all": all(name in flags for flags in carried),
        }
        for name in names
    ]


def chart_data(shown: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the curves, each 100 on the first common day (its own first day where there is none)."""
    series = []
    for at, one in enumerate(shown):
        level = common["figures"][str(one["id"])]["level"] if common else 100.0
        series.append(
            {
                "letter": presenters.LETTERS[at],
                "name": one["name"],
                "dates": [point["date"] for point in one["curve"]],
                "values": [round(100 * point["value"] / level, 3) for point in one["curve"]],
                "drawdowns": [round(point["drawdown_pct"], 3) for point in one["curve"]],
            }
        )
    marked = common if common and not is_comparable(shown) else None
    return {"series": series, "common": marked and {"from": marked["start_date"], "to": marked["end_date"]}}
