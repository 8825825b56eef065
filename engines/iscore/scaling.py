"""From measured numbers to 0–100: ranks among peers, piecewise-linear bands, mixtures. NaN stays NaN."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engines.iscore.tables import LEAST_PEERS, MIX_RANK, Knots

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def pct(values: Floats, reference: Flags, *, low_is_good: bool = False) -> Floats:
    """Return 100·(average rank - 0.5)/n of each value among those of the reference, (N,).

    A value outside the reference is ranked as if it were one more of them. NaN where there are fewer than
    `LEAST_PEERS` known reference values: a rank among three says nothing.
    """
    known = ~np.isnan(values)
    peers = np.sort(values[reference & known])
    if len(peers) < LEAST_PEERS:
        return np.full(len(values), np.nan)
    below = np.searchsorted(peers, values, side="left").astype(np.float64)
    equal = np.searchsorted(peers, values, side="right") - below
    outside = ~reference
    count = len(peers) + outside
    found = 100.0 * (below + (equal + outside) / 2.0) / count
    found = np.where(known, found, np.nan)
    return 100.0 - found if low_is_good else found


def sector_pct(
    values: Floats, reference: Flags, sectors: Sequence[str], *, low_is_good: bool = False
) -> tuple[Floats, Flags]:
    """Return `pct` among the sector's peers where at least `LEAST_PEERS` are known, else among all; and which is which.

    The second array tells where sector peers were used.
    """
    out = pct(values, reference, low_is_good=low_is_good)
    among = np.zeros(len(values), bool)
    names = np.array(sectors, dtype=object)
    for name in {sector for sector in sectors if sector}:
        inside = names == name
        found = pct(values[inside], reference[inside], low_is_good=low_is_good)
        if not np.isnan(found).all():
            out[inside], among[inside] = found, True
    return out, among


def band(values: Floats, knots: Knots) -> Floats:
    """Return the piecewise-linear value through the knots, the ends held."""
    xs, ys = (np.array(column, np.float64) for column in zip(*knots, strict=True))
    return np.where(np.isnan(values), np.nan, np.interp(values, xs, ys))


def mix(rank: Floats, banded: Floats) -> Floats:
    """Return 0.6·rank + 0.4·band; where the rank is unknown nothing is known."""
    return MIX_RANK * rank + (1.0 - MIX_RANK) * banded


def freshness(age: Floats, life: float, stale_at: float) -> Floats:
    """Return 1 within ``life``, then falling linearly to 0 at ``stale_at`` times it. NaN (no input) gives 0."""
    share = 1.0 - (age - life) / ((stale_at - 1.0) * life)
    return np.where(np.isnan(age), 0.0, np.clip(share, 0.0, 1.0))
