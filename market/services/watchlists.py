"""Making and changing watchlists."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from core.errors import Conflict, FieldError, ValidationFailed
from engines.exchange.naming import normalise_key
from market.constants import MAX_WATCHLIST_SYMBOLS, MAX_WATCHLISTS
from market.models import Watchlist
from market.services.providers import registry


def watchlists_of(*, owner: User) -> QuerySet[Watchlist]:
    """Return the owner's lists, oldest first."""
    return Watchlist.objects.filter(owner=owner)


@transaction.atomic
def watchlist_create(*, owner: User, name: str, symbols: Sequence[str]) -> Watchlist:
    """Make a list. Raises Conflict for a name in use or too many lists, ValidationFailed for unknown symbols."""
    User.objects.select_for_update().get(pk=owner.pk)
    if Watchlist.objects.filter(owner=owner).count() >= MAX_WATCHLISTS:
        raise Conflict(f"You have {MAX_WATCHLISTS} watchlists already; delete one first.")
    watchlist = Watchlist(owner=owner, name=name, symbols=checked_symbols(symbols))
    return _save(watchlist)


@transaction.atomic
def watchlist_replace(*, watchlist: Watchlist, name: str, symbols: Sequence[str]) -> Watchlist:
    """Give the list this name and exactly these symbols, in this order."""
    watchlist.name, watchlist.symbols = name, checked_symbols(symbols)
    return _save(watchlist)


def watchlist_delete(*, watchlist: Watchlist) -> None:
    watchlist.delete()


def checked_symbols(symbols: Sequence[str]) -> list[str]:
    """Return canonical ``EXCHANGE:SYMBOL`` keys without repeats; every symbol nobody knows is named with its place."""
    keys, faults = [], []
    for index, text in enumerate(symbols):
        try:
            keys.append(normalise_key(text))
        except ValueError as exc:
            keys.append("")
            faults.append(_fault(index, str(exc)))
    known = registry().known([key for key in keys if key])
    faults += [_fault(index, f"{key} is not known.") for index, key in enumerate(keys) if key and key not in known]
    if faults:
        raise ValidationFailed(errors=sorted(faults, key=lambda row: row["loc"][1]))
    distinct = list(dict.fromkeys(keys))
    if len(distinct) > MAX_WATCHLIST_SYMBOLS:
        row: FieldError = {"loc": ["symbols"], "msg": f"At most {MAX_WATCHLIST_SYMBOLS} symbols.", "type": "max_length"}
        raise ValidationFailed(errors=[row])
    return distinct


def _fault(index: int, message: str) -> FieldError:
    return {"loc": ["symbols", index], "msg": message, "type": "unknown_symbol"}


def _save(watchlist: Watchlist) -> Watchlist:
    try:
        with transaction.atomic():
            watchlist.save()
    except IntegrityError:
        raise Conflict(f"You have a watchlist named '{watchlist.name}' already.") from None
    return watchlist
