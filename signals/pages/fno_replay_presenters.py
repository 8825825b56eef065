"""The newest replay of history in a few lines, for the track record's separate section."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from market.pages.figures import grouped, percent, signed
from signals.services.fno.replay_reading import latest


@dataclass(frozen=True, slots=True)
class Line:
    """A group of replayed signals: shares in percent, R of the index, each with its 95 % bounds in words."""

    name: str
    n: str
    came: str
    came_bounds: str
    target: str
    r: str
    r_bounds: str
    net: str
    net_bounds: str


def replay_context() -> dict[str, Any] | None:
    """Return what the section shows; None without a replay."""
    found = latest()
    result = found["result"]
    if result is None:
        return None
    return {
        "label": found["label"],
        "indices": found["indices"],
        "first_day": date.fromisoformat(found["first_day"]),
        "last_day": date.fromisoformat(found["last_day"]),
        "computed_at": found["computed_at"],
        "profile": found["profile"],
        "engine_version": found["engine_version"],
        "verdict": found["verdict"],
        "lines": [_line("All that would have fired", result["overall"]), _line("Of them published", result["shown"])],
    }


def _line(name: str, group: dict[str, Any]) -> Line:
    came, target = group["base_rate"], group["target_rate"]
    return Line(
        name=name,
        n=grouped(group["n"], 0),
        came=_percent(came["value"]),
        came_bounds=_between(came, _percent),
        target=_percent(target["value"]),
        r=_r(group["r"]["value"]),
        r_bounds=_between(group["r"], _r),
        net=_r(group["net_r"]["value"]),
        net_bounds=_between(group["net_r"], _r),
    )


def _percent(share: float | None) -> str:
    return percent(share, 1)


def _r(value: float | None) -> str:
    return "–" if value is None else signed(value, 3)


def _between(found: dict[str, Any], shown: Any) -> str:
    return "no bounds" if found["lower"] is None else f"{shown(found['lower'])} to {shown(found['upper'])}"
