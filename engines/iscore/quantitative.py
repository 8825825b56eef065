"""Company figures (35): value, quality, growth, stability; for banks, lenders and insurers by figures of their trade.

Each figure is ranked among its sector's peers and carries an equal part of its group's weight. Negative earnings keep
a negative yield (a price over earnings would turn the order round). Fama & French 2015, Novy-Marx 2013, Piotroski 2000,
Asness, Frazzini & Pedersen 2019.
"""

from collections.abc import Sequence

import numpy as np

from engines.iscore.scaling import Flags, Floats, freshness, sector_pct
from engines.iscore.tables import (
    CLIPPED,
    FIGURE_GROUPS,
    FINANCIAL_GROUPS,
    GROWTH_CLIP,
    LOW_IS_GOOD,
    QUANTITATIVE,
    STALE_AT,
    TTL,
)
from engines.iscore.types import Inputs, Sub, sub

#: Words of the exchange's industry names that mean lending or insuring.
_FINANCIAL_WORDS = ("financial services", "bank", "insurance", "nbfc")


def is_financial(sector: str) -> bool:
    """Tell whether companies of the sector are judged by the figures of banks."""
    return any(word in sector.lower() for word in _FINANCIAL_WORDS)


def quantitative(inputs: Inputs, reference: Flags) -> list[Sub]:
    """Return a sub-score for each figure that counts for any of the stocks."""
    symbols = len(inputs.panel.symbols)
    lender = financial_flags(inputs)
    usual, lenders = figure_weights(FIGURE_GROUPS), figure_weights(FINANCIAL_GROUPS)
    found = []
    for name in dict.fromkeys((*usual, *lenders)):
        weight = np.where(lender, lenders.get(name, 0.0), usual.get(name, 0.0))
        raw = inputs.figures.get(name, np.full(symbols, np.nan))
        value = np.where((weight > 0.0) & np.isfinite(raw), raw, np.nan)
        age = inputs.figures_age.get(name, np.full(symbols, np.nan))
        fresh = freshness(age, TTL["fundamentals"], STALE_AT)
        score, peers = _scored(name, value, reference, inputs.panel.sectors)
        note = {int(at): "of its sector" for at in np.flatnonzero(peers)}
        found.append(sub(QUANTITATIVE, name, weight, score, value, fresh, note=note))
    return found


def financial_flags(inputs: Inputs) -> Flags:
    """Return which stocks are banks, lenders or insurers, by their sector unless the inputs say."""
    if inputs.financial is not None:
        return inputs.financial
    return np.array([is_financial(sector) for sector in inputs.panel.sectors], bool)


def figure_weights(groups: Sequence[tuple[str, float, tuple[str, ...]]]) -> dict[str, float]:
    """Return each figure's weight in percent of the component."""
    return {name: weight / len(names) for _, weight, names in groups for name in names}


def _scored(name: str, value: Floats, reference: Flags, sectors: Sequence[str]) -> tuple[Floats, Flags]:
    if name == "piotroski":
        return 100.0 * np.clip(value / 9.0, 0.0, 1.0), np.zeros(len(value), bool)
    if name in CLIPPED:
        value = np.clip(value, *GROWTH_CLIP)
    return sector_pct(value, reference, sectors, low_is_good=name in LOW_IS_GOOD)
