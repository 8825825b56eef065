"""Making, changing, sharing and deleting strategies."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit, events
from core.errors import Conflict, FieldError, ValidationFailed
from signals.constants import (
    EVENT_DELETED,
    EVENT_SHARED,
    EVENT_UNSHARED,
    MAX_STRATEGIES,
    MAX_VERSIONS,
    NAME_LENGTH,
    REPLACEMENT_KEYS,
)
from signals.models import Strategy, StrategyVersion
from signals.services.strategies.language import ReadStrategy, read_body, words_of

#: Says what keeps a strategy from being deleted: the names of those that use it, empty if nothing does.
Protector = Callable[[Strategy], Sequence[str]]
_protectors: list[Protector] = []


def register_protector(protector: Protector) -> None:
    """Let ``protector`` keep strategies from being deleted; every noun that runs strategies registers one."""
    if protector not in _protectors:
        _protectors.append(protector)


def protected_by(strategy: Strategy) -> list[str]:
    """Return the names of what uses the strategy now."""
    return [name for protector in _protectors for name in protector(strategy)]


@transaction.atomic
def strategy_create(*, owner: User, body: Mapping[str, Any], now: datetime) -> Strategy:
    """Make a strategy with its first version. Raises ValidationFailed with every fault's place, Conflict when full."""
    return _make(owner=owner, read=read_body(body), forked_from=None, now=now)


@transaction.atomic
def strategy_replace(*, strategy: Strategy, body: Mapping[str, Any], now: datetime) -> Strategy:
    """Give the strategy these rules as a new version; what the body leaves out returns to its default.

    Raises ValidationFailed for a body without what a full replacement needs, or with faults.
    """
    missing = [key for key in REPLACEMENT_KEYS if key not in body]
    if missing:
        rows: list[FieldError] = [
            {"loc": [key], "msg": "This field is required: PUT replaces the whole strategy.", "type": "required"}
            for key in missing
        ]
        raise ValidationFailed(errors=rows)
    read = read_body(body)
    locked = Strategy.objects.select_for_update().get(pk=strategy.pk)
    last = locked.versions.order_by("-number").values_list("number", flat=True).first() or 0
    if last >= MAX_VERSIONS:
        raise Conflict(f"This strategy has {MAX_VERSIONS} versions already; fork it to go on.")
    return _put_version(locked, read, number=last + 1, now=now)


@transaction.atomic
def strategy_fork(*, source: Strategy, owner: User, name: str | None, now: datetime) -> Strategy:
    """Copy the current version of a strategy the owner may see into one of his own."""
    version = current_version(source)
    body = dict(version.body) | {"name": name or _copy_name(source.name), "is_active": True}
    return _make(owner=owner, read=read_body(body), forked_from=version, now=now)


@transaction.atomic
def strategy_share(*, strategy: Strategy, is_public: bool | None, now: datetime) -> Strategy:
    """Share with everybody or stop sharing; without a value the other of the two."""
    locked = Strategy.objects.select_for_update().get(pk=strategy.pk)
    wanted = not locked.is_public if is_public is None else is_public
    if wanted != locked.is_public:
        locked.is_public, locked.updated_at = wanted, now
        locked.save(update_fields=["is_public", "updated_at"])
        _tell(locked, EVENT_SHARED if wanted else EVENT_UNSHARED, now)
    return locked


@transaction.atomic
def strategy_delete(*, strategy: Strategy, now: datetime) -> None:
    """Delete a strategy with its versions; runs keep what they were made of. Raises Conflict naming who uses it."""
    locked = Strategy.objects.select_for_update().get(pk=strategy.pk)
    if names := protected_by(locked):
        raise Conflict(f"The strategy is used by active portfolios: {', '.join(names)}. Retire them first.")
    _tell(locked, EVENT_DELETED, now)
    locked.delete()


def current_version(strategy: Strategy) -> StrategyVersion:
    """Return the version in force. Raises Conflict for a strategy whose rules are gone."""
    if strategy.current is None:
        raise Conflict("The strategy has no rules.")
    return strategy.current


def _make(*, owner: User, read: ReadStrategy, forked_from: StrategyVersion | None, now: datetime) -> Strategy:
    User.objects.select_for_update().get(pk=owner.pk)
    if Strategy.objects.filter(owner=owner).count() >= MAX_STRATEGIES:
        raise Conflict(f"You have {MAX_STRATEGIES} strategies already; delete one first.")
    strategy = Strategy(owner=owner, forked_from=forked_from, created_at=now, updated_at=now)
    strategy.save()
    return _put_version(strategy, read, number=1, now=now)


def _put_version(strategy: Strategy, read: ReadStrategy, *, number: int, now: datetime) -> Strategy:
    version = StrategyVersion.objects.create(
        strategy=strategy,
        number=number,
        body=read.canonical,
        hash=read.hash,
        sentence=words_of(read.rules)["sentence"],
        created_at=now,
    )
    rules = read.rules
    strategy.name, strategy.description = rules.name, rules.description
    strategy.base_model, strategy.is_active = rules.base_model or "", rules.is_active
    strategy.current, strategy.updated_at = version, now
    strategy.save()
    return strategy


def template_put(*, slug: str, read: ReadStrategy, now: datetime) -> Strategy:
    """Bring a template's row to these rules, as a new version where they changed. Runs inside a transaction."""
    strategy, _ = Strategy.objects.select_for_update().get_or_create(
        slug=slug, defaults={"is_template": True, "name": read.rules.name, "created_at": now, "updated_at": now}
    )
    last = strategy.versions.order_by("-number").first()
    if last is not None and last.hash == read.hash and last.body == read.canonical:
        return strategy
    return _put_version(strategy, read, number=last.number + 1 if last else 1, now=now)


def _copy_name(name: str) -> str:
    return f"{name[: NAME_LENGTH - 7]} (copy)"


def _tell(strategy: Strategy, kind: str, now: datetime) -> None:
    facts = {"strategy_id": strategy.pk, "owner_id": strategy.owner_id, "name": strategy.name}
    audit.record(actor=strategy.owner or "system", action=kind, object=strategy, data={"name": strategy.name}, at=now)
    events.record(kind, payload=facts, aggregate=strategy)
