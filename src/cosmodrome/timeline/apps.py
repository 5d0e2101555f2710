"""The Django app of timelines and calendars: it has no tables."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """Registers the calendars of lists."""

    name = "cosmodrome.timeline"

    def ready(self) -> None:
        """Called once by Django, when every table is there."""
        from cosmodrome.resources.registry import FORMATS
        from cosmodrome.timeline.lists import CALENDARS

        FORMATS.update(CALENDARS)
