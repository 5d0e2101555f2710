"""The tables behind `changes`: the data version, and the log of the rows that each change concerns."""

from django.db import models


class DataVersion(models.Model):
    """The data version, in one row; no row before the first change.  See `changes.versions`."""

    number = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.number)


class InvalidationLog(models.Model):
    """A change, by its data version: records whose fragments are dropped.  See `rendering.invalidation`."""

    version = models.BigIntegerField(primary_key=True)
    rows = models.JSONField()
    """Ids by table, as in `{"catalogue.agency": [44]}`; null means all ids."""

    def __str__(self) -> str:
        return str(self.version)
