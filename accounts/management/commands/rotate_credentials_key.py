"""manage.py rotate_credentials_key"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.vault import keyring, rotate


class Command(BaseCommand):
    help = "Seal stored credentials anew under the first of CREDENTIALS_KEYS. Safe to repeat and to interrupt."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate()
        self.stdout.write(
            f"Key {keyring()[0].id}: {done.resealed} sealed anew, {done.current} were under it already, "
            f"{done.unreadable} cannot be opened by any key."
        )
        if done.unreadable:
            raise CommandError("Add the keys that are missing to CREDENTIALS_KEYS and run this again.")
