"""The one clock.  Nothing else in the code asks what time it is.

Tests and `COSMODROME_NOW` stop it by the Django setting `CLOCK_STOPPED_AT`.
"""

from datetime import UTC, datetime

from django.conf import settings


def now() -> datetime:
    """The present instant, in UTC; the instant at which the clock was stopped, if it was."""
    stopped_at: datetime | None = settings.CLOCK_STOPPED_AT
    return stopped_at or datetime.now(UTC)


def read_instant(text: str) -> datetime:
    """`2024-05-01T00:00:00Z`, an offset instead of the Z, or a date (its midnight, UTC).

    An instant without a zone is UTC.  Raises ValueError, with a sentence, on anything else.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant.replace(tzinfo=instant.tzinfo or UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:80]!r} is not an instant: write one like 2024-05-01T00:00:00Z, or a date"
        ) from None


def write_instant(instant: datetime) -> str:
    """The wire's form of an instant: UTC, whole seconds, a closing Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
