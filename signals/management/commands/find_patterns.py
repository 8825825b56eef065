"""``manage.py find_patterns``: search universes for patterns now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.errors import PlatformError
from market.services.snapshot import UNIVERSE


class Command(BaseCommand):
    help = "Search universes for candlestick and chart patterns, and print what each pattern has come to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "universes", nargs="*", default=[UNIVERSE], help=f"names of universes, by default {UNIVERSE}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from signals.services.patterns.reading import universe_patterns

        for universe in options["universes"]:
            try:
                found = universe_patterns(universe=universe, sessions=1, now=clock.now())
            except PlatformError as error:
                raise CommandError(error.detail) from None
            self.stdout.write(
                f"{found.universe}: {found.symbols} symbols, {found.sessions} sessions of {found.data_source} prices "
                f"to {found.as_of:%Y-%m-%d}, {len(found.signals)} patterns on the last"
            )
            for row in found.record:
                if row["n"]:
                    self.stdout.write(
                        f"  {row['title']}: {row['wins']} of {row['n']} ({100 * row['share']:.1f} %; "
                        f"chance is {100 * row['chance']:.1f} %)"
                    )
