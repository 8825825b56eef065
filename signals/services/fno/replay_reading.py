"""Reading the newest replay. It imports no engine, so that a web process may."""

from typing import Any, Final

from core.clock import isoformat_z
from signals.models import FnoReplayRun

LABEL: Final = "A replay of history on the index alone: no volume, open interest, breadth or option prices."
_SHOWN: Final = (
    "label", "profile", "indices", "first_day", "last_day", "computed_at", "engine_version", "params_hash", "data",
    "verdict", "result",
)  # fmt: skip


def latest() -> dict[str, Any]:
    """Return the newest replay for the API and the page: its label, data and figures. ``result`` is null without."""
    run = FnoReplayRun.objects.first()
    if run is None:
        return dict.fromkeys(_SHOWN) | {"label": LABEL}
    return {
        "label": LABEL,
        "profile": run.profile,
        "indices": run.indices,
        "first_day": run.first_day.isoformat(),
        "last_day": run.last_day.isoformat(),
        "computed_at": isoformat_z(run.computed_at),
        "engine_version": run.engine_version,
        "params_hash": run.params_hash,
        "data": run.data,
        "verdict": run.result["verdict"],
        "result": run.result,
    }
