"""A replay as a report in Markdown, every sentence and table made of the run's figures."""

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from core.clock import IST
from engines.mvla.events import EVENTS
from signals.models import FnoReplayRun
from signals.services.fno.replay_beside import Beside
from signals.services.fno.replay_data import OLD_HOURS

TIERS: Final = {
    "HIGH": "75 and more",
    "REGULAR": "60 to 74",
    "AGGRESSIVE": "50 to 59",
    "BELOW_50": "below 50 (not shown)",
}


def report(run: FnoReplayRun, others: Sequence[Beside] = ()) -> str:
    """Return the report of a run. ``others``: files that lay beside the imported ones and were not used."""
    parts = [
        _head(run), _data(run), _unused(others, run.result["overall"]["n"]), _rules(), _sizes(run.result),
        _calibration(run.result), _tiers(run.result), _expectancy(run.result), _limits(run.result),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(run: FnoReplayRun) -> str:
    by = run.data["made_by"]
    made = f"{run.computed_at.astimezone(IST):%Y-%m-%d %H:%M} IST"
    return f"""# F&O signals replayed on history

**{run.result["verdict"]}**

Made by `manage.py replay_fno`. Profile `{run.profile}`; no parameter was tuned: all stand in
`engines/mvla/parameters.py` and were written before any result was seen. Nothing of this serves a live signal.

| | |
|---|---|
| Made | {made}, commit {by.get("commit", "unknown")}, {by.get("machine", "machine unknown")} |
| Engine, parameters | {run.engine_version}, {", ".join(f"`{one}`" for one in run.data["parameters"])} |
| Indices, days | {", ".join(run.indices)}, {run.first_day} to {run.last_day} |
| Run | `{run.key[:16]}` |"""


def _data(run: FnoReplayRun) -> str:
    series = table(
        ("Index", "Bars", "Source", "Number", "From", "To", "Use"),
        [
            (one["index"], one["interval"], f"`{one['origin']}`", f"{one['bars']:,}", one["first"], one["last"],
             one["use"])
            for one in run.data["series"]
        ],
    )  # fmt: skip
    rows = []
    for index in run.indices:
        missing = run.data["missing_sessions"].get(index, [])
        left = "; ".join(f"{count}: {reason}" for reason, count in run.data["left_out"].get(index, {}).items())
        rows.append(
            (index, run.data["sessions"].get(index, 0), left or "none", len(missing), ", ".join(missing) or "none",
             run.data["missing_minutes"].get(index, 0))
        )  # fmt: skip
    sessions = table(
        ("Index", "Sessions replayed", "Left out", "Sessions without bars", "Which", "Minutes missing"), rows
    )
    return f"""## Data

{series}

{run.data["minutes"]:,} minutes were analysed. The ten sessions before each day are needed, so the first ten of each
series only serve as history.

{sessions}"""


def _unused(others: Sequence[Beside], fired: int) -> str:
    """Return what other kinds of data there were and why each is left out; nothing where none was looked at."""
    if not others:
        return ""
    rows = [
        (one.kind.title, ", ".join(f"`{name}`" for name in one.files), f"{one.rows:,}", min(one.days), max(one.days),
         f"{len(one.days):,}", one.signals)
        for one in others
    ]  # fmt: skip
    columns = ("Kind", "Files", "Rows", "From", "To", "Days", "Signals on these days")
    why = "\n".join(_wrapped(f"- **{one.kind.title}**: {one.kind.why}.", "  ") for one in others)
    return f"""## Data that is not used

{table(columns, rows)}

{why}

{_wrapped(_option_days([one for one in others if one.kind.of_options], fired))}"""


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 118, subsequent_indent=indent, break_on_hyphens=False)


def _option_days(options: Sequence[Beside], fired: int) -> str:
    """Say for how many signals a file of options is of their day at all."""
    if not options:
        return "None of these files has prices of options."
    most = max(one.signals for one in options)
    if not most:
        return (
            f"So option prices were at hand for none of the {fired} signals: no file with options is of a day on which "
            "one fired. What an option would have brought is a model on all of them."
        )
    return (
        f"Files with options are of the days of at most {most} of the {fired} signals; what an option would have "
        "brought is a model on these too, for the reasons above."
    )


def _rules() -> str:
    hours = "; ".join(f"until {last} {begin:%H:%M}-{end:%H:%M}" for last, begin, end, _ in OLD_HOURS)
    return f"""## Rules

- Each minute goes through the engine that scans live, with bars up to that minute and facts of earlier days only.
  Known are the votes of opening range, averages and Supertrend (q = 0.50; the gate is 0.45) and the parts of strength
  ADX, range and momentum.
- A signal fires on a new pair of direction and entry mode with a raw score of 50 or more, no veto, none of the index
  live, within the loss-averse rules of index and account. It fires on its raw score, as live ones do until 50
  outcomes are known, so that a calibrator which says "below 50" cannot stop its own learning. What it would have been
  published with stands beside it.
- Modes that need volume (BREAKOUT, REVERSAL) are not available: their volume is unknown, not assumed.
- Label: the index goes one stop distance for the signal before one against it, within 60 minutes or until 15:00; both
  in one minute count against it; neither counts by the end beyond a quarter of the distance, else the signal is
  dropped.
- Result: stop at one, target at 5/3 of the distance; both in one minute are the stop, an open beyond the stop is the
  price; the time is up after 45 minutes or at 15:05. Entry at the close of the minute, no slippage. Charges: one lot
  of the near-month future bought and sold at the tables of the day; before July 2020 at the earliest rates and lots
  known.
- Other hours ({hours}): the opening range is the first 15 minutes of that session and nothing fires before its end;
  all other times of day stay. The parameters then have another hash.
- Calibration: a fit a week (Monday, India) and family of indices on labels known by then, those of the last hour left
  out: the raw score below 50 outcomes (capped at 74), Platt to 199, isotonic from 200. Intervals: 95 %, of shares
  Wilson's, else the bootstrap of whole days (4,000 draws, fixed seed)."""


def _sizes(result: dict[str, Any]) -> str:
    rows = [_size_row("all", result["overall"]), _size_row("published with 50 or more", result["shown"])]
    rows += [_size_row(f"{one['by']}: {one['name']}", one) for one in result["groups"]]
    columns = ("Signals", "Fired", "Days", "Labelled", "Dropped", "Came true", "Target", "Stop", "Time")
    return f"""## Sample sizes and base rates

*Came true*: of the labelled, how often the index went the distance for the signal first. *Dropped*: neither label.

{table(columns, rows)}"""


def _size_row(name: str, one: dict[str, Any]) -> tuple[Any, ...]:
    how = one["outcomes"]
    return (
        name, one["n"], one["days"], one["labelled"], one["dropped"], percent(one["base_rate"]), how["TARGET"],
        how["SL"], how["TIME_EXIT"],
    )  # fmt: skip


def _calibration(result: dict[str, Any]) -> str:
    names = {"fitted": "judged by a fit", "all": "all, also those before there was a fit"}
    rows = []
    for key, name in names.items():
        one = result["calibration"][key]
        if one["n"]:
            rows.append(
                (name, one["n"], percent(one["base_rate"]), f"{one['brier']:.4f}", f"{one['base_brier']:.4f}",
                 signed(one["skill"]), f"{one['ece']:.3f}")
            )  # fmt: skip
    fits = table(
        ("Family", "Weeks judged", "Last fit", "Outcomes in it", "Alarm at the end"),
        [
            (name, one["weeks"], one["last"]["kind"], one["last"]["n"], "raised" if one["alarm"] else "no")
            for name, one in result["refits"].items()
        ],
    )
    bins = table(
        ("Said, from", "to", "n", "Said, mean", "Came true"),
        [
            (f"{one['lowest']:.3f}", f"{one['highest']:.3f}", one["n"], f"{one['said']:.3f}",
             f"{one['observed']:.3f} ({one['lower']:.3f} to {one['upper']:.3f})")
            for one in result["calibration"]["fitted"]["reliability"]
        ],
    )  # fmt: skip
    columns = ("Signals", "n", "Base rate", "Brier", "Brier of the base rate", "Skill", "Calibration error")
    return f"""## Calibration

Each probability is from the fit of its week. Skill is 1 - Brier / Brier of the base rate of the same signals; the
base rate is known only afterwards, so that it is a hard measure. Confidences held at 74 by an alarm:
{result["capped"]}.

{table(columns, rows)}

{fits}

Reliability of those judged by a fit, up to ten groups of equal size:

{bins}"""


def _tiers(result: dict[str, Any]) -> str:
    rows = []
    for one in result["tiers"]:
        said = "" if one["said"] is None else f"{100 * one['said']:.1f} %"
        name = TIERS[one["tier"]]
        rows.append(
            (name, one["n"], said, percent(one["base_rate"]), percent(one["target_rate"]), signed(one["net_r"]))
        )
    columns = ("Published confidence", "Fired", "Said, mean", "Came true", "Reached the target", "Mean R after charges")
    return f"""## By published confidence

{table(columns, rows)}"""


def _expectancy(result: dict[str, Any]) -> str:
    rows = []
    for one in (result["overall"], result["shown"], *(g for g in result["groups"] if g["by"] != "direction")):
        cost = "" if one["cost_r"] is None else f"{one['cost_r']:.3f}"
        rows.append((one["name"], one["n"], signed(one["r"]), cost, signed(one["net_r"]), f"{one['total_net_r']:+.1f}"))
    options = result["options"]
    columns = ("Signals", "Fired", "Mean R", "Charges, R", "Mean R after charges", "Sum, R")
    fall = result["drawdown_r"]
    net, ratio = signed(options["net_per_lot"], "{:+.0f}"), signed(options["net_r"])
    return f"""## Results in R of the index

{table(columns, rows)}

The deepest fall of the summed R after charges is {fall["all"]:.1f} R of all, {fall["shown"]:.1f} R of those published
with 50 or more.

Options: {options["label"]} {options["n"]} signals; mean after charges {net} rupees a lot, {ratio} of the premium at
risk."""


def _limits(result: dict[str, Any]) -> str:
    return f"""## What this cannot say

- Nothing about option prices, spreads, liquidity, volatility or open interest: none was in the history. Live signals
  also need the option to pass its filters, and their results are those of the option.
- Nothing about the four votes and two parts of strength that need the future, the chain or the constituents, nor
  about BREAKOUT and REVERSAL, which need volume.
- Nothing about India VIX: its jump and rank were unknown. Announcements are those that ship with the engine, from
  {min(row.day for row in EVENTS).year} on.
- The loss-averse rules counted every signal that fired, also those that would not have been published, and only the
  indices replayed here.
- There are {result["overall"]["days"]} days with signals. An edge smaller than the intervals above are wide cannot be
  told from none by them."""


def percent(one: dict[str, Any]) -> str:
    """Return a share with its bounds."""
    if one["value"] is None:
        return "none"
    return f"{100 * one['value']:.1f} % ({100 * one['lower']:.1f} to {100 * one['upper']:.1f})"


def signed(one: dict[str, Any], form: str = "{:+.3f}") -> str:
    """Return a figure with its interval."""
    if one["value"] is None:
        return "none"
    if one["lower"] is None:
        return form.format(one["value"])
    return f"{form.format(one['value'])} ({form.format(one['lower'])} to {form.format(one['upper'])})"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])
