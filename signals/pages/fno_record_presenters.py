"""From signals and their record to what the template prints. Pure: no database, no clock."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.clock import IST, isoformat_z
from engines.metrics.proportions import wilson
from engines.mvla.words import MODES
from market.pages.figures import Figure, grouped, percent, signed
from signals.lifecycle import LIVE
from signals.models import FnoCalibrator, FnoSignal
from signals.pages import fno_words
from signals.services.fno.indices import INDICES
from signals.services.fno.markets import REAL, SIMULATED
from signals.services.fno.track_record import risk_per_lot

#: Most rows of the table; older ones are reached over the API.
MOST_ROWS: Final = 500
#: So many outcomes are needed before a calibrator is fitted (docs/engines/mvla.md).
ENOUGH: Final = 50
FULL: Final = str(FnoCalibrator.Profile.FULL)
#: A Brier score is compared with that of the base rate from so many signals on.
LEAST_JUDGED: Final = 30
MARKET_NAMES: Final = {REAL: "Real prices", SIMULATED: "Simulated market"}
SPANS: Final = (("1", "Last day"), ("7", "7 days"), ("30", "30 days"), ("all", "All"))
OUTCOMES: Final = {
    "OPEN": "Still live",
    "TARGET": "Target reached",
    "SL": "Stopped out",
    "TIME_EXIT": "Time was up",
    "EXPIRED": "Expired",
}
TIERS: Final = {"HIGH": "High", "REGULAR": "Regular", "AGGRESSIVE": "Aggressive"}
DIRECTIONS: Final = {"BULLISH": ("up", "↑ Bullish"), "BEARISH": ("down", "↓ Bearish")}


@dataclass(frozen=True, slots=True)
class Row:
    """A signal as a line of the history."""

    code: str
    index: str
    at: str
    at_raw: str
    day: str
    year: str
    turn: str
    direction: str
    mode: str
    confidence: int
    tier: str
    contract: str
    outcome: str
    outcome_kind: str
    r: Figure
    net: Figure
    source: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with its note, for the tag of metrics. ``how`` names its explanation."""

    key: str
    label: str
    figure: Figure
    note: str
    how: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A line of the table by tier: how often the target was reached and money was made, with n and 95 % bounds."""

    name: str
    n: int
    hit: str
    hit_bounds: str
    win: str
    win_bounds: str
    r: Figure
    expectancy: Figure


@dataclass(frozen=True, slots=True)
class Bin:
    """A point of the reliability diagram in a box of 100 by 100, bottom left at (0, 100), with its words."""

    tier: str
    n: int
    said: str
    came: str
    bounds: str
    x: float | None
    y: float | None
    top: float | None
    bottom: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, wrong values replaced. ``days`` None: of all time."""

    index: str
    span: str
    outcome: str
    market: str

    @classmethod
    def of(cls, asked: Mapping[str, str], *, market: str, markets: Sequence[str]) -> "Asked":
        """Read an address. ``market``: the present one, ``markets``: those that have signals."""

        def one_of(name: str, offered: Iterable[str], otherwise: str) -> str:
            value = asked.get(name, "")
            return value if value in offered else otherwise

        index = asked.get("index", "").upper()
        return cls(
            index=index if index in INDICES else "",
            span=one_of("days", dict(SPANS), "30"),
            outcome=one_of("outcome", OUTCOMES, ""),
            market=one_of("market", markets, market),
        )

    @property
    def days(self) -> int | None:
        return None if self.span == "all" else int(self.span)


@dataclass(frozen=True, slots=True)
class Read:
    """What the services gave for the page: the record, its priced signals, those to list, and the Record's end."""

    record: Mapping[str, Any]
    priced: Sequence[FnoSignal]
    shown: Sequence[FnoSignal]
    count: int
    lessons: Sequence[Mapping[str, Any]]
    markets: Sequence[str]
    lines: int
    head: str


def record_context(asked: Asked, read: Read, *, signal: str) -> dict[str, Any]:
    """Return what the page shows. ``signal``: the code of the one to open."""
    found, newest = read.record, read.priced[-1].closed_at if read.priced else None
    return {
        "index": asked.index,
        "choices": _choices(asked.index, asked.span, asked.outcome) | _market_choice(asked.market, read.markets),
        "record": found,
        "metrics": metrics(found["overall"]),
        "tiers": [_tier(row) for row in found["tiers"]],
        "bins": [_bin(row) for row in found["calibration"]["bins"]],
        "calibration": found["calibration"],
        "brier": brier_words(found["calibration"]),
        "withheld": withheld_words(found["calibration"]["withheld"]),
        "lessons": [lesson_words(one) for one in read.lessons],
        "coin": coin_words(found, read.priced),
        "rows": [_row(row) for row in read.shown],
        "more": max(0, read.count - len(read.shown)),
        "asked_signal": signal[:40].upper(),
        "course": course(read.priced),
        "lines": read.lines,
        "head": read.head,
        "hows": (*fno_words.HOWS, *fno_words.RECORD_HOWS),
        "as_of": isoformat_z(newest) if newest else "",
    }


def _choices(index: str, days: str, outcome: str) -> dict[str, list[dict[str, Any]]]:
    def marked(rows: Sequence[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
        return [{"value": value, "label": label, "current": value == chosen} for value, label in rows]

    return {
        "indices": marked([("", "All four"), *((name, name) for name in INDICES)], index),
        "days": marked(SPANS, days),
        "outcomes": marked([("", "Every outcome"), *OUTCOMES.items()], outcome),
    }


def _market_choice(market: str, markets: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the choice of a market where there are signals of more than the one that is shown."""
    offered = [one for one in MARKET_NAMES if one in markets or one == market]
    rows = [{"value": one, "label": MARKET_NAMES[one], "current": one == market} for one in offered]
    return {"markets": rows if len(rows) > 1 else []}


def _row(signal: FnoSignal) -> Row:
    turn, direction = DIRECTIONS.get(signal.trade_direction, ("flat", signal.trade_direction))
    at = signal.triggered_at.astimezone(IST)
    kind = {"TARGET": "up", "SL": "down", "OPEN": "accent"}.get(signal.outcome, "")
    return Row(
        code=signal.trade_code,
        index=signal.index,
        at=f"{at:%H:%M}",
        at_raw=isoformat_z(signal.triggered_at),
        day=f"{at.day} {at:%b}",
        year=f"{at:%Y}",
        turn=turn,
        direction=direction,
        mode=MODES.get(signal.entry_mode, signal.entry_mode),
        confidence=signal.confidence,
        tier=TIERS.get(signal.tier, signal.tier),
        contract=f"{grouped(float(signal.atm_strike), 0)} {'call' if signal.option_type == 'CE' else 'put'}",
        outcome=OUTCOMES.get(signal.outcome, signal.outcome),
        outcome_kind=kind,
        r=_signed(None if signal.status == LIVE else signal.r_multiple, 2),
        net=_signed(None if signal.net_per_lot is None else float(signal.net_per_lot), 2),
        source=signal.data_source,
    )


def _signed(value: float | None, places: int, unit: str = "") -> Figure:
    if value is None:
        return Figure("–")
    turn = "up" if value > 0 else "down" if value < 0 else "flat"
    return Figure(f"{signed(value, places)}{unit}", raw=repr(value), direction=turn)


def _rupees(value: float) -> str:
    text = signed(value, 2)
    return f"{text[0]}₹{text[1:]}" if text[0] in "+−" else f"₹{text}"


def bounds(share: Mapping[str, Any]) -> str:
    """Return the 95 % bounds of a share in words."""
    if share["value"] is None:
        return "no cases"
    return f"{100.0 * share['lower']:.0f}% to {100.0 * share['upper']:.0f}%, n = {share['n']}"


def metrics(overall: Mapping[str, Any]) -> list[Metric]:
    """Return the figures above the charts."""
    r = overall["r"]
    rupees, hit, win = overall["expectancy_per_lot"], overall["hit_rate"], overall["win_rate"]
    return [
        Metric("n", "Signals that are over", Figure(grouped(overall["n"], 0)), _outcomes(overall), "life"),
        Metric("hit", "Target reached", Figure(percent(hit["value"], 1)), bounds(hit), "hit_rate"),
        Metric("win", "Money made", Figure(percent(win["value"], 1)), bounds(win), "win_rate"),
        Metric("mean", "Mean result", _signed(r["mean"], 3, " R"), "before charges", "r"),
        Metric("total", "Sum of results", _signed(r["total"], 2, " R"), "before charges", "r"),
        Metric(
            "expectancy", "Expectancy", _signed(overall["expectancy_r"], 3, " R"),
            "after charges" if rupees is None else f"{_rupees(rupees)} a lot after charges", "expectancy",
        ),
    ]  # fmt: skip


def _outcomes(overall: Mapping[str, Any]) -> str:
    said = [f"{n} {OUTCOMES[name].lower()}" for name, n in overall["outcomes"].items() if n]
    return ", ".join(said) or "none yet"


def _tier(row: Mapping[str, Any]) -> Tier:
    return Tier(
        name=TIERS[row["tier"]],
        n=row["n"],
        hit=percent(row["hit_rate"]["value"], 1),
        hit_bounds=bounds(row["hit_rate"]),
        win=percent(row["win_rate"]["value"], 1),
        win_bounds=bounds(row["win_rate"]),
        r=_signed(row["r"]["mean"], 3),
        expectancy=_signed(row["expectancy_r"], 3),
    )


def _bin(row: Mapping[str, Any]) -> Bin:
    known = row["value"] is not None and row["said"] is not None
    return Bin(
        tier=TIERS[row["tier"]],
        n=row["n"],
        said=f"{100.0 * row['said']:.0f}%" if known else "–",
        came=percent(row["value"], 1),
        bounds=bounds(row),
        x=round(100.0 * row["said"], 2) if known else None,
        y=round(100.0 - 100.0 * row["value"], 2) if known else None,
        top=round(100.0 - 100.0 * row["upper"], 2) if known else None,
        bottom=round(100.0 - 100.0 * row["lower"], 2) if known else None,
    )


def brier_words(calibration: Mapping[str, Any]) -> str:
    """Return what the Brier score says against always saying the base rate; no verdict on a few signals."""
    score, base, n = calibration["brier"], calibration["brier_of_base_rate"], calibration["n"]
    if score is None or base is None:
        return ""
    if n < LEAST_JUDGED:
        known = "Of one signal" if n == 1 else f"Of {n} signals"
        return f"{known} a Brier score says nothing yet: it is judged from {LEAST_JUDGED} on ({score:.3f} so far)."
    better = "better" if score < base else "worse" if score > base else "no better"
    return (
        f"Brier score {score:.3f} of {n} signals; always saying the mean would have scored {base:.3f}, so this is "
        f"{better} than that."
    )


def lesson_words(lesson: Mapping[str, Any]) -> str:
    """Return how far a calibrator is: which signals it judges, and how many outcomes of the fifty it has."""
    votes = "with all votes known" if lesson["profile"] == FULL else "with some votes unknown"
    whose = f"{' and '.join(lesson['indices'])}, {votes}"
    if lesson["n"] < ENOUGH:
        return f"{whose}: {lesson['n']} of {ENOUGH} outcomes."
    return f"{whose}: {lesson['n']} outcomes, enough for a fit."


def withheld_words(withheld: Mapping[str, Any]) -> str:
    """Return what became of candidates that calibration kept from firing."""
    count, came = withheld["count"], withheld["came_true"]
    known = f"; {100.0 * came['value']:.0f}% of {came['n']} with a known course came true" if came["n"] else ""
    return f"Not shown, because past signals with such a score came true too seldom: {count}{known}."


def coin_words(found: Mapping[str, Any], priced: Sequence[FnoSignal]) -> list[dict[str, str]]:
    """Return the comparisons with a coin: of the index's way, and of target against stop."""
    came = found["calibration"]["came_true"]
    decided = [row for row in priced if row.outcome in {"TARGET", "SL"}]
    rows = [_against("The index went the signal's way first", came["value"], came["n"], 0.5)]
    if decided:
        hits = sum(row.outcome == "TARGET" for row in decided)
        fair = statistics.fmean(
            float((row.entry_price - row.sl) / (row.target - row.sl)) for row in decided if row.target > row.sl
        )
        rows.append(_against("Target before stop, of those that met one", hits / len(decided), len(decided), fair))
    else:
        rows.append(_against("Target before stop, of those that met one", None, 0, 0.375))
    return rows


def _against(what: str, share: float | None, n: int, coin: float) -> dict[str, str]:
    """Compare a share with what chance alone gives, by Wilson's 95 % bounds."""
    sure = wilson(round((share or 0.0) * n), n)
    if share is None or sure is None:
        verdict, bound = "Not known yet", "no cases"
    else:
        bound = f"{100.0 * sure.lower:.0f}% to {100.0 * sure.upper:.0f}%, n = {n}"
        better = "Better than a coin" if sure.lower > coin else "Worse than a coin"
        verdict = "No different from a coin" if sure.lower <= coin <= sure.upper else better
    value = "–" if share is None else f"{100.0 * share:.1f}%"
    return {"what": what, "share": value, "bounds": bound, "coin": f"{100.0 * coin:.1f}%", "verdict": verdict}


def course(priced: Sequence[FnoSignal]) -> list[dict[str, Any]]:
    """Return results in the order of their ends, for the charts: before charges (``r``) and after (``net_r``)."""
    return [
        {
            "at": isoformat_z(row.closed_at) if row.closed_at is not None else None,
            "code": row.trade_code,
            "r": round(row.r_multiple or 0.0, 4),
            "net_r": round(float(row.net_per_lot or 0) / risk_per_lot(row), 4) if risk_per_lot(row) > 0 else None,
        }
        for row in priced
    ]
