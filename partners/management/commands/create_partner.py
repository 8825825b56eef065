"""manage.py create_partner NAME [--webhook-url U] [--plan P] [--admin] [--test] --json"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.errors import PlatformError
from partners.constants import Environment, Plan
from partners.services.partners import partner_create


class Command(BaseCommand):
    help = "Make a partner with its first key and its webhook secret; both are printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--webhook-url", default="")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.DEFAULT.value)
        parser.add_argument("--contact-email", default="")
        parser.add_argument("--admin", action="store_true", help="its keys may provision partners")
        parser.add_argument("--test", action="store_true", help="make a test key instead of a live one")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = partner_create(
                name=options["name"], actor="command", now=clock.now(), plan=options["plan"],
                contact_email=options["contact_email"], webhook_url=options["webhook_url"], is_admin=options["admin"],
                environment=Environment.TEST if options["test"] else Environment.LIVE,
            )  # fmt: skip
        except PlatformError as exc:
            raise CommandError(exc.detail) from None
        told = {"partner_id": made.partner.pk, "key": made.key.text, "webhook_secret": made.webhook_secret}
        text = json.dumps(told) if options["json"] else "\n".join(f"{name}: {value}" for name, value in told.items())
        self.stdout.write(text)
