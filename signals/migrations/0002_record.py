"""The Record and its triggers.

As for audit entries (core 0002): PostgreSQL refuses UPDATE and DELETE of a line, SQLite UPDATE; there DELETE is also how
a table is emptied, and a line that is gone breaks the chain.
"""

from django.db import migrations, models

POSTGRESQL = [
    """
    CREATE FUNCTION signals_record_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'lines of the Record are never changed or deleted'; END $$
    """,
    """
    CREATE TRIGGER signals_record_append_only BEFORE UPDATE OR DELETE ON signals_recordentry
    FOR EACH ROW EXECUTE FUNCTION signals_record_refuse()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER signals_record_append_only BEFORE UPDATE ON signals_recordentry
    BEGIN SELECT RAISE(ABORT, 'lines of the Record are never changed or deleted'); END
    """
]
UNDO = {
    "postgresql": [
        "DROP TRIGGER signals_record_append_only ON signals_recordentry",
        "DROP FUNCTION signals_record_refuse()",
    ],
    "sqlite": ["DROP TRIGGER signals_record_append_only"],
}


def forwards(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for statement in UNDO.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("signals", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RecordHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField(default=0)),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="RecordEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField(unique=True)),
                ("kind", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=160, unique=True)),
                ("payload", models.TextField()),
                ("previous_hash", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "verbose_name_plural": "record entries",
                "ordering": ("-sequence",),
                "indexes": [
                    models.Index(fields=["kind", "-sequence"], name="record_by_kind"),
                    models.Index(fields=["subject", "-sequence"], name="record_by_subject"),
                ],
            },
        ),
        migrations.RunPython(forwards, backwards),
    ]
