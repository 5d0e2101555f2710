"""Every resource in every mode answers as it did: whole answers, compared byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Api
from cosmodrome.resources.registry import RESOURCES

GOLDEN = Path(__file__).parent / "golden"
LISTS = [(path, mode) for path, resource in RESOURCES.items() for mode in resource.modes]


def golden_file(path: str, kind: str) -> Path:
    return GOLDEN / f"{path.replace('/', '.')}.{kind}.json"


def compare(file: Path, text: str, accept: bool) -> None:
    if accept:
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"no golden answer yet: scripts/test --accept writes {file.name}"
    assert text == file.read_text(encoding="utf-8"), "scripts/test --accept keeps the change"


@pytest.mark.parametrize(("path", "mode"), LISTS)
def test_a_list_answers_as_it_did(api: Api, path: str, mode: str, accept: bool) -> None:
    answer = api.json(path, mode=mode, limit=100)
    compare(golden_file(path, mode), json.dumps(answer, ensure_ascii=False, indent=1) + "\n", accept)


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_a_record_answers_in_its_fullest_shape(api: Api, path: str) -> None:
    """The golden list in the fullest mode holds the same records."""
    resource = RESOURCES[path]
    mode = "detailed" if "detailed" in resource.modes else "normal"
    listed = api.json(path, mode=mode, limit=100)["results"]
    assert listed
    for record in listed[-3:]:  # the last are those with everything, with nothing, and with something
        assert api.json(f"{path}/{record['id']}") == record


def test_no_golden_answer_is_left_over() -> None:
    expected = {golden_file(path, mode) for path, mode in LISTS}
    assert set(GOLDEN.glob("*.json")) == expected
