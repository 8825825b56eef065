"""Kept I-Scores as a table for strategies: unknown where none was kept, never worked out with today's inputs."""

import hashlib
from collections.abc import Iterator

import numpy as np

from engines.iscore.scaling import Floats
from engines.panel import PricePanel
from engines.strategy.nodes import Condition, Indicator, Operand, Strategy, children, roots
from signals.models import IScoreSnapshot

NAME = "iscore"
_CHUNK = 20_000


def uses_scores(rules: Strategy) -> bool:
    """Tell whether any rule of a strategy asks for the I-Score."""
    return any(isinstance(node, Indicator) and node.name == NAME for _, root in roots(rules) for node in _below(root))


def _below(node: Condition | Operand) -> Iterator[Condition | Operand]:
    yield node
    for _, part in children(node):
        yield from _below(part)


def stored_scores(panel: PricePanel) -> tuple[dict[str, Floats], str]:
    """Return ({"iscore": (T, N)}, digest) of the scores kept for the panel's sessions from its source of prices.

    A score of a session was worked out from what was known at its close, so it may decide what is bought at the next
    open. Nothing kept: ({}, ""), and the I-Score is unknown everywhere.
    """
    days = panel.dates.astype("datetime64[D]")
    rows = IScoreSnapshot.objects.filter(
        data_source=panel.source, session__gte=days[0].item(), session__lte=days[-1].item(), iscore__isnull=False
    ).values_list("session", "instrument__exchange", "instrument__symbol", "iscore")
    column = {symbol: at for at, symbol in enumerate(panel.symbols)}
    row_of = {day: at for at, day in enumerate(days.tolist())}
    table = np.full(panel.shape, np.nan)
    for session, exchange, symbol, score in rows.iterator(_CHUNK):
        at, number = row_of.get(session), column.get(f"{exchange}:{symbol}")
        if at is not None and number is not None:
            table[at, number] = score
    if np.isnan(table).all():
        return {}, ""
    return {NAME: table}, hashlib.sha256(table.tobytes()).hexdigest()[:20]
