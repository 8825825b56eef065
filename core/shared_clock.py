"""The clock that the machines of a deployment share: the database's.

Leases are measured with it, since two machines whose own clocks are apart by more than a lease would both hold one.
"""

from datetime import datetime

from django.db import connection

from core import clock


def shared_now() -> datetime:
    """Return the present instant by the clock of PostgreSQL, aware, shifted and held like `clock.now`.

    SQLite has the clock of this machine, the only one that opens its file. Raises what the database raises.
    """
    if connection.vendor != "postgresql":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return clock.shifted(cursor.fetchone()[0])
