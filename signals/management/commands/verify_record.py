"""``manage.py verify_record``: walk along the Record's chain of hashes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from signals.services.record import verify


class Command(BaseCommand):
    help = "Check that no line of the Record (signals, tier changes) was changed, removed or put in."

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify()
        if not found.ok:
            raise CommandError(
                f"Line {found.broken_at} of the Record is not as it was written: {found.reason} "
                f"The {found.checked} lines before it are right (up to hash {found.head}). "
                "Compare with a backup; nothing is repaired by itself."
            )
        self.stdout.write(f"{found.checked} lines, every one as it was written. Hash of the last: {found.head}")
