"""Named lists of instruments as they stood on a date."""

from django.db import models

from market.models.instruments import Instrument


class Universe(models.Model):
    """A named list, such as ``nifty_100``."""

    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UniverseSnapshot(models.Model):
    """The members from ``as_of`` on, until the next snapshot."""

    universe = models.ForeignKey(Universe, models.CASCADE, related_name="snapshots")
    as_of = models.DateField()
    source = models.CharField(max_length=80)

    class Meta:
        ordering = ("universe", "-as_of")
        constraints = (models.UniqueConstraint(fields=("universe", "as_of"), name="universe_snapshot_once"),)

    def __str__(self) -> str:
        return f"{self.universe} {self.as_of}"


class UniverseMember(models.Model):
    """An instrument in a snapshot, with the sector the list gave it."""

    snapshot = models.ForeignKey(UniverseSnapshot, models.CASCADE, related_name="members")
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="memberships")
    sector = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("snapshot", "instrument")
        constraints = (models.UniqueConstraint(fields=("snapshot", "instrument"), name="universe_member_once"),)

    def __str__(self) -> str:
        return f"{self.snapshot_id}:{self.instrument_id}"
