"""Technical indicators: arrays in, arrays of the same length out.

Time runs along axis 0; shapes are (T,) or (T, N) for N instruments side by side. Element t depends on elements up to
t only, and starts with NaN until its window is full. Not-finite input: a window that contains one gives NaN, and a
recursive indicator starts afresh after it, warm-up included. To skip missing bars instead, use `own_bars.on_own_bars`.
"""
