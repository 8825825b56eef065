"""What past I-Scores of this installation were found to say of the returns that followed, in words."""

from typing import Any, Final

from engines.iscore.tables import params_hash
from market.pages.figures import signed
from signals.models import IScoreValidation
from signals.services.iscore.scoring import reference_if_any

_HORIZONS: Final = {"1_month": "next month", "3_months": "next three months"}
_UNFITTED: Final = "None of the numbers is fitted to returns."


def validation_of(source: str) -> IScoreValidation | None:
    """Return the newest measurement of the universe in which stocks are ranked, on prices of the same source.

    One of a part of it, made with ``--universe``, is no word about the scores that pages show.
    """
    if not source:
        return None
    return IScoreValidation.objects.filter(data_source=source, universe=reference_if_any()).first()


def measured(validation: IScoreValidation | None) -> list[tuple[str, str]]:
    """Return the rank correlations of a measurement in words, with their bounds of 95 %."""
    return [(label, _bounds(one)) for label, one in _correlations(validation)]


def _correlations(validation: IScoreValidation | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the rank correlations that have bounds, with what they are about."""
    if validation is None:
        return []
    found = [(label, validation.result["horizons"][name]["rank_ic"]) for name, label in _HORIZONS.items()]
    return [(label, one) for label, one in found if None not in (one["mean"], one["low"], one["high"])]


def _bounds(one: dict[str, Any]) -> str:
    mean, low, high = (signed(one[part], 3) for part in ("mean", "low", "high"))
    return f"{mean} (95%: {low} to {high})"


def measured_words(source: str) -> str:
    """Return whether high scores were followed by better returns, as measured here on prices of ``source``."""
    validation = validation_of(source)
    prices = "simulated prices" if source == "simulated" else "the prices that stocks are ranked by"
    if validation is None:
        return (
            f"{_UNFITTED} Whether a high score was followed by better returns is not measured here yet on {prices}; "
            "manage.py iscore_validation measures it."
        )
    found = _correlations(validation)
    what = (
        f"{validation.months} month ends of {validation.universe}, {_day(validation.first_session)} to "
        f"{_day(validation.last_session)}"
    )
    if not found:
        return f"{_UNFITTED} Measured here on {prices} ({what}): too few months to tell whether a score says anything."
    numbers = "; ".join(f"{label} {_bounds(one)}" for label, one in found)
    return (
        f"{_UNFITTED} Measured here on {prices} ({what}): {_verdict(found)} "
        f"Rank correlation with the returns that followed: {numbers}.{_caveats(validation)}"
    )


def _verdict(found: list[tuple[str, dict[str, Any]]]) -> str:
    better = [label for label, one in found if one["low"] > 0.0]
    worse = [label for label, one in found if one["high"] < 0.0]
    said = []
    if better:
        said.append(f"a higher score was followed by better returns ({', '.join(better)}).")
    if worse:
        said.append(f"a higher score was followed by worse returns ({', '.join(worse)}).")
    return " And ".join(said) or "no edge was found: zero lies within all bounds."


def _caveats(validation: IScoreValidation) -> str:
    said = ""
    if validation.result.get("survivorship_biased"):
        said += " The list of members is younger than the first month, which flatters the result."
    if validation.params_hash != params_hash():
        said += " The tables of the score have changed since."
    return said


def _day(day: Any) -> str:
    return f"{day.day} {day:%b %Y}"
