"""What the description of the partner surface has besides: the header of test scenarios, and real answers."""

from typing import Any, Final

from partners.api.base import SCENARIO_HEADER, Scenario
from partners.api.docs_content import ENDPOINTS
from partners.api.docs_samples import sample

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


def add_answers(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to every operation the answer that its documentation shows; to be called with the whole document."""
    for endpoint in ENDPOINTS:
        operation = result.get("paths", {}).get(PREFIX.rstrip("/") + endpoint.path, {}).get(endpoint.method.lower())
        if operation is None:
            continue
        shown = sample(endpoint.anchor)
        content = operation["responses"][str(shown.status)]["content"]["application/json"]
        content.setdefault("examples", {})["Real"] = {"summary": "A real answer", "value": shown.answer}
    return result
