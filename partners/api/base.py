"""What all operations of the partner surface share: key, limit, envelope, repeated requests, test scenarios."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any

import orjson
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Text  # noqa: F401 - the other fields of this surface stand here
from accounts.authentication import authorization, bearer
from accounts.services.client import client_of
from core import clock
from core.api.responses import dumps
from core.errors import (
    Code,
    Conflict,
    FieldError,
    Forbidden,
    InternalError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unauthenticated,
    ValidationFailed,
)
from core.ratelimit import Decision
from partners.authentication import PartnerKeyAuthentication
from partners.constants import WINDOW_S, Environment
from partners.models import ApiKey, Partner
from partners.services.idempotency import (
    Held,
    NotYet,
    idempotency_begin,
    idempotency_drop,
    idempotency_end,
    sealed,
    unsealed,
)
from partners.services.usage import request_counted

REPLAYED = "Idempotency-Replayed"
SCENARIO_HEADER = "X-TC-Test-Scenario"


class Scenario(StrEnum):
    """Outcomes that a test key may force."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"
    STALE = "stale"
    ENGINE_ERROR = "engine_error"
    RATE_LIMITED = "rate_limited"


class PartnerKeyScheme(OpenApiAuthenticationExtension):
    target_class = "partners.authentication.PartnerKeyAuthentication"
    name = "partner_key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tc_live_… or tc_test_…"}


class Methods(BaseMetadata):
    """What OPTIONS answers: the methods, in the envelope of the surface."""

    def determine_metadata(self, request: Request, view: APIView) -> dict[str, Any]:
        return {"success": True, "methods": view.allowed_methods}


class PartnerView(APIView):
    """An operation of the partner surface. Every answer says where the key stands with its limit.

    ``shows_secrets``: answers to POST hold a secret, so that what is kept of them is sealed.
    """

    shows_secrets = False
    authentication_classes = (PartnerKeyAuthentication,)
    metadata_class = Methods
    decision: Decision | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then count. The body is read first, as its bytes may be needed after it is parsed."""
        _ = request._request.body
        self.perform_authentication(request)
        if isinstance(request.auth, ApiKey):
            now = clock.now()
            self.decision = request_counted(key=request.auth, now=now)
            if scenario_of(request) is Scenario.RATE_LIMITED:
                self.decision = _used_up(self.decision, now)
            if not self.decision.allowed:
                raise _limited(self.decision)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.decision is not None:
            for name, value in self.decision.headers().items():
                answer.headers.setdefault(name, value)
        return answer

    @property
    def key(self) -> ApiKey:
        """The key the request came with."""
        assert isinstance(self.request.auth, ApiKey)
        return self.request.auth

    @property
    def partner(self) -> Partner:
        """Whose key it is."""
        return self.key.partner

    def who(self) -> dict[str, Any]:
        """Return actor, address and time, as services take them."""
        return {"actor": f"key:{self.key.prefix}", "ip": client_of(self.request._request).ip, "now": clock.now()}


class AdminView(PartnerView):
    """An operation for keys of partners that provision others. Test keys never do."""

    shows_secrets = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.partner.is_admin or self.key.environment != Environment.LIVE:
            raise Forbidden("This endpoint requires an admin key.")


@extend_schema(exclude=True)
class UnknownAddress(PartnerView):
    """What is not there. With a key that works it counts as a request and says where the key stands, as all do."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        with suppress(Unauthenticated):
            super().initial(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound(f"There is nothing at {request.path}.")

    options = http_method_not_allowed

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        del answer.headers["Allow"]  # no method is
        return answer


def scenario_of(request: Request) -> Scenario | None:
    """Return the outcome a test key asks for; live keys ask for none. Raises InvalidRequest for an unknown one."""
    key, name = request.auth, request.headers.get(SCENARIO_HEADER)
    if name is None or not isinstance(key, ApiKey) or key.environment != Environment.TEST:
        return None
    try:
        return Scenario(name.strip().lower())
    except ValueError:
        raise InvalidRequest(f"{SCENARIO_HEADER}: choose one of {', '.join(Scenario)}.") from None


def engine_scenario(request: Request) -> Scenario | None:
    """Return the scenario for an engine; raise what ``engine_error`` asks for."""
    scenario = scenario_of(request)
    if scenario is Scenario.ENGINE_ERROR:
        raise InternalError("The engine failed, as the test scenario asks.", code=Code.ENGINE_ERROR)
    return scenario


def _used_up(decision: Decision, now: datetime) -> Decision:
    """Return what a client meets whose requests are used up: nothing remains, and the first leaves in a minute."""
    if not decision.allowed:
        return decision
    wait = timedelta(seconds=WINDOW_S)
    return replace(decision, allowed=False, remaining=0, reset_at=now + wait, retry_after_s=wait.total_seconds())


def _limited(decision: Decision) -> RateLimited:
    wait_s = decision.retry_after_s or WINDOW_S
    return RateLimited(f"The limit is {decision.limit} requests a minute. Wait {wait_s:.0f} s.", retry_after_s=wait_s)


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Let a POST with an ``Idempotency-Key`` be repeated: the same request gets the first answer again."""

    @wraps(method)
    def post(self: PartnerView, request: Request, *args: Any, **kwargs: Any) -> Response:
        header = request.headers.get("Idempotency-Key")
        if header is None:
            return method(self, request, *args, **kwargs)
        held = idempotency_begin(
            partner=self.partner, environment=self.key.environment, key=header, method="POST",
            path=request.path, body=request._request.body, now=clock.now(),
        )  # fmt: skip
        return _replayed(self, held) if held.stored else _answered(self, held, method, request, *args, **kwargs)

    return post


def _replayed(view: PartnerView, held: Held) -> Response:
    assert held.stored is not None
    status, answer = held.stored
    if view.shows_secrets:
        answer = unsealed(held, answer, api_key=_api_key(view))
    return Response(orjson.loads(answer), status=status, headers={REPLAYED: "true"})


def _answered(
    view: PartnerView, held: Held, method: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
) -> Response:
    """Answer for the first time, and keep what is final: not a failure of ours, nor a refusal that may pass."""
    is_final = True
    try:
        try:
            response = method(view, request, *args, **kwargs)
        except Exception as exc:
            is_final = not isinstance(exc, Conflict | NotYet)
            response = view.handle_exception(exc)  # raises what it does not know
    except BaseException:
        idempotency_drop(held=held)
        raise
    if not is_final or response.status_code >= 500:
        idempotency_drop(held=held)
        return response
    answer = dumps(response.data)
    if view.shows_secrets:
        answer = sealed(held, answer, api_key=_api_key(view))
    idempotency_end(held=held, status=response.status_code, answer=answer)
    return response


def _api_key(view: PartnerView) -> str:
    return bearer(authorization(view.request) or "") or ""


class Body(serializers.Serializer):
    """A request body. A key nobody knows is a fault, so that a typing error does not pass for a value."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            fault = serializers.ErrorDetail("This field is not known.", code="unknown_field")
            raise serializers.ValidationError({str(name)[:60]: [fault] for name in unknown[:25]})
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON number without a fraction; neither a text nor ``true``."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Real(serializers.FloatField):
    """A JSON number; neither a text nor ``true``."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """An ISO 8601 time with its zone."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(data[:60] if isinstance(data, str) else "")
            moment = moment.astimezone(UTC) if moment.tzinfo is not None else moment
        except (ValueError, OverflowError):
            raise serializers.ValidationError("It is no ISO 8601 time.", code="invalid") from None
        if moment.tzinfo is None:
            raise serializers.ValidationError("Its zone is missing: write Z or +05:30 behind it.", code="invalid")
        return moment


def parsed(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated body; a fault is 400 and names its place."""
    data = serializer_class(data=request.data)
    data.is_valid(raise_exception=True)
    return data.validated_data


def place(row: str, index: int, name: str, message: str) -> ValidationFailed:
    """Return the fault of one row of a list: ``holdings[3].qty``."""
    error: FieldError = {"loc": [row, index, name], "msg": message, "type": "invalid"}
    return ValidationFailed(errors=[error])


SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9&._-]{0,39}", re.ASCII)
