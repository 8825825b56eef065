"""The record of a universe as bytes of one database cell."""

import io

import numpy as np

from engines.patterns.record import Record

_TABLES = ("n", "wins", "tried", "won")


def packed(record: Record) -> bytes:
    """Return a record as compressed bytes."""
    out = io.BytesIO()
    tables = {name: getattr(record, name).astype(np.int32) for name in _TABLES}
    np.savez_compressed(out, allow_pickle=False, dates=record.dates.astype("datetime64[D]"), **tables)
    return out.getvalue()


def unpacked(content: bytes) -> Record:
    """Return the record that `packed` gave as bytes."""
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return Record(found["dates"], *(found[name].astype(np.int64) for name in _TABLES))
