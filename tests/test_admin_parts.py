"""Parts on the page of a record, when somebody else has changed them, or a request tells of too many."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cosmodrome.admin import introspection
from cosmodrome.admin.forms import PartFormSet
from cosmodrome.admin.site import site
from cosmodrome.changes.models import InvalidationLog
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.changes.versions import data_version
from cosmodrome.rendering.fragments import FragmentStore
from cosmodrome.rendering.invalidation import drop_changed
from test_admin import (  # noqa: F401 - fixtures
    TABLES,
    ada,
    admin,
    invented,
    no_wrong_passwords_yet,
    table,
    untouched,
    url,
)

RELATIONS = [relation for model in TABLES for relation in introspection.parts(model)]


def forms_of(sent: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The inputs of the parts of one kind."""
    return {name: value for name, value in sent.items() if name.startswith(f"{prefix}-")}


def test_the_forms_of_all_parts_are_of_one_kind() -> None:
    inlines = [inline for model in TABLES for inline in site.get_model_admin(model).parts]  # type: ignore[attr-defined]
    assert len(inlines) == len(RELATIONS) > 20
    assert {inline.formset for inline in inlines} == {PartFormSet}


@pytest.mark.parametrize("relation", [RELATIONS[0], RELATIONS[-1]], ids=str)
def test_a_part_of_another_record_is_not_taken_from_it(admin: Client, relation: Any) -> None:  # noqa: F811
    """As when it was moved there while the page was open."""
    part, owner = invented(relation.related_model), invented(relation.model)
    name = relation.field.name
    other = invented(relation.model)
    type(part)._default_manager.filter(pk=part.pk).update(**{name: owner})
    before = type(part)._default_manager.filter(pk=part.pk).values().get()
    prefix = relation.get_accessor_name()
    parts = forms_of(untouched(admin.get(url(relation.model, "change", owner.pk))), prefix)
    assert parts[f"{prefix}-INITIAL_FORMS"] == ["1"]
    address = url(relation.model, "change", other.pk)
    sent = {**untouched(admin.get(address)), **parts, f"{prefix}-0-{name}": str(other.pk)}
    answer = admin.post(address, sent)
    assert answer.status_code == 200
    assert "belongs to another record by now" in answer.content.decode()
    assert type(part)._default_manager.filter(pk=part.pk).values().get() == before


def test_more_parts_than_a_page_has_are_refused_at_once(admin: Client) -> None:  # noqa: F811
    model = table("Spacecraft")
    row = model.objects.earliest("pk")
    address = url(model, "change", row.pk)
    answer = admin.post(address, {**untouched(admin.get(address)), "flights-TOTAL_FORMS": "99999999"})
    [formset] = [
        each.formset for each in answer.context["inline_admin_formsets"] if each.formset.prefix == "flights"
    ]
    assert answer.status_code == 200
    assert formset.non_form_errors()
    assert len(formset.forms) == formset.max_num < 200


@pytest.mark.parametrize("path", ["/admin/catalogue/spacecraft/?q={}", "/admin/autocomplete/?{}"])
def test_a_search_for_thousands_of_words_is_refused(admin: Client, path: str) -> None:  # noqa: F811
    words = "+".join(["dragon"] * 3000)
    query = f"app_label=catalogue&model_name=spacecraftflight&field_name=spacecraft&term={words}"
    answer = admin.get(path.format(words if "q=" in path else query))
    assert answer.status_code == 200
    if "q=" in path:
        assert "Search for at most 20 words." in answer.content.decode()
    else:
        assert answer.json()["results"] == []


def test_a_row_without_an_id_is_never_announced(db: None) -> None:
    with pytest.raises(ValueError, match="without an id"), atomic_change() as change:
        change.after_write(table("Spacecraft"), [None])


def test_what_was_announced_wrong_fails_no_reader(db: None) -> None:
    """By a fault that an earlier version had: its log may still hold it."""
    versions = []
    for _ in range(2):
        with atomic_change() as change:
            change.after_write(table("Spacecraft"), [1])
        versions.append(data_version())
    InvalidationLog.objects.filter(pk=versions[1]).update(rows={"catalogue.spacecraft": ["None"]})
    drop_changed(FragmentStore(1_000_000), *versions)
