"""The parts of documents in Markdown: blocks of code, commands with their output, headings."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the text of each fenced block."""
    return [(language, content) for _, language, content in BLOCK.findall(text)]


def shown(text: str) -> list[tuple[str, str]]:
    """Each command that a text shows, with the output that it shows for it."""
    commands = []
    for language, block in blocks(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] if language == "console" else ():
            command, _, output = part.partition("\n")
            commands.append((command, output))
    return commands


def headings(text: str, marks: str = "#+") -> list[str]:
    """The headings of a document, of the levels that `marks` matches."""
    return re.findall(rf"^{marks} (.*)$", BLOCK.sub("", text), re.MULTILINE)


def anchor(heading: str) -> str:
    """The name by which links lead to a heading, as GitHub makes it."""
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def anchors(file: Path) -> set[str]:
    """The names by which links lead to the headings of a document."""
    return set(map(anchor, headings(file.read_text(encoding="utf-8"))))


def is_like(shown: str, happened: str) -> bool:
    """Whether an output is the one that is shown, in which `…` stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("…")))
    return re.fullmatch(pattern, happened.strip(), re.DOTALL) is not None
