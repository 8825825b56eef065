"""How past I-Scores related to what followed: month by month, as they could have been known then.

Scores are worked out anew for the last session of each month from inputs known at its close; returns run from that
close. Scores are those that everybody is shown, ranked in the reference universe, whichever universe's members are
measured. Figures describe the past of that universe, with whatever bias its list of members has.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from core.errors import InvalidRequest
from engines.figures import number
from engines.iscore import validation as measures
from engines.iscore.scaling import Floats
from engines.iscore.score import Scores, score_universe
from engines.iscore.tables import ENGINE_VERSION, MONTH, QUARTER, TIERS, WEIGHTS, params_hash
from engines.panel import PricePanel
from market.constants import InstrumentType
from market.selectors.instruments import find_instrument
from signals.models import IScoreValidation
from signals.services.history import first_list, last_session
from signals.services.iscore.inputs import gathered
from signals.services.iscore.scoring import has_score, reference_universe, with_columns
from signals.services.market_data import complete_panel

HORIZONS: Final = {"1_month": (MONTH, 1), "3_months": (QUARTER, 3)}
#: Sessions before the first score: a year of momentum and its skipped month.
_WARM_UP: Final = 280
_SEED: Final = 1_952
_PLACES: Final = 5
Progress = Callable[[str, int, int], None]


def validate(
    *, universe: str = "", months: int = 84, now: datetime, progress: Progress = lambda stage, done, total: None
) -> IScoreValidation:
    """Measure the last ``months`` months of a universe's members (by default the reference one's) and keep the result.

    Raises NotFound, InvalidRequest (no such universe, prices of another source, too short a history).
    """
    name = (universe or reference_universe()).lower()
    ranked, panel = _panels(name, now)
    columns = [ranked.symbols.index(symbol) for symbol in panel.symbols]
    rows = month_ends(panel, last_session(panel, now))[-months:]
    if len(rows) < 2:
        raise InvalidRequest(f"{name} has no two month ends with a year of prices before them.")
    scores, parts = [], []
    for done, row in enumerate(rows):
        progress("scoring", done, len(rows))
        found = score_universe(gathered(ranked, ranked.dates[row].item(), now=now))
        counted = panel.member[row] & has_score(ranked, row, found.member)[columns]
        scores.append(np.where(counted, found.combined.iscore[columns], np.nan))
        parts.append(np.where(counted, _parts(found)[:, columns], np.nan))
    result = report(panel, rows, np.array(scores), np.array(parts))
    result["survivorship_biased"] = _biased(name, panel.dates[rows[0]].item())
    return IScoreValidation.objects.create(
        universe=name,
        data_source=panel.source,
        first_session=panel.dates[rows[0]].item(),
        last_session=panel.dates[rows[-1]].item(),
        months=len(rows),
        result=result,
        engine_version=ENGINE_VERSION,
        params_hash=params_hash(),
        computed_at=now,
    )


def _panels(universe: str, now: datetime) -> tuple[PricePanel, PricePanel]:
    """Return the panel in which scores are ranked, and of its columns those of a universe, with its own members.

    Companies of the universe that the reference one has not are ranked beside it, as wherever scores are shown.
    """
    reference = reference_universe()
    ranked = complete_panel(reference, now)
    if universe == reference:
        return ranked, ranked
    own = complete_panel(universe, now)
    if own.source != ranked.source:
        raise InvalidRequest(f"Prices of {universe} are {own.source}, those of {reference} {ranked.source}.")
    outside = [symbol for symbol in own.symbols if symbol not in ranked.symbols and _is_company(symbol)]
    ranked = with_columns(ranked, outside, now=now)
    place = {symbol: at for at, symbol in enumerate(ranked.symbols)}
    chosen = [(at, place[symbol]) for at, symbol in enumerate(own.symbols) if symbol in place]
    if not chosen:
        raise InvalidRequest(f"No member of {universe} has prices.")
    theirs, columns = (list(part) for part in zip(*chosen, strict=True))
    then = np.searchsorted(own.dates, ranked.dates, side="right") - 1
    member = own.member[np.maximum(then, 0)][:, theirs] & (then >= 0)[:, None]
    tables = {name: getattr(ranked, name)[:, columns] for name in ("open", "high", "low", "close", "volume", "factor")}
    names = {name: tuple(getattr(ranked, name)[at] for at in columns) for name in ("symbols", "sectors")}
    return ranked, replace(ranked, member=member, **tables, **names)


def _is_company(symbol: str) -> bool:
    instrument = find_instrument(symbol)
    return instrument is None or instrument.instrument_type == InstrumentType.EQUITY


def month_ends(panel: PricePanel, last: date) -> list[int]:
    """Return the rows of the last sessions of complete months that have enough prices before them."""
    days = panel.dates.astype("datetime64[D]")
    days = days[days <= np.datetime64(last, "D")]
    months = days.astype("datetime64[M]")
    ends = np.flatnonzero(months[1:] != months[:-1])
    return [int(row) for row in ends if row >= _WARM_UP]


def _parts(found: Scores) -> Floats:
    """Return the scores of components that count, (6, N)."""
    return np.array([np.where(part.effective > 0.0, part.score, np.nan) for part in found.components.values()])


def _biased(universe: str, first: date) -> bool:
    since = first_list(universe)
    return since is not None and since > first


def report(panel: PricePanel, rows: Sequence[int], scores: Floats, parts: Floats) -> dict[str, Any]:
    """Return plain figures: rank correlations, tiers' mean excess returns, spreads and turnover, with sample sizes."""
    rng = np.random.default_rng(_SEED)
    found: dict[str, Any] = {"horizons": {}}
    for name, (ahead, block) in HORIZONS.items():
        returns = measures.excess(forward_returns(panel, rows, ahead))
        ic = measures.monthly(measures.rank_correlation, scores, returns)
        spread = measures.monthly(measures.tier_spread(65.0, 45.0), scores, returns)
        found["horizons"][name] = {
            "rank_ic": _plain(measures.estimate(ic, rng, block=block)),
            "buy_minus_sell": _plain(measures.estimate(spread, rng, block=block)),
            "tiers": _tiers(scores, returns),
            "components": {
                part: _plain(
                    measures.estimate(
                        measures.monthly(measures.rank_correlation, parts[:, at], returns), rng, block=block
                    )
                )
                for at, part in enumerate(WEIGHTS)
            },
        }
    found["turnover"] = number(measures.turnover(tier_numbers(scores)), _PLACES)
    found["stocks_scored"] = {
        "least": int((~np.isnan(scores)).sum(axis=1).min()),
        "most": int((~np.isnan(scores)).sum(axis=1).max()),
    }
    return found


def forward_returns(panel: PricePanel, rows: Sequence[int], ahead: int) -> Floats:
    """Return (M, N): the return from each row's close to that ``ahead`` sessions later; NaN where either is missing."""
    out = np.full((len(rows), len(panel.symbols)), np.nan)
    for at, row in enumerate(rows):
        if row + ahead < len(panel.dates):
            out[at] = panel.close[row + ahead] / panel.close[row] - 1.0
    return out


def tier_numbers(scores: Floats) -> np.ndarray:
    """Return the number of each score's tier from the top, -1 where there is no score."""
    borders = [least for _, least in TIERS]
    numbers = np.sum([scores < least for least in borders], axis=0)
    return np.where(np.isnan(scores), -1, numbers)


def _tiers(scores: Floats, returns: Floats) -> dict[str, dict[str, float | int | None]]:
    numbers = tier_numbers(scores)
    known = ~np.isnan(returns)
    return {
        tier: {
            "n": int(((numbers == at) & known).sum()),
            "mean_excess": number(returns[(numbers == at) & known].mean(), _PLACES)
            if ((numbers == at) & known).any()
            else None,
        }
        for at, (tier, _) in enumerate(TIERS)
    }


def _plain(found: measures.Estimate) -> dict[str, float | int | None]:
    return {
        name: number(value, _PLACES) if isinstance(value, float) else value for name, value in asdict(found).items()
    }
