"""The portfolio simulator: daily bars, long only, whole shares, fills at the next open.

`run.simulate` is the entrance. The plain-Python definition of what it does stands in `tests/reference.py`; the
compiled kernel agrees with it trade for trade.
"""
