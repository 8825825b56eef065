"""OpenAPI: names for the inline serializers of views, and the error answers every operation shares."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from core.api.errors import PARTNER, Surface, surface_of

_MEANINGS = {
    "400": "A bad query parameter or a broken business rule.",
    "401": "No credential, or one that is not valid here.",
    "403": "Known, but not allowed; or a write from another site.",
    "404": "Absent, or somebody else's.",
    "405": "The address takes other methods; see `Allow`.",
    "409": "Conflicts with the present state.",
    "413": "The body is too large.",
    "415": "The content type is not supported.",
    "422": "The body breaks its schema; `errors` names every place.",
    "429": "Too many requests; see `Retry-After`.",
    "500": "Unexpected failure; quote `request_id`.",
    "503": "No source can answer now; safe to retry.",
}


class AutoSchema(SpectacularSchema):
    """Give nested ``Input``/``Output`` serializers of a view the view's name, so that components do not collide."""

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and part != "api"]
        return [parts[0] if parts else "system"]

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        cls = serializer if isinstance(serializer, type) else type(serializer)
        if cls.__name__ in ("Input", "Output", "Query"):
            return cls.__qualname__.split(".")[0].removesuffix("Api") + cls.__name__
        return super()._get_serializer_name(serializer, direction, bypass_extensions)


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.SessionAuthentication"
    name = "kite_session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "kite_session"}


def add_common_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Document the errors that any operation may answer, each with its meaning and body."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = _ERROR
    schemas["ValidationError"] = _VALIDATION_ERROR
    schemas["PartnerError"] = _PARTNER_ERROR
    for path, operations in result.get("paths", {}).items():
        if (surface := surface_of(path)) is None:
            continue
        for method, operation in operations.items():
            operation.setdefault("security", [])  # public: said, not left out
            for status in _statuses(method, operation, surface):
                ref = "PartnerError" if surface is PARTNER else "ValidationError" if status == "422" else "Error"
                content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ref}"}}}
                answer = {"description": _MEANINGS[status], "content": content}
                operation["responses"].setdefault(status, answer)
    return result


def _statuses(method: str, operation: dict[str, Any], surface: Surface) -> list[str]:
    statuses = ["400", "404", "405", "429", "500", "503"]
    if any(operation["security"]):
        statuses += ["401", "403"]
    if method in ("post", "put", "patch"):
        statuses += ["403", "409", "413", "415", "422"]
    return sorted({status for status in statuses if surface is not PARTNER or status != "422"})  # there it is 400


_ERROR = {
    "type": "object",
    "required": ["detail", "code", "request_id"],
    "properties": {
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "description": "For programs; branch on this."},
        "request_id": {"type": "string"},
    },
}
_PARTNER_ERROR = {
    "type": "object",
    "required": ["success", "error", "code", "request_id"],
    "properties": {
        "success": {"type": "boolean", "enum": [False]},
        "error": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "description": "For programs; `/api/partner/v1/errors` lists them."},
        "request_id": {"type": "string"},
    },
}
_VALIDATION_ERROR = {
    "type": "object",
    "required": ["detail", "code", "request_id", "errors"],
    "properties": {
        **_ERROR["properties"],
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
}
