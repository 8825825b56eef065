"""``manage.py import_news FILE``"""

from signals.management.inputs import InputCommand
from signals.services.iscore.imports import import_news


class Command(InputCommand):
    help = (
        "Import headlines about companies: symbol, date, time (India), headline; optional url, publisher. They count "
        "for I-Scores of sessions that closed after they were published. Running it again changes nothing."
    )
    whose = "whose headlines these are"
    importer = staticmethod(import_news)
