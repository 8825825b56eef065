"""manage.py create_user EMAIL --password P [--admin]"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.users import user_ensure
from core.errors import PlatformError


class Command(BaseCommand):
    help = "Make a user, or set the password and role of an existing one. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--admin", action="store_true", help="may use the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, created = user_ensure(
                email=options["email"], password=options["password"], is_admin=options["admin"], name=options["name"]
            )
        except PlatformError as exc:
            raise CommandError(exc.detail) from None
        self.stdout.write(f"{'Created' if created else 'Updated'} {user.email}{' (admin)' if user.is_staff else ''}.")
