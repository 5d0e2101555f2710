"""The groups of Django that roles are: each has the permissions of its role for every table of the admin."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, transaction

from cosmodrome.admin.roles import RIGHTS, Role
from cosmodrome.admin.site import CATALOGUE, site


def make_groups() -> None:
    """Makes the groups, or brings those that exist up to date with the tables of this version."""
    tables = [model for model in apps.get_app_config(CATALOGUE).get_models() if site.is_registered(model)]
    kinds = ContentType.objects.get_for_models(*tables)
    for role in Role:
        group, _ = Group.objects.get_or_create(name=role)
        names = [f"{right}_{model._meta.model_name}" for right in RIGHTS.get(role, ()) for model in tables]
        group.permissions.set(Permission.objects.filter(content_type__in=kinds.values(), codename__in=names))


def make_groups_after_migrating(using: str, **_: Any) -> None:
    """Called by Django when the tables of the catalogue, and the permissions for them, have been made."""
    if using == DEFAULT_DB_ALIAS:
        make_groups()


def give_role(user: User, role: Role) -> None:
    """Gives an account a role, in place of the one it has, and saves it."""
    with transaction.atomic():
        make_groups()
        user.is_superuser = role is Role.OWNER
        user.save()
        user.groups.set(Group.objects.filter(name=role))


def role_of(user: User) -> Role | None:
    """The role of an account; None if it has none.  Accounts from before there were roles are owners."""
    if user.is_superuser:
        return Role.OWNER
    names = set(user.groups.values_list("name", flat=True)) if user.pk else set()
    return next((role for role in reversed(Role) if role in names), None)
