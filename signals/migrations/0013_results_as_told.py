"""Results in R get the places that the Record tells of them, as later ones are written."""

from django.db import migrations

PLACES = 3


def as_told(apps, schema_editor):
    signals = apps.get_model("signals", "FnoSignal").objects
    for pk, r in signals.exclude(r_multiple=None).values_list("pk", "r_multiple"):
        signals.filter(pk=pk).update(r_multiple=round(r, PLACES))


class Migration(migrations.Migration):
    dependencies = [("signals", "0012_names_for_people")]

    operations = [migrations.RunPython(as_told, migrations.RunPython.noop)]
