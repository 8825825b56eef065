"""Composition root: settings, addresses, ASGI, Celery, the embedded server. Imports all, imported by none."""

from tradeplatform.celery import app as celery_app

__all__ = ["celery_app"]
