"""What a delivery was for is known after its subscription was deleted too."""

from django.db import migrations, models
from django.db.models import F


def fill(apps, schema_editor):
    deliveries = apps.get_model("partners", "Delivery").objects.using(schema_editor.connection.alias)
    deliveries.filter(subscription__isnull=False).update(subscription_number=F("subscription_id"))
    # Of a deleted one: the cause of what was not a test begins with its number.
    for row in deliveries.filter(subscription__isnull=True).exclude(cause__startswith="test:").only("cause").iterator():
        number = row.cause.partition(":")[0]
        if number.isdecimal():
            deliveries.filter(pk=row.pk).update(subscription_number=int(number))


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0004_sandbox'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='subscription_number',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
