"""Let the database itself refuse changes of audit entries.

PostgreSQL refuses UPDATE and DELETE; TRUNCATE, which only the owner of the table may do, is left for retention.
SQLite, where the embedded server is its only user, refuses UPDATE: there DELETE is also how a table is emptied.
"""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit entries are never changed or deleted'; END $$
    """,
    """
    CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER core_audit_append_only BEFORE UPDATE ON core_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or deleted'); END
    """
]
UNDO = {
    "postgresql": ["DROP TRIGGER core_audit_append_only ON core_auditentry", "DROP FUNCTION core_audit_refuse()"],
    "sqlite": ["DROP TRIGGER core_audit_append_only"],
}


def forwards(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for statement in UNDO.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
