"""From compared runs to what the page prints. Pure: no database, no clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from market.pages import figures
from market.pages.figures import UNKNOWN, Figure

LETTERS: Final = "ABCD"
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Percentage points at which a cell of the monthly table has the full colour, in four steps.
FULL_POINTS: Final = 6.0
#: Share of words two sentences have in common from which their differences are marked one by one.
ALIKE: Final = 0.6
COST_NAMES: Final = {"zerodha": "Zerodha's charges", "icici": "ICICI Direct's charges", "none": "No charges"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of one run. ``less``: against the first run; ``is_best``: no other run is better.

    ``marked``: the text in pieces, each with whether another run says it differently; empty where nothing is alike.
    """

    text: str
    exact: str = ""
    less: Figure | None = None
    is_best: bool = False
    marked: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table over all runs. ``note``: how it is meant."""

    label: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heat:
    """A cell of the monthly table. ``shade``: u1 to u4 above zero, d1 to d4 below, empty for none."""

    text: str
    shade: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """What one run is against the first."""

    letter: str
    words: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Heat, ...], Heat], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a figure is shown: ``show`` the value, ``less`` the difference. ``better``: high, low, or nothing."""

    label: str
    name: str
    show: Callable[[float | None], Figure]
    better: str = ""
    note: str = ""
    less: Callable[[float | None], Figure] = field(default=figures.change)


def _ratio(value: float | None) -> Figure:
    return Figure(UNKNOWN) if value is None else Figure(figures.signed(value, 2), raw=repr(value))


def _plain_ratio(value: float | None) -> Figure:
    return Figure(UNKNOWN) if value is None else Figure(figures.grouped(value, 2), raw=repr(value))


def _percent(value: float | None) -> Figure:
    return Figure(UNKNOWN) if value is None else figures.share_pct(value)


def _days(value: float | None) -> Figure:
    return Figure(UNKNOWN) if value is None else Figure(f"{figures.grouped(value, 1)} bars")


def _points(value: float | None) -> Figure:
    if value is None:
        return Figure(UNKNOWN)
    return Figure(f"{figures.signed(value, 1)} pp", direction=figures.direction(value))


def _rupees(value: float | None) -> Figure:
    return figures.compact(value)


def _rupees_less(value: float | None) -> Figure:
    if value is None:
        return Figure(UNKNOWN)
    sign = {"up": "+", "down": figures.MINUS, "flat": ""}[figures.direction(value)]
    return Figure(sign + figures.compact(abs(value)).text, direction=figures.direction(value))


def _count_less(value: float | None) -> Figure:
    return Figure(UNKNOWN) if value is None else Figure(figures.signed(value, 0), direction=figures.direction(value))


KINDS: Final = (
    Kind("Return a year", "cagr", figures.change_pct, "high", "CAGR over calendar days", _points),
    Kind("Total return", "total_return_pct", figures.change_pct, "high", "", _points),
    Kind("Against its benchmark", "excess_cagr", _points, "high", "CAGR less the benchmark's", _points),
    Kind("Deepest fall", "max_drawdown_pct", figures.change_pct, "high", "Maximum drawdown; nearer to 0 is better",
         _points),
    Kind("Volatility", "volatility_pct", _percent, "low", "A year, of daily returns", _points),
    Kind("Sharpe ratio", "sharpe", _ratio, "high", "Not claimed for short samples", figures.change),
    Kind("Sortino ratio", "sortino", _ratio, "high", "", figures.change),
    Kind("Calmar ratio", "calmar", _ratio, "high", "Return a year over the deepest fall", figures.change),
    Kind("Profit factor", "profit_factor", _plain_ratio, "high", "Gains over losses", figures.change),
    Kind("Winning trades", "win_rate", _percent, "", "", _points),
    Kind("Closed trades", "total_trades", figures.count, "", "", _count_less),
    Kind("Held on average", "average_bars_held", _days, "", "", figures.change),
    Kind("Invested", "exposure_pct", _percent, "", "Share of the money that is in shares", _points),
    Kind("Turnover a year", "turnover_pct", _percent, "", "", _points),
    Kind("Charges", "total_costs", _rupees, "low", "₹, all kinds together", _rupees_less),
    Kind("Ends with", "final_equity", _rupees, "high", "₹", _rupees_less),
)  # fmt: skip
COMMON_KINDS: Final = tuple(kind for kind in KINDS if kind.name in {
    "total_return_pct", "cagr", "max_drawdown_pct", "volatility_pct",
})  # fmt: skip
#: Figures in rupees say nothing about which is better when the money differs.
RUPEES: Final = frozenset({"total_costs", "final_equity"})


def table(kinds: Sequence[Kind], rows: Sequence[Mapping[str, Any]], *, comparable: bool) -> list[Line]:
    """Return a line a figure; no run is called better when the runs are not ``comparable``."""
    return [_line(kind, [row.get(kind.name) for row in rows], judged=comparable) for kind in kinds]


def _line(kind: Kind, values: Sequence[float | None], *, judged: bool) -> Line:
    known = [value for value in values if value is not None]
    best = None
    if judged and kind.better and len(known) > 1 and min(known) != max(known):
        best = max(known) if kind.better == "high" else min(known)
    cells = []
    for at, value in enumerate(values):
        figure, less = kind.show(value), None
        if at and value is not None and values[0] is not None:
            less = kind.less(value - values[0])
        cells.append(Cell(figure.text, figure.exact, less, best is not None and value == best))
    return Line(kind.label, tuple(cells), kind.note)


ASPECTS: Final = (
    ("Strategy", "strategy_name"), ("Version", "strategy_version"), ("Universe", "universe"),
    ("From", "start_date"), ("To", "end_date"), ("Benchmark", "benchmark"),
)  # fmt: skip
NUMBERS: Final = {
    "starting_capital": "Starting capital, ₹", "position_size_pct": "Position size, % of equity",
    "max_positions": "Most positions", "max_per_sector": "Most per sector", "slippage_bps": "Slippage, 0.01 %",
    "same_day_sale_credit": "Share of a sale usable the same day", "costs": "Charges", "seed": "Seed",
}  # fmt: skip
MADE_OF: Final = (
    ("Prices", "data_version"), ("Table of charges", "charges_version"), ("Engine", "engine_version"),
)  # fmt: skip


def aspects(runs: Sequence[Mapping[str, Any]]) -> tuple[list[Line], list[Line]]:
    """Return what the runs were asked and made of: what differs, and what is the same in all."""
    made = [run["provenance"] for run in runs]
    names = list(dict.fromkeys(name for one in made for name in one["parameters"]))
    own = sorted(name for name in names if name not in NUMBERS)
    lines = [_aspect(label, [one.get(key) for one in made]) for label, key in ASPECTS]
    lines += [_aspect(f"Parameter {name}", [one["parameters"].get(name) for one in made]) for name in own]
    lines += [
        _aspect(label, [one["parameters"].get(name) for one in made], empty="no limit" if "max_" in name else "")
        for name, label in NUMBERS.items()
        if name in names
    ]
    lines += [_aspect(label, [_short(one.get(key)) for one in made]) for label, key in MADE_OF]
    differ = [line for line in lines if any(a.text != b.text for a, b in pairwise(line.cells))]
    return differ, [line for line in lines if line not in differ]


def _short(value: Any) -> str:
    text = str(value or "")
    return text if len(text) <= 24 else f"{text[:10]}…{text[-6:]}"


def _aspect(label: str, values: Sequence[Any], empty: str = "") -> Line:
    return Line(label, tuple(Cell(spoken(value) or empty or UNKNOWN) for value in values))


def spoken(value: Any) -> str:
    """Return a value as it is read: 1,000,000 as 10,00,000, costs by name."""
    if isinstance(value, Mapping):
        return f"{plain(value.get('flat_pct', 0))} % of each order"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(value)
    return COST_NAMES.get(str(value), str(value)) if value is not None else ""


def plain(value: float) -> str:
    """Return a number with as many decimals as it has, at most six."""
    text = figures.grouped(float(value), 6)
    return text.rstrip("0").rstrip(".") if "." in text else text


def words(sentences: Sequence[Sequence[tuple[str, str]]]) -> list[Line]:
    """Return the parts of the rules that differ, in words. ``sentences``: (part, words) of each run."""
    parts = list(dict.fromkeys(part for one in sentences for part, _ in one))
    said = [dict(one) for one in sentences]
    lines = [_spelled(part, [one.get(part, "Nothing of the kind.") for one in said]) for part in parts]
    return [line for line in lines if len({cell.text for cell in line.cells}) > 1]


def _spelled(part: str, texts: Sequence[str]) -> Line:
    """Return a part of the rules: of each run what the first says differently is marked; of two, both ways."""
    first = _marked(texts[0], texts[1]) if len(texts) == 2 else ()
    rest = [_marked(text, texts[0]) for text in texts[1:]]
    return Line(part, tuple(Cell(text, marked=marks) for text, marks in zip(texts, [first, *rest], strict=True)))


def _marked(text: str, other: str) -> tuple[tuple[str, bool], ...]:
    """Return a text in pieces with whether ``other`` lacks them; nothing where most of it is different."""
    mine, theirs = text.split(" "), other.split(" ")
    found = SequenceMatcher(None, theirs, mine, autojunk=False)
    if found.ratio() < ALIKE:
        return ()
    pieces = [(" ".join(mine[low:high]), tag != "equal") for tag, _, _, low, high in found.get_opcodes() if high > low]
    return tuple((piece, changed) for piece, changed in pieces if piece)


def pair(letter: str, difference: Mapping[str, Any]) -> Pair:
    """Return what a run is against the first: how alike they trade, and month by month."""
    rows = tuple(
        (row["year"], tuple(heat(value) for value in row["months"]), heat(row["total"]))
        for row in difference["monthly"]
    )
    return Pair(letter, tuple(alike(letter, difference)), rows)


def alike(letter: str, difference: Mapping[str, Any]) -> list[str]:
    """Return sentences on how alike a run and the first trade."""
    found, together = difference["overlap"], difference["correlation"]
    said = []
    if found["share_pct"] is None:
        said.append(f"A and {letter} share no day on which either holds anything.")
    else:
        said.append(
            f"{figures.grouped(found['share_pct'], 0)}% of the days on which A or {letter} holds a share, both hold it "
            f"({figures.grouped(found['both_days'], 0)} of A's {figures.grouped(found['days'], 0)} and {letter}'s "
            f"{figures.grouped(found['other_days'], 0)} share-days)."
        )
    count = found["same_entries"]
    said.append(
        f"{figures.grouped(count, 0)} closed {'trade' if count == 1 else 'trades'} began in the same share on the same "
        f"day, of A's {figures.grouped(found['trades'], 0)} and {letter}'s {figures.grouped(found['other_trades'], 0)}."
    )
    if together is not None:
        said.append(f"Their daily returns move {together_word(together)} (correlation {figures.signed(together, 2)}).")
    return said


def together_word(correlation: float) -> str:
    """Return a correlation in words."""
    if correlation < -0.2:
        return "against each other"
    steps = ((0.2, "independently of each other"), (0.5, "loosely together"), (0.8, "together"))
    return next((word for limit, word in steps if correlation < limit), "nearly as one")


def heat(value: float | None) -> Heat:
    """Return a cell of the monthly table; colour in four steps up to `FULL_POINTS`, the sign says the same."""
    if value is None:
        return Heat(UNKNOWN)
    text = figures.signed(value, 1)
    if not round(value, 1):
        return Heat(text)
    step = min(4, 1 + int(4 * abs(value) / FULL_POINTS))
    return Heat(text, f"{'u' if value > 0 else 'd'}{step}")


def in_short(rows: Sequence[Mapping[str, Any]] | None) -> str:
    """Return the answer in two sentences: who earned most, who fell least."""
    if rows is None:
        return "No day is covered by all of these runs, so nothing says which is better."
    earned = _ranked(rows, "cagr")
    fallen = _ranked(rows, "max_drawdown_pct")
    if not earned or not fallen:
        return ""
    best, calm = earned[0], fallen[0]
    if best[1] == earned[-1][1] and calm[1] == fallen[-1][1]:
        return f"All earned the same: {figures.change_pct(best[1]).text} a year, with the same deepest fall."
    others = ", ".join(f"{LETTERS[at]} {figures.change_pct(value).text}" for at, value in earned[1:])
    text = f"{LETTERS[best[0]]} earned most: {figures.change_pct(best[1]).text} a year ({others}). "
    others = ", ".join(f"{LETTERS[at]} {figures.change_pct(value).text}" for at, value in fallen[1:])
    who = "It also" if calm[0] == best[0] else LETTERS[calm[0]]
    return text + f"{who} fell least: {figures.change_pct(calm[1]).text} at its deepest ({others})."


def _ranked(rows: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    known = [(at, row[name]) for at, row in enumerate(rows) if row.get(name) is not None]
    return sorted(known, key=lambda pair: -pair[1]) if len(known) == len(rows) else []
