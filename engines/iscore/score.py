"""The I-Score of a universe on one session."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engines.figures import number
from engines.iscore import words
from engines.iscore.combine import Combined, Component, combine, component, raw_tier
from engines.iscore.context import market_context
from engines.iscore.qualitative import qualitative
from engines.iscore.quantitative import quantitative
from engines.iscore.recent import recent
from engines.iscore.risk import risk
from engines.iscore.scaling import Flags, Floats
from engines.iscore.search import search
from engines.iscore.tables import (
    ENGINE_VERSION,
    INSUFFICIENT_DATA,
    LEAST_CONFIDENCE,
    MARKET_CONTEXT,
    QUALITATIVE,
    QUANTITATIVE,
    RISK,
    SEARCH,
    TREND,
    WEIGHTS,
    params_hash,
)
from engines.iscore.trend import trend
from engines.iscore.types import Inputs, Sub

FACTORS: Final = 5
_SUMMARY_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of N stocks on one session. ``result(i)`` gives one of them in plain values.

    ``member``: (N,) who belongs to the reference universe. ``total``: (N,) sum of the effective weights.
    """

    symbols: tuple[str, ...]
    as_of: str
    data_source: str
    subs: dict[str, list[Sub]]
    components: dict[str, Component]
    combined: Combined
    total: Floats
    member: Flags

    def result(self, at: int) -> dict[str, Any]:
        """Return everything about stock number ``at`` as plain JSON values, null where it does not exist."""
        score, confidence = number(self.combined.iscore[at], 2), number(self.combined.confidence[at], 2)
        parts = {name: self._component(name, at) for name in WEIGHTS}
        insufficient = score is None or confidence is None or confidence < LEAST_CONFIDENCE
        return {
            "symbol": self.symbols[at],
            "iscore": score,
            "confidence": confidence,
            "recommendation": None if score is None or confidence is None else raw_tier(score, confidence),
            "code": INSUFFICIENT_DATA if insufficient else None,
            "summary": self._summary(at, score, parts),
            "components": parts,
            "score_factors": [entry["text"] for entry in _ranked(parts)[:FACTORS]] if score is not None else [],
            "coverage": float(self.combined.coverage[at]),
            "dispersion": number(self.combined.dispersion[at], 3),
            "missing_inputs": [f"{name}.{one}" for name, part in parts.items() for one in part["missing"]],
            "as_of_session": self.as_of,
            "data_source": self.data_source,
            "engine_version": ENGINE_VERSION,
            "params_hash": params_hash(),
        }

    def _entries(self, name: str, at: int) -> list[dict[str, Any]]:
        """``points``: what the sub-score adds to the score above or below 50; they sum up to score - 50."""
        part = self.components[name]
        effective, total = float(part.effective[at]), float(self.total[at])
        present = [one for one in self.subs[name] if one.known(at)]
        inside = sum(float(one.weight[at] * one.cover[at]) for one in present)
        found = []
        for one in present:
            score, value = float(one.score[at]), float(one.value[at])
            share = effective / total * float(one.weight[at] * one.cover[at]) / inside if total and inside else 0.0
            found.append(
                {
                    "component": name,
                    "input": one.name,
                    "title": words.TITLES[one.name],
                    "score": round(score, 1),
                    "value": number(value, 6),
                    "share": round(share, 4),
                    "points": round(share * (score - 50.0), 3),
                    "text": words.factor_words(one.name, value, score, one.note.get(at, "")),
                }
            )
        return found

    def _component(self, name: str, at: int) -> dict[str, Any]:
        part = self.components[name]
        entries = sorted(self._entries(name, at), key=lambda entry: (-abs(entry["points"]), entry["input"]))
        missing = [one.name for one in self.subs[name] if one.weight[at] > 0.0 and not one.known(at)]
        return {
            "title": words.component_title(name),
            "score": number(part.score[at], 2),
            "weight": WEIGHTS[name],
            "effective_weight": float(part.effective[at]),
            "coverage": float(part.coverage[at]),
            "freshness": round(float(part.fresh[at]), 3),
            "factors": [entry["text"] for entry in entries],
            "inputs": entries,
            "missing": missing,
        }

    def _summary(self, at: int, score: float | None, parts: dict[str, dict[str, Any]]) -> str:
        if score is None:
            return "Too little is known for a score."
        weighed = sorted(
            (part["effective_weight"] * abs(part["score"] - 50.0), name)
            for name, part in parts.items()
            if part["score"] is not None and part["effective_weight"] > 0.0
        )
        said = [words.component_words(name, parts[name]["score"]) for _, name in reversed(weighed)]
        text = ", ".join([one for one in said if one][:_SUMMARY_PARTS]) or "nothing stands out"
        return f"{text[0].upper()}{text[1:]}."


def _ranked(parts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the known inputs of components that count, the heaviest |share·(score - 50)| first."""
    entries = [entry for part in parts.values() for entry in part["inputs"] if entry["share"] > 0.0]
    return sorted(entries, key=lambda entry: (-abs(entry["points"]), entry["component"], entry["input"]))


def session_row(inputs: Inputs) -> int:
    """Return the panel's row of ``as_of``. Raises ValueError for a day that is not a session of the panel."""
    days = inputs.panel.dates.astype("datetime64[D]")
    row = int(np.searchsorted(days, np.datetime64(inputs.as_of, "D"), side="right")) - 1
    if row < 0 or days[row] != np.datetime64(inputs.as_of, "D"):
        raise ValueError(f"{inputs.as_of} is not a session of the panel")
    return row


def score_universe(inputs: Inputs) -> Scores:
    """Return the scores of all stocks of the panel. Nothing after ``as_of`` is looked at."""
    last = session_row(inputs)
    reference = _reference(inputs, last)
    bars = recent(inputs.panel, last)
    index = None if inputs.index is None else inputs.index[: last + 1]
    subs = {
        QUALITATIVE: qualitative(inputs),
        QUANTITATIVE: quantitative(inputs, reference),
        TREND: trend(bars, reference),
        RISK: risk(bars, index, reference),
        SEARCH: search(inputs, bars),
        MARKET_CONTEXT: market_context(inputs, bars, reference, last),
    }
    components = {name: component(name, subs[name]) for name in WEIGHTS}
    return Scores(
        symbols=inputs.panel.symbols,
        as_of=inputs.as_of.isoformat(),
        data_source=inputs.panel.source,
        subs=subs,
        components=components,
        combined=combine(list(components.values())),
        member=reference,
        total=sum((part.effective for part in components.values()), np.zeros(len(inputs.panel.symbols))),
    )


def _reference(inputs: Inputs, last: int) -> Flags:
    return inputs.panel.member[last] if inputs.reference is None else inputs.reference
