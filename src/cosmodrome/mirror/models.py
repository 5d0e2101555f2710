"""The tables of the mirror: calls and their holder beside the catalogue, progress and digests within it.

Calls are recorded in the database of counts (see `database.routers`), so that recording one never waits for a
load.  What tells how far a sweep has come is in the catalogue's database: it is written in the transaction
of the page that it tells of.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

LONGEST_KEY = 36
"""Characters of a record's id: that of a launch is a UUID."""


class UpstreamCall(models.Model):
    """One HTTP request to the upstream.  It counts from its begin until the rate's period after its end."""

    began = models.DateTimeField(db_index=True)
    ended = models.DateTimeField(null=True)
    """When the answer came, or none; null while the call is under way, or if its process died."""
    path = models.TextField()
    """The path with its query, which never has a token."""
    purpose = models.CharField(max_length=20)
    """A value of `budget.Purpose`."""
    caller = models.CharField(max_length=16, default="")
    """Whose request it passes on, as a text that does not tell the address; empty for the plan's own."""
    status = models.PositiveSmallIntegerField(null=True)
    """The HTTP status; null without an answer."""
    retry_at = models.DateTimeField(null=True)
    """The instant before which the upstream wants no further call; null if it did not say so."""

    def __str__(self) -> str:
        return f"{self.began} {self.path}"


class SyncHolder(models.Model):
    """The process that syncs this database, in one row; no row if none does."""

    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started = models.CharField(max_length=40)
    """When the process started, as the system tells it: another one may have got the same number since."""
    since = models.DateTimeField()
    seen = models.DateTimeField()
    """The real time at which the process last said that it lives."""

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"


class ResourceSync(models.Model):
    """How far the copy of a resource has come."""

    resource = models.CharField(max_length=60, primary_key=True)
    """The path of the endpoint, as in `config/countries`."""
    upstream = models.TextField()
    """The address that all of this is about."""
    count = models.PositiveIntegerField(null=True)
    """The number of records that the upstream told last; null before the first page."""
    sweep_began = models.DateTimeField(null=True)
    """When the sweep that is under way began; null between sweeps."""
    next_offset = models.PositiveIntegerField(null=True)
    """The offset of the next page of the sweep; null between sweeps."""
    search_low = models.PositiveIntegerField(null=True)
    search_high = models.PositiveIntegerField(null=True)
    """The pages of the sweep among which one is searched for that has changed; null if none is."""
    complete_as_of = models.DateTimeField(null=True)
    """The moment at which the last consistent sweep began; null before there was one."""
    refreshed_as_of = models.DateTimeField(null=True)
    """The moment up to which changes were asked for by `last_updated__gte`; null if never."""
    wanted_since = models.DateTimeField(null=True)
    """When the run began that has not finished with the resource yet; null if none is under way."""
    next_due = models.DateTimeField(null=True)
    """When the schedule wants the next call for the resource; null if it has not said so."""

    def __str__(self) -> str:
        return self.resource


class SweptPage(models.Model):
    """A page of the sweep of a resource that is under way; deleted at its end."""

    resource = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    """The place of the page in the sweep, from 0 on."""
    offset = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    """The number of records of the resource that the page told."""
    keys = models.JSONField()
    """The ids that the page has added to those of the pages before it, in its order."""
    fetched = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "number"], name="one_page_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.number}"


class RecordDigest(models.Model):
    """The digest of a record when it was last taken in: one with the same digest is not written again."""

    resource = models.CharField(max_length=60)
    key = models.CharField(max_length=LONGEST_KEY)
    digest = models.CharField(max_length=32)
    growing = models.JSONField(default=list)
    """The values that grow with time, in seconds, as of `read`; the digest is without them."""
    read = models.DateTimeField()
    """The moment as of which the record was taken in."""
    is_gone = models.BooleanField(default=False)
    """Whether a sweep has found that the upstream has it no more, and other records still need it here."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "key"], name="one_digest_a_record")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.key}"


class SetAside(models.Model):
    """A record that could not be taken in.  It is reported, and tried again whenever it is read."""

    resource = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    """The id of the record, or its place on the page if it has none."""
    page = models.TextField()
    """The path of the page with its query."""
    sentence = models.TextField()
    """A sentence about the first thing that is wrong, with its record and field."""
    record = models.JSONField(null=True)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "key"], name="one_aside_a_record")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.key}"


class PassedAnswer(models.Model):
    """An answer of the upstream to a request that was passed on; kept until the resource is complete."""

    key = models.CharField(max_length=32, primary_key=True)
    """A digest of the target."""
    target = models.TextField()
    """The path with its query, in one form for all requests that ask for the same."""
    path = models.CharField(max_length=60)
    """The path of the resource or endpoint, below the version."""
    status = models.PositiveSmallIntegerField(null=True)
    """200, or 404 for a record that the upstream does not have; null before the first answer."""
    body = models.BinaryField(default=b"")
    """The text of the answer, compressed, with marks for the host and the format; of a page its records."""
    size = models.PositiveIntegerField(default=0)
    """The bytes of the body."""
    count = models.PositiveIntegerField(default=0)
    """The records that the list has; 0 for anything else."""
    read_at = models.DateTimeField(null=True)
    claimed = models.DateTimeField(null=True)
    """The real time since when a process passes the request on; null if none does."""

    def __str__(self) -> str:
        return self.target
