"""The engine's own tables: which version the catalogue has, and what each change makes worthless."""

from django.db import models


class DataVersion(models.Model):
    """How often the catalogue has changed: one row, or none while it never has.  See `engine.version`."""

    number = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.number)


class InvalidationLog(models.Model):
    """One change, by its data version: the records whose documents no longer hold.  See `engine.dropping`."""

    version = models.BigIntegerField(primary_key=True)
    rows = models.JSONField()
    """Ids by table, as in `{"catalogue.agency": [44]}`; null for all ids."""

    def __str__(self) -> str:
        return str(self.version)
