"""Plain JSON values: what may travel through the task queue and in events."""

import math


def require_plain(value: object, place: str) -> None:
    """Raise TypeError or ValueError, naming the place, unless ``value`` consists of plain JSON values.

    Allowed are None, booleans, integers, finite floats, strings, lists, and dictionaries with string keys. Decimals,
    instants and model objects are not: pass ids, texts or paise.
    """
    if value is None or isinstance(value, bool | int | str):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{place} was {value}, which JSON cannot hold.")
    elif type(value) is list:
        for index, item in enumerate(value):
            require_plain(item, f"{place}[{index}]")
    elif type(value) is dict:
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{place} has the key {key!r}; keys must be strings.")
            require_plain(item, f"{place}.{key}")
    else:
        raise TypeError(f"{place} was a {type(value).__name__}; only plain JSON values may be passed.")
