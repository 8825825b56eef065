"""Making and deleting runs."""

import zlib
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.db.models import F

from accounts.models import User
from backtest import constants as limits
from backtest.lifecycle import State
from backtest.models import Analysis, Run, Tries
from backtest.services import engine
from backtest.services.documents import document, encoded, rows
from backtest.services.gate import Deadline, place
from backtest.services.jobs import wake
from backtest.services.plans import Plan
from core import audit, clock, events
from core.errors import Conflict


def run_create(*, owner: User, plan: Plan, now: datetime) -> bytes:
    """Run a plan, store the result, start its analysis; return the run as it is answered.

    Raises what `signals.services.strategies.compiled.prepared` raises, Conflict when the owner has too many runs.
    """
    if Run.objects.filter(owner=owner).count() >= limits.MAX_RUNS:
        raise Conflict(f"You have {limits.MAX_RUNS} backtest runs already; delete some first.")
    deadline = Deadline(limits.RUN_DEADLINE_S)
    with place():
        ready = engine.prepare(plan, now=now)
        deadline.check()
        made = document(engine.outcome(plan, ready))
        deadline.check()
        return body_of(_store(owner, plan, made, now), made)


@transaction.atomic
def _store(owner: User, plan: Plan, made: dict[str, Any], now: datetime) -> Run:
    run_hash = made["provenance"]["hash"]
    known, kept = _known(owner, run_hash)
    is_new = known is None and not Run.objects.filter(owner=owner, hash=run_hash).exists()
    run = Run.objects.create(
        owner=owner,
        strategy_id=plan.strategy_id,
        version_id=plan.version_id,
        name=plan.name,
        universe=plan.universe,
        start_date=made["summary"]["start_date"],
        end_date=made["summary"]["end_date"],
        hash=run_hash,
        request={**plan.stored(), "data_version": made["provenance"]["data_version"]},
        summary=made["summary"],
        flags=made["flags"],
        data_source=made["data_source"],
        document=kept or encoded(made),
        created_at=now,
    )
    if is_new:
        tries_add(owner, 1)
    run.analysis = _analysis(run, known, now)
    return run


def _known(owner: User, run_hash: str) -> tuple[dict[str, Any] | None, bytes | None]:
    """Return analysis and document of an equal run of the owner: the same hash has the same bytes."""
    found = Analysis.objects.filter(run__owner=owner, run__hash=run_hash, status=State.DONE.value)
    row = found.values_list("result", "run__document").first()
    return (None, None) if row is None else (row[0], bytes(row[1]))


def _analysis(run: Run, known: dict[str, Any] | None, now: datetime) -> Analysis:
    total = limits.BASELINES + 4
    if known is not None:
        ended = {"status": State.DONE.value, "result": known, "done": total, "finished_at": now}
        return Analysis.objects.create(run=run, total=total, created_at=now, changed_at=now, **ended)
    analysis = Analysis.objects.create(run=run, total=total, created_at=now, changed_at=now)
    wake("analysis", analysis)
    return analysis


@transaction.atomic
def run_delete(*, run: Run, now: datetime) -> None:
    """Delete a run and its analysis; it still counts as a try."""
    facts = {"run_id": run.pk, "owner_id": run.owner_id, "name": run.name}
    audit.record(actor=run.owner, action=limits.EVENT_RUN_DELETED, object=run, data={"name": run.name}, at=now)
    events.record(limits.EVENT_RUN_DELETED, payload=facts, aggregate=run)
    run.delete()


def tries_add(owner: User, count: int) -> None:
    """Count tries of a person."""
    Tries.objects.get_or_create(owner=owner)
    Tries.objects.filter(owner=owner).update(count=F("count") + count)


def tries_of(owner_id: int) -> int:
    """Return how many different backtests a person has tried."""
    return Tries.objects.filter(owner_id=owner_id).values_list("count", flat=True).first() or 0


def body_of(run: Run, content: dict[str, Any] | None = None) -> bytes:
    """Return a run as it is answered: what is stored, with number, state and analysis round it."""
    shown = {
        "id": run.pk,
        "status": "done",
        "strategy_id": run.strategy_id,
        "name": run.name,
        "universe": run.universe,
        **rows(content or content_of(run)),
        "created_at": clock.isoformat_z(run.created_at),
        "analysis": analysis_out(run.analysis),
    }
    return encoded(shown)


def analysis_out(analysis: Analysis) -> dict[str, Any]:
    """Return how far the analysis is, and what it found."""
    state = {"status": analysis.status, "done": analysis.done, "total": analysis.total}
    error = {"error": analysis.error} if analysis.error else {}
    return {**state, **error, **(analysis.result or {})}


def content_of(run: Run) -> dict[str, Any]:
    """Return the stored document, its tables by column."""
    return orjson.loads(raw(run))


def raw(run: Run) -> bytes:
    """Return the document's bytes."""
    data = bytes(run.document)
    return data if data.startswith(b"{") else zlib.decompress(data)


def pack(run: Run) -> None:
    """Compress the stored document to a sixth: done by the job after the run, which nobody waits for."""
    data = bytes(run.document)
    if data.startswith(b"{"):
        Run.objects.filter(pk=run.pk).update(document=zlib.compress(data, 6))
