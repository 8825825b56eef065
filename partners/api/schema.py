"""The header of test scenarios in the description: on every operation that takes a test key."""

from typing import Any, Final

from partners.api.base import SCENARIO_HEADER, Scenario

PREFIX: Final = "/api/partner/v1/"
#: Test keys get nothing here.
ADMIN: Final = f"{PREFIX}admin/"
#: Operations whose answer comes from an engine; elsewhere only the limit is forced.
ENGINES: Final = tuple(f"{PREFIX}{name}/" for name in ("fno", "iscore", "portfolio", "behaviour"))
_FORCED: Final = {
    True: "Test keys only: forces this outcome. Live keys ignore it.",
    False: "Test keys only: rate_limited forces a 429, the others change nothing here. Live keys ignore it.",
}


def add_scenarios(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the header to operations of the partner surface that ask for a key; to be called with the whole document."""
    for path, operations in result.get("paths", {}).items():
        if not path.startswith(PREFIX) or path.startswith(ADMIN):
            continue
        for operation in operations.values():
            if any(operation.get("security", ())):
                operation.setdefault("parameters", []).append(
                    {
                        "in": "header",
                        "name": SCENARIO_HEADER,
                        "schema": {"type": "string", "enum": [one.value for one in Scenario]},
                        "description": _FORCED[path.startswith(ENGINES)],
                    }
                )
    return result
