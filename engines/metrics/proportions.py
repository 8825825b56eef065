"""How sure a share is: Wilson's score interval (E. B. Wilson, JASA 22, 1927)."""

import math
from typing import NamedTuple

Z_95 = 1.959963984540054


class Share(NamedTuple):
    """A share of ``n`` cases with the bounds between which the true one lies in 95 of 100 samples."""

    share: float
    lower: float
    upper: float
    n: int


def wilson(wins: int, n: int, *, z: float = Z_95) -> Share | None:
    """Return the share of ``wins`` in ``n`` cases with its bounds; None without a case.

    Raises ValueError when ``wins`` is not between 0 and ``n``.
    """
    if not 0 <= wins <= n:
        raise ValueError(f"{wins} wins in {n} cases")
    if n == 0:
        return None
    lower, upper = bounds(wins / n, n, z=z)
    return Share(share=wins / n, lower=lower, upper=upper, n=n)


def bounds(share: float, n: float, *, z: float = Z_95) -> tuple[float, float]:
    """Return the bounds of a share seen in ``n`` cases, n above 0; ``n`` may be fewer than there were, where cases hang
    together.
    """
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
