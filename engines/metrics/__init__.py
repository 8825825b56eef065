"""Figures of performance and risk: pure functions of arrays, defined as the libraries of the field define them.

A curve is an account's value at the close of each session, the first point being the starting capital; D points make
N = D - 1 returns. A year has 252 sessions where a figure is annualised by sessions (India has 245 to 248; 252 keeps
figures comparable). A figure that does not exist for the data is None, never NaN or infinity.
"""
