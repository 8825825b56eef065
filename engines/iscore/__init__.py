"""The I-Score: six components of 0 to 100 for every stock of a universe on one session, and what they rest on.

Pure: inputs as they were known at the session's close in, scores out. A missing input is NaN or absent, is named in the
result, lowers coverage and confidence, and is never filled in. Definitions: docs/engines/iscore.md.
"""
