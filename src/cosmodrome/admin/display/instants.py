"""Instants in forms: in UTC, which the inputs say."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AdminSplitDateTime


class UtcDateTime(AdminSplitDateTime):
    """Django's inputs for a date and a time, of which the time says UTC."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return {**context, "time_label": "Time (UTC):"}
