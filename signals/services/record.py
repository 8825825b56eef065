"""The Record: an append-only ledger, each line bound to the one before it by its hash.

What is hashed (SHA-256) is the canonical JSON, as UTF-8, of ``[sequence, kind, subject, at, key, payload, previous]``:
sorted keys, no blanks, ``at`` in UTC with microseconds, ``payload`` as the stored text, ``previous`` the hash of the
line before and 64 zeros before the first. Anybody with the lines can repeat it: `hashed_instant` is how ``at`` is
written, in the hash and in the API.

A writer locks the head row until its transaction ends, so that lines are numbered in the order in which they are
committed; where a lock does not exist (SQLite) its transaction holds the database. The unique sequence and previous
hash refuse a fork whatever happens.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from core.plain import require_plain
from signals.models.record import RecordEntry, RecordHead

GENESIS: Final = "0" * 64
_HEAD: Final = 1
_CHUNK: Final = 2_000


class RecordConflict(ValueError):
    """A line of this key is there already and says something else."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found.

    ``ok``: every line is as it was written. ``checked``: lines that are right, from the first on. ``head``: the hash of
    the last of them; who notes it today can tell tomorrow that nothing before it was changed. ``broken_at``: sequence
    of the first line that is not as it was written, and ``reason`` in words.
    """

    ok: bool
    checked: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def canonical(value: object) -> str:
    """Return the one JSON text of plain values: sorted keys, no blanks, characters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def append(*, kind: str, subject: str, payload: Mapping[str, Any], at: datetime, key: str | None = None) -> RecordEntry:
    """Write one line in the caller's transaction and return it; the line of the same key, if it is there already.

    ``payload``: plain JSON values. ``at``: when it happened, aware. ``key``: by default kind, subject and instant.
    Other writers wait until the transaction ends, so append last and do nothing slow afterwards. Raises
    TransactionManagementError outside a transaction, RecordConflict if the key's line has another content.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A line is recorded in the transaction of what it tells of.")
    plain = dict(payload)
    require_plain(plain, "payload")
    if at.tzinfo is None:
        raise ValueError("A line of the Record needs an instant with a zone.")
    text = canonical(plain)
    known_by = key or f"{kind}:{subject}:{hashed_instant(at)}"
    head = _locked_head()
    found = RecordEntry.objects.filter(key=known_by).first()
    if found is not None:
        return _same(found, kind, subject, text)
    sequence = head.sequence + 1
    digest = line_hash(sequence, kind, subject, at, known_by, text, head.hash)
    entry = RecordEntry.objects.create(
        sequence=sequence, kind=kind, subject=subject, at=at, key=known_by, payload=text,
        previous_hash=head.hash, hash=digest,
    )  # fmt: skip
    RecordHead.objects.filter(pk=_HEAD).update(sequence=sequence, hash=digest)
    return entry


def line_hash(sequence: int, kind: str, subject: str, at: datetime, key: str, payload: str, previous_hash: str) -> str:
    """Return the hash of a line; ``payload`` is its canonical text."""
    hashed = canonical([sequence, kind, subject, hashed_instant(at), key, payload, previous_hash])
    return hashlib.sha256(hashed.encode()).hexdigest()


def hashed_instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _locked_head() -> RecordHead:
    head = RecordHead.objects.select_for_update().filter(pk=_HEAD).first()
    if head is None:
        RecordHead.objects.bulk_create([RecordHead(pk=_HEAD, sequence=0, hash=GENESIS)], ignore_conflicts=True)
        head = RecordHead.objects.select_for_update().get(pk=_HEAD)
    return head


def _same(found: RecordEntry, kind: str, subject: str, text: str) -> RecordEntry:
    if (found.kind, found.subject, found.payload) != (kind, subject, text):
        raise RecordConflict(f"Line #{found.sequence} has the key {found.key!r} and says something else.")
    return found


def verify() -> Verification:
    """Walk along the chain from its first line and tell whether every line is as it was written.

    Writers go on meanwhile; they wait only for the end, which is looked at together with the head.
    """
    found = _walk(Verification(True, 0, GENESIS))
    if not found.ok:
        return found
    with transaction.atomic():
        head = RecordHead.objects.select_for_update().filter(pk=_HEAD).first()
        found = _walk(found)
    return found if not found.ok else _compared(found, head)


def _walk(so_far: Verification) -> Verification:
    count, last = so_far.checked, so_far.head
    # From the first line there is, not from sequence 1: a line put in before it must be met as well.
    lines = RecordEntry.objects.filter(sequence__gt=count) if count else RecordEntry.objects.all()
    for line in lines.order_by("sequence", "id").iterator(_CHUNK):
        fault = _fault(line, count + 1, last)
        if fault:
            return Verification(False, count, last, count + 1, fault)
        count, last = count + 1, line.hash
    return Verification(True, count, last)


def _compared(found: Verification, head: RecordHead | None) -> Verification:
    """Judge the end of the chain by the head row."""
    end, digest = (head.sequence, head.hash) if head else (0, GENESIS)
    if found.checked < end:
        words = f"The Record ends before this line, but {end} lines were written."
        return Verification(False, found.checked, found.head, found.checked + 1, words)
    if found.checked > end or digest != found.head:
        words = "The Record's last line is not the one that was written last."
        return Verification(False, found.checked, found.head, max(end, 1), words)
    return found


def _fault(line: RecordEntry, expected: int, last: str) -> str:
    """Return what is wrong with a line, or nothing."""
    if line.sequence != expected:
        return f"Line {expected} is missing; the next one there is {line.sequence}."
    if line.previous_hash != last:
        return "It does not follow on the line before it."
    values = (line.sequence, line.kind, line.subject, line.at, line.key, line.payload, line.previous_hash)
    if line.hash != line_hash(*values):
        return "Its content does not match its hash: it was changed after it was written."
    return ""


def head() -> tuple[int, str]:
    """Return how many lines there are and the hash of the last one, empty before the first; nothing is verified."""
    found = RecordHead.objects.filter(pk=_HEAD).first()
    return (found.sequence, found.hash) if found and found.sequence else (0, "")


def entries(*, kind: str = "", subject: str = "") -> QuerySet[RecordEntry]:
    """Return the lines, newest first, of one kind or about one subject if asked."""
    found = RecordEntry.objects.order_by("-sequence")
    if kind:
        found = found.filter(kind=kind)
    return found.filter(subject=subject.upper()) if subject else found
