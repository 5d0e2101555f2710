"""The parts of documents in Markdown: blocks of code, commands with their output, headings."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the text of each fenced block."""
    return [(language, content) for _, language, content in BLOCK.findall(text)]


def block(text: str, language: str, beginning: str = "") -> str:
    """The text of the one block of a language that begins like this."""
    (found,) = (
        content for each, content in blocks(text) if each == language and content.startswith(beginning)
    )
    return found


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


def at_port(text: str, port: int) -> str:
    """A text with the server at this port in the place of the one that is shown."""
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")


def with_shown_port(happened: str, port: int) -> str:
    """An output of the server at this port as one of the server that is shown."""
    return happened.replace(f"127.0.0.1:{port}", "127.0.0.1:8000")


def as_cut(command: str, output: str, port: int) -> str:
    """The output shown for a command as it is with this port: a longer one takes room in what `cut` leaves."""
    longer = len(str(port)) - len("8000")
    return output.rstrip("\n")[:-longer] if longer and "cut -c -" in command else output


def anchors(file: Path) -> set[str]:
    """The names by which links lead to the headings of a document."""
    return set(map(anchor, headings(file.read_text(encoding="utf-8"))))


def is_like(shown: str, happened: str) -> bool:
    """Whether an output is the one that is shown, in which `…` stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("…")))
    return re.fullmatch(pattern, happened.strip(), re.DOTALL) is not None
