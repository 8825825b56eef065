"""What the imports of I-Scores' inputs have in common: whose numbers they are, and on which exchange."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from core import clock
from market.management.imports import ImportCommand, add_exchange
from market.services.imports import ImportReport


class InputCommand(ImportCommand):
    """Imports files with ``importer``. ``whose``: what ``--source`` names."""

    importer: ClassVar[Callable[..., ImportReport]]
    whose: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_exchange(parser)
        parser.add_argument("--source", default="import", help=self.whose)

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        chosen = {"source": options["source"], "exchange": options["exchange"]}
        return type(self).importer(path=path, **chosen, now=clock.now(), progress=self.progress)
