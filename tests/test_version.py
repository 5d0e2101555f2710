"""The data version grows with each change, and with nothing else."""

from __future__ import annotations

import pytest
from django.db import transaction

from cosmodrome.access.tokens import make_token
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.changes.versions import data_version
from cosmodrome.derived.materialised.refresh import derive_all

pytestmark = pytest.mark.django_db(databases="__all__")


class OnPurpose(Exception):
    """Ends a change."""


def rename(name: str) -> None:
    with atomic_change() as change:
        Agency.objects.filter(pk=121).update(name=name)
        change.after_write(Agency, [121])


def test_it_grows_with_each_change() -> None:
    versions = [data_version()]
    for number in range(5):
        rename(f"{number}")
        versions.append(data_version())
    assert versions == sorted(set(versions))


def test_it_is_raised_by_deriving_everything() -> None:
    before = data_version()
    derive_all()
    assert data_version() > before


def test_it_comes_back_with_a_change_that_fails_and_its_number_is_not_given_again() -> None:
    before = data_version()
    with pytest.raises(OnPurpose), transaction.atomic():
        rename("never")
        undone = data_version()
        raise OnPurpose
    assert data_version() == before < undone
    rename("then")
    assert data_version() > undone


def test_what_is_not_of_the_catalogue_leaves_it() -> None:
    before = data_version()
    make_token("bot", None)
    assert data_version() == before
