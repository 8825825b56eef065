"""``manage.py import_candles FILE... --interval day --exchange NSE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.constants import Basis, Interval, ObservedEvery
from market.management.imports import ImportCommand, add_exchange
from market.services.candle_imports import import_candles
from market.services.imports import CandleOptions, ImportReport


class Command(ImportCommand):
    help = (
        "Import bars from CSV, CSV.gz or Parquet: symbol, date or timestamp, open, high, low, close, volume; also the "
        "exchange's own end-of-day files. Closes without bars, of days or weeks, are kept as "
        "closes. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        intervals = [*Interval.values, ObservedEvery.WEEK.value]
        parser.add_argument("--interval", choices=intervals, default=Interval.DAY.value)
        add_exchange(parser)
        parser.add_argument("--symbol", default="", help="for files that hold one symbol and do not name it")
        parser.add_argument("--basis", choices=Basis.values, default=Basis.RAW.value)
        parser.add_argument("--source", default="import", help="kite, icici, yahoo, or a name of your own")
        parser.add_argument("--replace", action="store_true", help="let a bar that differs replace the stored one")
        parser.add_argument("--dry-run", action="store_true", help="judge and report, keep nothing")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        chosen = CandleOptions(
            interval=options["interval"],
            exchange=options["exchange"],
            symbol=options["symbol"],
            basis=options["basis"],
            source=options["source"],
            replace=options["replace"],
            dry_run=options["dry_run"],
        )
        return import_candles(path=path, options=chosen, now=clock.now(), progress=self.progress)
