"""The numbers of the portfolio risk score. All are choices of this platform; the order of the classes follows their
long-run volatility, the level is design.
"""

from enum import StrEnum
from typing import Final

VERSION: Final = "1"

Knots = tuple[tuple[float, float], ...]


class AssetClass(StrEnum):
    """Kinds of holdings that are told apart, as partners spell them."""

    EQUITIES = "Equities"
    MUTUAL_FUNDS = "Mutual Funds"
    FD = "FD"
    GOLD = "Gold"
    CRYPTO = "Crypto"
    FNO = "FNO"
    BONDS = "Bonds"
    INSURANCE = "Insurance"
    REAL_ESTATE = "Real Estate"


#: Risk of a class on its own, 0 to 100.
BASE_RISK: Final[dict[AssetClass, float]] = {
    AssetClass.FD: 5.0,
    AssetClass.INSURANCE: 10.0,
    AssetClass.BONDS: 20.0,
    AssetClass.GOLD: 35.0,
    AssetClass.REAL_ESTATE: 45.0,
    AssetClass.MUTUAL_FUNDS: 50.0,
    AssetClass.EQUITIES: 70.0,
    AssetClass.FNO: 95.0,
    AssetClass.CRYPTO: 95.0,
}
RISKY: Final = (AssetClass.EQUITIES, AssetClass.FNO, AssetClass.CRYPTO)
#: How much a large share of one fund matters: it is spread out already.
FUND_MULTIPLIER: Final = 0.4
#: The class whose concentration counts in full.
FULL_CONCENTRATION_RISK: Final = 70.0

WEIGHTS: Final[dict[str, float]] = {"asset": 0.40, "top": 0.20, "hhi": 0.15, "sector": 0.15, "volatility": 0.10}

TOP_KNOTS: Final[Knots] = ((0, 0), (10, 0), (25, 50), (50, 85), (75, 100))
HHI_KNOTS: Final[Knots] = ((0, 0), (1000, 20), (1500, 35), (2500, 60), (5000, 85), (10000, 100))
SECTOR_KNOTS: Final[Knots] = ((0, 0), (25, 20), (40, 50), (60, 80), (100, 100))
VOLATILITY_KNOTS: Final[Knots] = ((0, 0), (10, 15), (20, 45), (30, 75), (45, 100))

#: Lowest score of each grade, from the top.
GRADES: Final = ((80.0, "Highly Aggressive"), (45.0, "Aggressive"), (30.0, "Balanced"), (0.0, "Conservative"))
#: Thresholds of the US Department of Justice (2010), which partners know; the guidelines of 2023 begin at 1,800.
HHI_CONCENTRATED: Final = 2500.0
HHI_MODERATE: Final = 1500.0

#: Share of the value that must have a sector, or a history of this many daily returns, for those parts to count.
SECTOR_COVERAGE: Final = 0.5
HISTORY_COVERAGE: Final = 0.8
HISTORY_RETURNS: Final = 120

#: Warnings: (lowest value that triggers, severity), the most severe first. Percent unless the name says otherwise.
CONCENTRATION_PCT: Final = ((50.0, "high"), (25.0, "medium"), (15.0, "low"))
HHI_WARNINGS: Final = ((5000.0, "high"), (2500.0, "medium"))
SECTOR_PCT: Final = ((60.0, "high"), (40.0, "medium"))
ONE_CLASS_PCT: Final = 90.0
FNO_PCT: Final = 10.0
CRYPTO_PCT: Final = ((15.0, "high"), (5.0, "medium"))
LOSS_PCT: Final = ((50.0, "high"), (30.0, "medium"))

HIGH_BETA: Final = 1.3
HIGH_VOLATILITY_PCT: Final = 40.0

UNKNOWN_SECTOR: Final = "Unknown"
SEVERITIES: Final = ("high", "medium", "low", "info")
