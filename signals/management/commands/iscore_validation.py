"""``manage.py iscore_validation``: how past I-Scores related to the returns that followed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.errors import PlatformError
from signals.models import IScoreValidation
from signals.services.iscore.validation import validate


class Command(BaseCommand):
    help = (
        "Work out the I-Scores of past month ends from what was known then, and compare them with the excess returns "
        "of the next one and three months: rank correlation, spread of the tiers, turnover, with bootstrap intervals. "
        "The result is kept and shown in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--universe",
            default="",
            help="whose members are measured, by default those of the one stocks are ranked in",
        )
        parser.add_argument(
            "--months", type=int, default=84, help="how many past month ends, by default 84; at least 2"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        def progress(stage: str, done: int, total: int) -> None:
            if options["verbosity"] and done % 12 == 0:
                self.stderr.write(f"  {stage} month {done + 1} of {total}")

        if options["months"] < 2:
            raise CommandError("--months: at least 2 are needed")
        try:
            found = validate(universe=options["universe"], months=options["months"], now=clock.now(), progress=progress)
        except PlatformError as error:
            raise CommandError(error.detail) from None
        for line in lines(found):
            self.stdout.write(line)


def lines(found: IScoreValidation) -> list[str]:
    """Return a validation in words."""
    counts = found.result["stocks_scored"]
    what = f"{found.universe}, {found.data_source}, {found.months} month ends"
    when = f"{found.first_session} to {found.last_session}"
    out = [f"{what} {when}, {counts['least']} to {counts['most']} stocks scored"]
    for horizon, part in found.result["horizons"].items():
        out.append(f"  next {horizon.replace('_', ' ')}:")
        out.append(f"    rank correlation {_interval(part['rank_ic'])}")
        out.append(f"    BUY and better less SELL {_interval(part['buy_minus_sell'])}")
        for tier, row in part["tiers"].items():
            mean = "none" if row["mean_excess"] is None else f"{row['mean_excess']:+.4f}"
            out.append(f"    {tier:<10} mean excess return {mean}, n {row['n']}")
        out += [f"    {name:<15} rank correlation {_interval(one)}" for name, one in part["components"].items()]
    out.append(f"  turnover of tiers a month: {found.result['turnover']}")
    if found.result["survivorship_biased"]:
        out.append("  survivorship bias: the list of members is younger than the first month")
    return out


def _interval(one: dict[str, Any]) -> str:
    if one["mean"] is None:
        return f"not measurable ({one['months']} months)"
    bounds = "" if one["low"] is None else f" (95 % from {one['low']:+.4f} to {one['high']:+.4f})"
    return f"{one['mean']:+.4f}{bounds}, {one['months']} months"
