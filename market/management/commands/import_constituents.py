"""``manage.py import_constituents FILE --universe nifty_100 --as-of DATE``"""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from core import clock
from market.management.imports import ImportCommand, add_exchange, day
from market.services.imports import ImportReport
from market.services.panels import LONGEST_NAME
from market.services.universes import import_constituents


def name(text: str) -> str:
    """Return a universe's name. Raises ArgumentTypeError for one too long to be kept."""
    if len(text) > LONGEST_NAME:
        raise ArgumentTypeError(f"a name has at most {LONGEST_NAME} characters, this one has {len(text)}")
    return text


class Command(ImportCommand):
    help = "Import a list of members (Symbol; and Company Name, Industry, ISIN Code) as it stood on a date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--universe",
            required=True,
            type=name,
            help="name of the list, such as nifty_100: letters, digits, - and _; an unknown one is made",
        )
        parser.add_argument(
            "--as-of", required=True, type=day, metavar="YYYY-MM-DD", help="the day from which the list was in force"
        )
        add_exchange(parser)

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        return import_constituents(
            path=path,
            universe=options["universe"],
            as_of=options["as_of"],
            exchange=options["exchange"],
            now=clock.now(),
        )
