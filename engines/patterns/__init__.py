"""Candlestick and chart patterns, how often they worked, and stretches of history that looked alike.

Rules after S. Nison, "Japanese Candlestick Charting Techniques" (1991), and A. W. Lo, H. Mamaysky and J. Wang,
"Foundations of Technical Analysis", Journal of Finance 55 (2000), on adjusted daily bars of days on which the price
was free to move. Evidence that such patterns foretell anything is weak (B. R. Marshall, M. R. Young and L. C. Rose,
"Candlestick technical trading strategies", Journal of Banking & Finance 30, 2006), so a confidence is what the pattern
did in this very universe before the day of the signal, and nothing else.

Everything here looks back only: cutting off or changing later bars leaves each earlier signal as it was.
"""

from typing import Final

#: Raised whenever the same bars would be answered otherwise.
ENGINE_VERSION: Final = "patterns-1"
