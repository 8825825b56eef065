"""Hard vetoes: one of them and nothing fires. Each has a code and the numbers behind it; `words` makes the sentence."""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from engines.figures import finite
from engines.mvla.discipline import Verdict
from engines.mvla.events import KNOWN_FROM, known_until
from engines.mvla.features import Features
from engines.mvla.inputs import Moment, Profile
from engines.mvla.modes import NONE, Entry
from engines.mvla.parameters import Parameters
from engines.mvla.votes import FLAT, Direction

#: The one veto that leaves what is remembered alone: what comes up while a signal lives is seen, so that it does not
#: fire when that signal ends, unless direction or mode change again.
SIGNAL_LIVE: Final = "SIGNAL_LIVE"
#: The one veto that the confidence decides: the less sure the target, the less reward is expected of it.
COST_TOO_HIGH: Final = "COST_TOO_HIGH"


@dataclass(frozen=True, slots=True)
class Check:
    """One filter. ``passed`` is None where its input is not there. ``measure`` against ``limit``, in ``unit``."""

    code: str
    passed: bool | None
    measure: float | None = None
    limit: float | None = None
    unit: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def market_checks(f: Features, moment: Moment, p: Parameters) -> list[Check]:
    """Return the filters of time, data and the index; they hold whatever the direction."""
    at, session = moment.session.market_time, moment.session
    last = p.last_entry_expiry if session.is_expiry_day else p.last_entry
    jump = _vix_jump(moment)
    ages = {**moment.ages_s, "bars": f.bars_age_s}
    oldest = max(ages, key=lambda name: ages[name])
    near = _circuit_distance(f, p)
    return [
        Check("MARKET_CLOSED", session.is_open, facts={"phase": session.phase}),
        Check("TOO_EARLY", at >= p.first_entry, facts={"limit": f"{p.first_entry:%H:%M}"}),
        Check("TOO_LATE", at < last, facts={"limit": f"{last:%H:%M}"}),
        _announcements(moment),
        Check("DATA_STALE", ages[oldest] <= p.stale_s, finite(ages[oldest]), p.stale_s, "s", {"input": oldest}),
        Check("WARMING_UP", f.warm_bars >= p.warm_up_bars, f.warm_bars, p.warm_up_bars, "bars"),
        Check("VIX_JUMP", _least(p.vix_jump, jump, strict=True), _percent(jump), 100 * p.vix_jump, "%"),
        Check("CHOPPY", _least(p.chop_most, f.chop), finite(f.chop), p.chop_most),
        Check("NEAR_CIRCUIT", _least(near, p.circuit_near, strict=True), _percent(near), 100 * p.circuit_near, "%"),
        Check(
            "AFTER_HALT", not f.resumed_s < 60.0 * p.halt_quiet_minutes, finite(f.resumed_s / 60.0),
            p.halt_quiet_minutes, "min",
        ),
        Check(SIGNAL_LIVE, not moment.record.is_live),
        *(Check(code, False) for code in dict.fromkeys(moment.faults)),
    ]  # fmt: skip


def _announcements(moment: Moment) -> Check:
    """Return the filter of announcements; not known on a day before the first and after the last one listed."""
    session = moment.session
    now = next((one for one in session.blackouts if one.start <= session.market_time < one.end), None)
    if now is not None:
        return Check("EVENT_BLACKOUT", False, facts={"reason": now.reason})
    until = known_until(session.events_until)
    if session.trade_date > until:
        return Check("EVENT_BLACKOUT", None, facts={"span": f"until {_day(until)}"})
    if session.trade_date < KNOWN_FROM:
        return Check("EVENT_BLACKOUT", None, facts={"span": f"from {_day(KNOWN_FROM)} on"})
    return Check("EVENT_BLACKOUT", True)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def direction_checks(f: Features, moment: Moment, way: Direction, p: Parameters) -> list[Check]:
    """Return the gate of coverage."""
    gate = p.coverage_index_only if moment.profile is Profile.INDEX_ONLY else p.coverage_live
    return [Check("LOW_COVERAGE", way.q >= gate - 1e-9, 100 * way.q, 100 * gate, "%")]


def entry_checks(f: Features, found: Entry, said: Verdict, p: Parameters) -> list[Check]:
    """Return momentum validation, the entry mode and the loss-averse rules, for a direction."""
    if found.way == FLAT:
        return [Check("NO_DIRECTION", False)]
    width = f.atr * math.sqrt(p.momentum_minutes / p.bar_minutes)
    gained = found.way * (f.close - f.close_15) / width if width > 0 else math.nan
    paused = found.way * (f.close - f.close_5) / f.atr if f.atr > 0 else math.nan
    passed = gained >= p.momentum_least and paused > -p.pause_most
    known = math.isfinite(gained) and math.isfinite(paused)
    return [
        Check(
            "MOMENTUM_NOT_CONFIRMED", bool(passed), gained if known else None, p.momentum_least, "ATR",
        ),
        Check("NO_ENTRY", found.mode != NONE),
        *(
            Check(code, code not in said.codes)
            for code in ("MAX_TRIGGERS", "COOL_DOWN", "DAILY_LOSS_STOP")
        ),
    ]  # fmt: skip


def _vix_jump(moment: Moment) -> float:
    day = moment.day
    if day.vix is None or not day.vix_previous or not day.vix_previous > 0.0:
        return math.nan
    return round(day.vix / day.vix_previous - 1.0, 9)  # 15 % of a quoted number is 15 %, not a bit less


def _circuit_distance(f: Features, p: Parameters) -> float:
    """Return how far the index is from the nearest market-wide trigger, as a share of the previous close."""
    if not (f.previous_close > 0 and math.isfinite(f.close)):
        return math.nan
    move = abs(f.close / f.previous_close - 1.0)
    return min(abs(move - trigger) for trigger in p.circuit_moves)


def _least(most: float, measure: float, *, strict: bool = False) -> bool | None:
    """Tell whether ``measure`` stays at or below ``most`` (strictly below); None where either is not known."""
    if not (math.isfinite(measure) and math.isfinite(most)):
        return None
    return measure < most if strict else measure <= most


def _percent(value: float) -> float | None:
    return finite(100.0 * value)
