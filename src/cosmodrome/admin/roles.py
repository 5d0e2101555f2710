"""Roles: what the owner of an account may do in the admin."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The name of a role, and of its group."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


RIGHTS: dict[Role, tuple[str, ...]] = {
    Role.VIEWER: ("view",),
    Role.EDITOR: ("view", "add", "change", "delete"),
}
"""Django's words for what a role may do with each record.

An owner may do everything: so far, what an editor may.
"""
