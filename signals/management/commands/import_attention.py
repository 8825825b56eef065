"""``manage.py import_attention FILE``"""

from signals.management.inputs import InputCommand
from signals.services.iscore.imports import import_attention


class Command(InputCommand):
    help = (
        "Import daily counts about companies: symbol, date, and page_views or delivery_pct (percent of the volume that "
        "was delivered), or both. Files of prices with a delivery_pct column will do. The report counts cells."
    )
    whose = "whose counts these are; each source is kept apart"
    importer = staticmethod(import_attention)
