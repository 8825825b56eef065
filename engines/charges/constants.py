"""Places in a row of rates, and the rates' units."""

from typing import Final

PER_BILLION: Final = 1_000_000_000
PAISE_PER_RUPEE: Final = 100

#: Columns of a rate row (int64): rates per 10^9 unless named otherwise.
STT_BUY: Final = 0
STT_SELL: Final = 1
EXCHANGE: Final = 2
SEBI: Final = 3
GST: Final = 4
GST_ON_SEBI: Final = 5
STAMP: Final = 6
BROKERAGE_RATE: Final = 7
BROKERAGE_CAP_PAISE: Final = 8
BROKERAGE_FLAT_PAISE: Final = 9
DP_PAISE: Final = 10
ROW_WIDTH: Final = 11
