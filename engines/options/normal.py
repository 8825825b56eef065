"""The standard normal distribution for arrays, without SciPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

_INV_SQRT_2PI = 0.3989422804014327
_SQRT_2PI = 2.5066282746310002
# G. West, "Better approximations to cumulative normal functions" (2005), after J. F. Hart's rational
# approximation.
_HART_TOP = (
    3.52624965998911e-02,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_HART_BOTTOM = (
    8.83883476483184e-02,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_HART_LIMIT = 7.07106781186547
_ZERO_BEYOND = 37.0


def normal_density(x: npt.ArrayLike) -> F64:
    """The standard normal density."""
    z = np.asarray(x, np.float64)
    return _INV_SQRT_2PI * np.exp(-0.5 * z * z)


def _polynomial(coefficients: tuple[float, ...], z: F64) -> F64:
    total = np.full_like(z, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= z
        total += coefficient
    return total


def normal_cdf(x: npt.ArrayLike) -> F64:
    """P(Z <= x), absolute error below 1e-14 (Hart's algorithm 5666 with a continued fraction in the tail)."""
    value = np.asarray(x, np.float64)
    z = np.minimum(np.abs(value), _ZERO_BEYOND)
    damp = np.exp(-0.5 * z * z)
    tail = np.asarray(damp * _polynomial(_HART_TOP, z) / _polynomial(_HART_BOTTOM, z))
    far = z >= _HART_LIMIT
    if np.any(far):
        zf = z[far] if z.ndim else z
        fraction = zf + 1.0 / (zf + 2.0 / (zf + 3.0 / (zf + 4.0 / (zf + 0.65))))
        far_tail = (damp[far] if z.ndim else damp) / (fraction * _SQRT_2PI)
        tail = np.where(far, 0.0, tail)
        tail[far] = far_tail
    return np.where(value > 0, 1.0 - tail, tail)
