"""Templates: written in the engine, kept as rows so that runs and portfolios are bound to versions of them too.

A template is addressed by its number or its name (``v3_dip_buyer``). Its rows are brought up to the engine's text when
templates are first asked for after a release; a changed text is a new version, older runs keep theirs.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import transaction

from core import clock
from engines.strategy.templates import TEMPLATES
from signals.models import Strategy
from signals.services.strategies.language import ReadStrategy, read_body
from signals.services.strategies.saving import template_put


def ensure_templates() -> None:
    """Make the rows of all templates say what the engine says. One query when they do."""
    stored = dict(Strategy.objects.filter(is_template=True).values_list("slug", "current__body"))
    stale = {slug: read for slug, read in _wanted().items() if stored.get(slug) != read.canonical}
    if not stale:
        return
    now = clock.now()
    with transaction.atomic():
        for slug, read in stale.items():
            template_put(slug=slug, read=read, now=now)


@cache
def _wanted() -> dict[str, ReadStrategy]:
    return {slug: read_body(body) for slug, body in bodies().items()}


def bodies() -> dict[str, Mapping[str, Any]]:
    """Return the templates' bodies by name, in the engine's order."""
    return {key: template.body for key, template in TEMPLATES.items()}


def about(slug: str | None) -> dict[str, Any]:
    """Return what a template's page says beside its rules: ``literature`` and ``sensitivity``."""
    template = TEMPLATES.get(slug or "")
    return {} if template is None else {"literature": template.literature, "sensitivity": dict(template.grid)}
