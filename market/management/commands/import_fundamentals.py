"""``manage.py import_fundamentals FILE --as-of DATE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.management.imports import ImportCommand, add_exchange, day
from market.services.fundamentals import FundamentalOptions, import_fundamentals
from market.services.imports import ImportReport


class Command(ImportCommand):
    help = (
        "Import figures of companies: symbol, a date (snapshot_date, announced_on, ...) or a period (fiscal_year, "
        "period_end), and one column for each figure. The report counts figures, that is cells that are not empty: "
        "read = added + changed + unchanged + conflict + rejected. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--as-of",
            type=day,
            metavar="YYYY-MM-DD",
            help="day on which the figures were public; needed when the file has no date and no period. A figure of a "
            "period counts from this day or 60 days after the period, the later; a date in the file goes first",
        )
        add_exchange(parser)
        parser.add_argument("--source", default="import", help="whose figures these are; each source is kept apart")
        parser.add_argument("--replace", action="store_true", help="let a figure that differs replace the stored one")
        parser.add_argument("--dry-run", action="store_true", help="judge and report, keep nothing")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        chosen = FundamentalOptions(
            as_of=options["as_of"],
            exchange=options["exchange"],
            source=options["source"],
            replace=options["replace"],
            dry_run=options["dry_run"],
        )
        return import_fundamentals(path=path, options=chosen, now=clock.now(), progress=self.progress)
