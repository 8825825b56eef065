"""One index at one instant: the layers put together."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.calibration.mapping import Calibrator
from engines.mvla import chains, confidence, discipline, filters, levels, modes, trades
from engines.mvla.features import Features, features
from engines.mvla.filters import Check
from engines.mvla.history import History
from engines.mvla.inputs import Memory, Moment, Profile
from engines.mvla.parameters import ENGINE_VERSION, Parameters
from engines.mvla.strength import LEAST_CLOSES, Strength, iv_rank, strength
from engines.mvla.votes import FLAT, Direction, direction

WAYS: Final = {1: "BULLISH", 0: "NEUTRAL", -1: "BEARISH"}
UNCALIBRATED: Final = Calibrator()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the engine says. ``vetoes``: the checks that failed; nothing fires while there is one.

    ``actionable``: it may fire: a direction, an entry, no veto, a confidence from 50 on. ``is_new``: direction and mode
    are not those of before, so that it does; what is new while a live signal forbids it counts as seen all the same.
    ``distance``: stop distance dS on the index in points, None without a direction. ``memory``: for the next analysis.
    """

    index: str
    at_s: float
    spot: float
    profile: Profile
    direction: Direction
    strength: Strength
    features: Features
    entry: modes.Entry
    confidence: confidence.Confidence
    checks: tuple[Check, ...]
    money: chains.Money
    picked: trades.Picked
    discipline: discipline.Verdict
    iv_rank: float | None
    distance: float | None
    memory: Memory
    kept_s: float
    actionable: bool
    is_new: bool
    facts_missing: tuple[str, ...]
    params_hash: str
    engine_version: str = ENGINE_VERSION

    @property
    def way(self) -> int:
        """Direction of the trade: 1, 0 or -1."""
        return self.entry.way

    @property
    def trade_direction(self) -> str:
        """BULLISH, NEUTRAL or BEARISH."""
        return WAYS[self.way]

    @property
    def is_withheld(self) -> bool:
        """Everything for a trigger is there but the confidence: the calibrator puts the score below 50, or so low that
        costs are too high for the reward that is expected.
        """
        against = {check.code for check in self.vetoes}
        is_low = self.confidence.tier is None or bool(against)
        return self.way != FLAT and self.confidence.calibrated and is_low and against <= {filters.COST_TOO_HIGH}

    @property
    def vetoes(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.passed is False)

    @property
    def missing_inputs(self) -> tuple[str, ...]:
        """Names of votes, parts of strength and facts of the day that had no data."""
        votes = [vote.name for vote in self.direction.votes if vote.value is None]
        parts = [f"strength.{part.name}" for part in self.strength.parts if part.value is None]
        return (*votes, *parts, *self.facts_missing)


def analyse(
    history: History, moment: Moment, *, calibrator: Calibrator = UNCALIBRATED, cap: int | None = None
) -> Analysis:
    """Return the analysis at ``moment.at_s``. Bars after that instant in ``history`` are not looked at.

    ``calibrator`` maps the raw score to a probability; ``cap`` is the highest confidence that may be published while
    an alarm stands. The same arguments give the same answer.
    """
    p = history.parameters
    f = features(history, moment, p)
    voted, strong = direction(f, moment, p), strength(f, moment, p)
    sign, since_s = modes.remember(moment.memory, voted.d, moment.at_s, p)
    kept_s = moment.at_s - since_s
    found = modes.entry(f, voted, strong, kept_s, p)
    rank = iv_rank(moment.day.vix_closes.tolist(), moment.day.vix, p.iv_rank_days)
    said = discipline.verdict(moment.record, found.way, moment.at_s, p)
    trust = confidence.confidence(
        confidence.Finding(voted.d, voted.q, strong.s, found.way, found.mode),
        confidence.softeners(f, moment, found.way, rank, p),
        calibrator=calibrator, cap=cap, p=p,
    )  # fmt: skip
    checks = filters.market_checks(f, moment, p) + filters.direction_checks(f, moment, voted, p)
    checks += filters.entry_checks(f, found, said, p)
    money, picked, distance = _trades(f, moment, found.way, trust.probability, said.size, p)
    if found.way != FLAT and moment.profile is Profile.LIVE:
        checks += trades.trade_checks(picked, p)
    once = _once(checks)
    against = {check.code for check in once if check.passed is False}
    able = found.way != FLAT and trust.tier is not None and against <= {filters.SIGNAL_LIVE}
    way, mode, is_new = modes.seen(moment.memory, found.way, found.mode, able)
    return Analysis(
        index=moment.index, at_s=moment.at_s, spot=moment.spot, profile=moment.profile, direction=voted,
        strength=strong, features=f, entry=found, confidence=trust, checks=once, money=money, picked=picked,
        discipline=said, iv_rank=rank, distance=distance, kept_s=kept_s, actionable=able and not against, is_new=is_new,
        facts_missing=_facts_missing(f, moment, once, p), params_hash=history.params_hash,
        memory=Memory(sign, since_s, moment.at_s, way, mode),
    )  # fmt: skip


def _facts_missing(f: Features, moment: Moment, checks: tuple[Check, ...], p: Parameters) -> tuple[str, ...]:
    """Return the names of what softeners and filters are made of and is not known."""
    passed = {check.code: check.passed for check in checks}
    closes = np.isfinite(np.asarray(moment.day.vix_closes, np.float64)).sum()
    missing = {
        "vix": passed["VIX_JUMP"] is None,
        "vix_closes": closes < LEAST_CLOSES,
        "daily_closes": not math.isfinite(confidence.daily_average(moment, p)),
        "previous_day": not f.previous_close > 0.0,
        "close_5": not math.isfinite(f.close_5),
        "announcements": passed["EVENT_BLACKOUT"] is None,
    }
    return tuple(name for name, is_missing in missing.items() if is_missing)


def _trades(
    f: Features, moment: Moment, way: int, probability: float | None, size: float, p: Parameters
) -> tuple[chains.Money, trades.Picked, float | None]:
    money = chains.money(moment.index, moment.chain, moment.spot)
    if way == FLAT or probability is None:
        return money, trades.Picked(), None
    distance = levels.stop_distance(f, way, p)
    known = distance if distance == distance else None
    if moment.profile is Profile.INDEX_ONLY:
        return money, trades.Picked(), known
    return money, trades.pick(moment, money, way, distance, probability, size, p), known


def _once(checks: list[Check]) -> tuple[Check, ...]:
    """Return the checks without repeats of a code; a failed one wins."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.code not in found or (check.passed is False and found[check.code].passed is not False):
            found[check.code] = check
    return tuple(found.values())
