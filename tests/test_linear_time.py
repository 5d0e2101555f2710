"""Reading what others have written takes time in proportion to its length, however it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any

import pytest

from cosmodrome import ingest
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.kinds import kind_of_text
from cosmodrome.ingest.values import json_values
from cosmodrome.time.clock import with_plus

LONG = 60_000
"""Characters of a hostile text: what takes the square of it takes seconds."""
MOST = 0.8
"""Seconds of a processor that one may take; a linear reading takes a few thousandths."""

PIECES = (
    *(
        "{",
        "[",
        "{}",
        "[]",
        '"',
        "\\",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\ufeff",
        "a",
        "1",
        ".",
        "/",
        "<",
        ">",
        ":",
        "-",
    ),
    *("1.1.1/", "/1.1.1", "://", "://a/", "<title", "<title>", "<html", "HTTP/1.1 200\n", "HTTP 200 a\n\n"),
    *(
        "HTTP/1.1 200 OK\r\nA: b\r\n",
        "HTTP/1.1 404\nA: b\n\n<",
        "GET x\n",
        "Date: ",
        "T12:12",
        "2024-05-01T12:12:12 ",
    ),
    *('{"a":1}\n', '{"a":\n', "{}{}", "{} x", "HTTP/1.1 200\n{}\n", "[\n", "}\n{", '"\n{}\n'),
)
"""What hostile texts are made of: pieces of what the readers look for."""
BEGINNINGS = ("", "2024", "HTTP/1.1 200 OK\n", "<title ", '{"a":\n{}\n')


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression of the loader, by its place."""
    found = {}
    for module in iter_modules(ingest.__path__, f"{ingest.__name__}."):
        if "migrations" not in module.name:
            for name, value in vars(import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    found[f"{module.name}.{name}"] = value
    return found


def check_linear(read: Callable[[str], Any]) -> None:
    """Reads every hostile text; fails if one takes too long."""
    for beginning, piece in product(BEGINNINGS, PIECES):
        text = beginning + piece * (LONG // len(piece))
        start = time.thread_time()
        read(text)
        assert time.thread_time() - start < MOST, (beginning, piece)


def read_all(text: str) -> None:
    """Reads a file as `load` does, as far as it goes."""
    try:
        for _ in json_values(text):
            pass
    except BrokenFile:
        pass


@pytest.mark.parametrize("name", patterns())
def test_a_regular_expression_of_the_loader(name: str) -> None:
    pattern = patterns()[name]
    check_linear(lambda text: [pattern.match(text), pattern.fullmatch(text)])
    if not pattern.match(""):  # else it is found at every character, which no reader asks for
        check_linear(lambda text: sum(1 for _ in pattern.finditer(text)))


@pytest.mark.parametrize("read", [kind_of_text, with_plus, pytest.param(read_all, marks=pytest.mark.slow)])
def test_a_reader_of_whole_texts(read: Callable[[str], Any]) -> None:
    check_linear(read)


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [("", "HTTP/1.1 200\n{}\n"), ('{"a":\n{}\n', "{}")],
    ids=["heads without an end", "values in one line after a broken one"],
)
def test_a_file_that_took_the_square_of_its_length(beginning: str, piece: str) -> None:
    text = beginning + piece * (200_000 // len(piece))
    start = time.thread_time()
    read_all(text)
    assert time.thread_time() - start < 2.5
