"""Turn columns of a file into numpy arrays, marking what cannot be read instead of stopping at it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import numpy as np

from market.adapters.base import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

IST: Final = timezone(timedelta(hours=5, minutes=30), "IST")
IST_OFFSET_S: Final = 19_800
DAY_S: Final = 86_400
#: Marks an instant that cannot be read.
NO_TIME: Final = np.iinfo(np.int64).min
#: Marks a volume that cannot be read, as against one that is not given (-1).
BAD_COUNT: Final = np.iinfo(np.int64).min
_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_ABSENT: Final = ("", "-", "NA", "N/A", "NaN", "nan", "null", "None")
_FORMATS: Final = (
    "%d-%b-%Y", "%d-%b-%y", "%d-%m-%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%B-%Y", "%d %b %Y",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",
    "%d-%b-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d %H:%M:%S",
)  # fmt: skip


def floats(column: "pa.ChunkedArray") -> tuple[Floats, np.ndarray]:
    """Return (numbers, mask of values that are given but are no number). Absent ones are NaN and not in the mask."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if not pa.types.is_string(column.type):
        values = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
        return values, np.isinf(values)
    text = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64), _none(len(text))
    except pa.ArrowInvalid:
        text = pc.replace_substring(text, ",", "")
    absent = pc.is_in(text, value_set=pa.array(_ABSENT))
    readable = pc.match_substring_regex(text, _NUMBER)
    values = pc.cast(pc.if_else(readable, text, None), pa.float64()).to_numpy(zero_copy_only=False)
    wrong = pc.and_not(pc.invert(readable), absent).to_numpy(zero_copy_only=False)
    return values.astype(np.float64), wrong.astype(bool) | np.isinf(values)


def counts(column: "pa.ChunkedArray") -> Ints:
    """Return whole numbers: -1 where none is given, BAD_COUNT where it cannot be read, negatives as they are.

    A given -1 is a wrong value, not an absent one: it becomes -2.
    """
    values, wrong = floats(column)
    absent = np.isnan(values) & ~wrong
    wrong |= np.abs(np.where(np.isnan(values), 0, values)) > 9e15
    with np.errstate(invalid="ignore"):
        whole = np.rint(np.where(absent | wrong, 0, values)).astype(np.int64)
    whole[whole == -1] = -2
    whole[absent] = -1
    whole[wrong] = BAD_COUNT
    return whole


def texts(column: "pa.ChunkedArray", *, upper: bool = True) -> tuple[Ints, list[str]]:
    """Return (index into the list, distinct stripped values); an absent value is ''."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    column = pc.fill_null(pc.utf8_trim_whitespace(column), "")
    encoded = (pc.utf8_upper(column) if upper else column).combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist()


def instants(column: "pa.ChunkedArray") -> Ints:
    """Return IST wall-clock time as seconds since 1970-01-01 00:00 on that clock; NO_TIME where unreadable.

    Zoneless values are IST; those with a zone are moved to IST. Numbers are epoch seconds (or milli-, micro-,
    nanoseconds by their size), or a date such as 20240131.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        zone = getattr(column.type, "tz", None)
        plain = column.cast(pa.timestamp("us", tz=zone)).cast(pa.int64())
        wall = pc.fill_null(plain, NO_TIME).to_numpy(zero_copy_only=False).astype(np.int64)
        seconds = np.where(wall == NO_TIME, NO_TIME, wall // 1_000_000)
        return np.where(seconds == NO_TIME, NO_TIME, seconds + IST_OFFSET_S) if zone else seconds
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        codes, values = texts(pc.cast(pc.cast(column, pa.int64(), safe=False), pa.string()))
    else:
        codes, values = texts(column, upper=False)
    return np.array([wall_seconds(value) for value in values], np.int64)[codes]


def wall_seconds(text: str) -> int:
    """Return one instant as `instants` does: ``2025-03-03``, ``03-Mar-2025``, ``2017-12-15T09:15:00+0530``, epoch."""
    if text.isdigit() and len(text) != 8:
        return _epoch(int(text))
    moment = _parsed(text)
    if moment is None:
        return NO_TIME
    if moment.tzinfo is not None:
        moment = moment.astimezone(IST)
    return int(moment.replace(tzinfo=UTC).timestamp())


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for pattern in _FORMATS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - zoneless by design, IST is assumed by the caller
        except ValueError:
            continue
    return None


def _epoch(value: int) -> int:
    for unit in (1, 10**3, 10**6, 10**9):
        if 10**8 <= value // unit < 10**10:
            return value // unit + IST_OFFSET_S
    return NO_TIME


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Undo dictionaries, large strings and the null type."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.string())
    return column


def _none(size: int) -> np.ndarray:
    return np.zeros(size, bool)


def joined(parts: Sequence[tuple[Ints, list[str]]], sep: str = " ") -> tuple[Ints, list[str]]:
    """Return several text columns as one, values joined by ``sep``."""
    codes, values = parts[0]
    for more_codes, more in parts[1:]:
        keys, codes = np.unique(codes * len(more) + more_codes, return_inverse=True)
        values = [f"{values[key // len(more)]}{sep}{more[key % len(more)]}" for key in keys]
    return codes, values
