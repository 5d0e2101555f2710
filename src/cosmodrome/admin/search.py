"""The search of lists in the admin, bounded: each word is a condition of the statement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.utils.text import smart_split

MOST_WORDS = 20


def has_too_many_words(text: str) -> bool:
    """Whether a search has more words than are looked for."""
    return sum(1 for _ in smart_split(text)) > MOST_WORDS


def check_words(text: str) -> None:
    """Raises ValidationError for a search of too many words."""
    if has_too_many_words(text):
        raise ValidationError(f"Search for at most {MOST_WORDS} words.")


class SearchForm(ChangeListSearchForm):
    """The input above a list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {SEARCH_VAR: forms.CharField(required=False, strip=False, validators=[check_words])}


class RecordList(ChangeList):
    """The rows of a list; a search that is refused says why, and all rows are shown."""

    search_form_class = SearchForm
