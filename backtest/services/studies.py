"""Asking for sweeps and walk-forward tests, cancelling and deleting them."""

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from backtest import constants as limits
from backtest.lifecycle import ACTIVE
from backtest.models import Study
from backtest.services import jobs
from backtest.services.plans import Plan
from core import audit
from core.errors import Conflict, FieldError, InvalidRequest, ValidationFailed
from signals.services.strategies.language import bound


def parameter_sets(
    plan: Plan, *, parameters: Mapping[str, Any], sets: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Return the sets of numbers to try: every combination of ``parameters``, or ``sets`` as they are.

    ``parameters``: values by name, a list or ``{from, to, step}``. Raises InvalidRequest beyond the limit,
    ValidationFailed naming a number that does not exist or does not fit.
    """
    if bool(parameters) == bool(sets):
        raise _fault(["parameters"], "Give either parameters or sets.", "required")
    if sets:
        found = [dict(one) for one in sets]
    else:
        grid = {name: values_of(name, spec) for name, spec in parameters.items()}
        if math.prod(len(values) for values in grid.values()) > limits.MAX_SETS:
            raise InvalidRequest(f"A sweep has at most {limits.MAX_SETS:,} parameter sets.")
        found = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    if len(found) > limits.MAX_SETS:
        raise InvalidRequest(f"A sweep has at most {limits.MAX_SETS:,} parameter sets, not {len(found):,}.")
    for at, one in enumerate(found):
        check_set(plan, one, ["sets", at] if sets else ["parameters"])
    return found


def values_of(name: str, spec: Any) -> list[float]:
    """Return the values of one parameter. Raises ValidationFailed."""
    if isinstance(spec, list) and spec and all(_is_number(value) for value in spec):
        return [float(value) for value in spec]
    if isinstance(spec, dict) and set(spec) == {"from", "to", "step"} and all(map(_is_number, spec.values())):
        low, high, step = float(spec["from"]), float(spec["to"]), float(spec["step"])
        if step > 0 and low <= high and (high - low) / step < limits.MAX_SETS:
            return [round(low + at * step, 10) for at in range(int((high - low) / step + 1e-9) + 1)]
    fault = "Must be a list of numbers, or {from, to, step} with step more than 0 and from not above to."
    raise _fault(["parameters", name[:60]], fault, "invalid")


def check_set(plan: Plan, values: Mapping[str, float], place: list[str | int]) -> None:
    """Raise ValidationFailed when a set names what does not exist, or a number does not fit."""
    bad = [name for name, value in values.items() if not _is_number(value)]
    if bad:
        raise _fault([*place, bad[0][:60]], "Must be a number.", "invalid")
    known = {*plan.rules.parameters, *limits.RUN_NUMBERS}
    if unknown := [name for name in values if name not in known]:
        declared = ", ".join(sorted(plan.rules.parameters)) or "none"
        fault = f"Is no parameter of the strategy (declared: {declared}) and none of {', '.join(limits.RUN_NUMBERS)}."
        raise _fault([*place, unknown[0][:60]], fault, "unknown_parameter")
    ranges = {"position_size_pct": (0.01, 100), "max_positions": (1, 500), "max_per_sector": (0, 500)}
    for name, (low, high) in {**ranges, "slippage_bps": (0, 1_000)}.items():
        if name in values and not low <= values[name] <= high:
            raise _fault([*place, name], f"Must lie between {low} and {high}.", "invalid")
    bound(plan.rules, plan.varied(values).params, at=(*place, "params"))


@transaction.atomic
def study_create(*, owner: User, plan: Plan, kind: str, total: int, request: Mapping[str, Any], now: datetime) -> Study:
    """Write the row of a sweep or walk-forward test and wake a worker. Raises Conflict when there are too many."""
    User.objects.select_for_update().get(pk=owner.pk)
    own = Study.objects.filter(owner=owner)
    if own.filter(status__in=[state.value for state in ACTIVE]).count() >= limits.MAX_ACTIVE_STUDIES:
        raise Conflict(f"{limits.MAX_ACTIVE_STUDIES} sweeps and tests of yours are not finished yet; cancel one.")
    if own.count() >= limits.MAX_STUDIES:
        raise Conflict(f"You have {limits.MAX_STUDIES} sweeps and tests already; delete some first.")
    study = Study.objects.create(
        owner=owner,
        kind=kind,
        strategy_id=plan.strategy_id,
        version_id=plan.version_id,
        name=plan.name,
        universe=plan.universe,
        request={**plan.stored(), **request},
        total=total,
        created_at=now,
        changed_at=now,
    )
    jobs.wake("study", study)
    return study


@transaction.atomic
def study_cancel(*, study: Study, by: str, now: datetime) -> bool:
    """Cancel what is not finished; what it has done stays. Returns whether there was anything to cancel."""
    if not jobs.cancel(study, now=now):
        return False
    audit.record(actor=by, action=f"backtest.{study.kind}_cancelled", object=study, user_id=study.owner_id, at=now)
    study.refresh_from_db()
    return True


@transaction.atomic
def study_delete(*, study: Study, now: datetime) -> None:
    """Delete a finished sweep or test."""
    audit.record(actor=study.owner, action=f"backtest.{study.kind}_deleted", object=study, at=now)
    study.delete()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15


def _fault(loc: list[str | int], message: str, kind: str) -> ValidationFailed:
    row: FieldError = {"loc": loc, "msg": message, "type": kind}
    return ValidationFailed(errors=[row])
