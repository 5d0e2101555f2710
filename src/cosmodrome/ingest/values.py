"""Parses a text into its JSON values: answers one after the other, with or without what stood around them.

Between two values may be nothing, the headers of an answer (`curl -i`), or the browsable page that was
copied around one.  Time is linear in the length of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from cosmodrome.ingest.errors import BrokenFile, describe_value
from cosmodrome.ingest.kinds import HTML_START, kind_of_text

BLANKS = re.compile(r"[\s\ufeff]*")
"""The text that may stand between values; of files that were joined, each may have a byte order mark."""
JSON_START = re.compile(r"^[ \t\ufeff]*[\[{]", re.MULTILINE)
JSON_SCRAP = re.compile(r'^[ \t]*["\]},]', re.MULTILINE)
"""The beginning of a line that is a piece of JSON without the rest."""
TRUNCATED_TOKENS = ("true", "false", "null", "-", ".", "e+", "e-", "E+", "E-")
"""Tokens of which the end of a file that is cut off may be the beginning."""
REQUEST_LINE = re.compile(r"^(?:GET|HEAD) (\S+)", re.MULTILINE)
STATUS_LINE = re.compile(r"^HTTP(?:/[\d.]+)? (\d{3}.*)", re.MULTILINE)
RESPONSE_HEAD = re.compile(
    r"HTTP(?:/[\d.]+)? (\d{3}[^\r\n]*)\r?\n(?:(?!HTTP/|[ \t\ufeff]*[\[{])[^\r\n]+\r?\n)*\r?\n"
)
"""A head with its blank line; it ends before the next one and before any JSON: no line is read twice."""
NEXT_HEAD = re.compile(r"HTTP/[\d.]+ \d{3}\b")
TITLE = re.compile(r"<title[^>]{0,200}>([^<]*)</title>", re.IGNORECASE)
LONGEST_LINE = 200
"""Characters of a line that are looked at where it is wrong."""


@dataclass(frozen=True)
class JsonValue:
    """A JSON value, with the text before it."""

    preamble: str
    value: Any
    line: int


@dataclass(frozen=True)
class UnreadableValue:
    """A piece of the text that is no JSON value, and after which others follow."""

    sentence: str


class Lines:
    """Numbers of lines, for positions that only grow."""

    def __init__(self, text: str) -> None:
        self._text, self._position, self._line = text, 0, 1

    def at(self, position: int) -> int:
        """Returns the number of the line at a position."""
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line


def json_values(text: str) -> Iterator[JsonValue | UnreadableValue]:
    """Yields each JSON value in a text, in order.

    A line that is broken is passed over if the next one begins a value.  Raises BrokenFile at anything else
    that is wrong, after which the text can't be trusted.
    """
    return ValueParser(text).values()


class ValueParser:
    """Walks through a text from value to value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.copied_page = False
        """Whether a copied page has begun, with which any text may be."""
        self.by_line = False
        """Whether each value ends with its line, since a line was broken."""
        self.lines = Lines(text)
        self.line_begin, self.line = 0, ""
        """Where the line begins that is read by itself, from its first value on, and its text."""
        self.decoder = json.JSONDecoder(parse_constant=refuse_constant, parse_int=parse_integer)

    def values(self) -> Iterator[JsonValue | UnreadableValue]:
        """Yields the values."""
        refuse_other_kinds(self.text)
        found = False
        while True:
            for sentence in self.answers_without_json():
                found = True
                yield UnreadableValue(sentence)
            start = self.next_start()
            if start is None:
                break
            found = True
            if scrap := self.scrap_before(start):
                yield UnreadableValue(scrap)
            elif self.text[self.position : start].strip("\ufeff \t\r\n"):
                self.copied_page = True
            yield self.value_at(start)
        if not found:
            raise BrokenFile(no_json_sentence(self.text))
        if self.position and (scrap := self.find_scrap(self.text[self.position :], self.copied_page)):
            raise BrokenFile(scrap)

    def next_start(self) -> int | None:
        """Returns where the next value begins: right here, or else at the beginning of a line."""
        here = self.blanks_end(self.position)
        if self.text[here : here + 1] in ("[", "{"):
            return here
        found = JSON_START.search(self.text, self.position)
        return found.end() - 1 if found else None

    def answers_without_json(self) -> Iterator[str]:
        """Passes over answers that have headers alone, or HTML; yields a sentence for those that failed."""
        while head := RESPONSE_HEAD.match(self.text, self.blanks_end(self.position)):
            body = self.blanks_end(head.end())
            if self.text[body : body + 1] in ("[", "{"):
                return
            is_html, next_head = self.text.startswith("<", body), NEXT_HEAD.search(self.text, body)
            end = next_head.start() if next_head else len(self.text)
            status = head[1].strip()
            if status[0] in "45" or (end > body and status[0] == "2"):
                content = self.text[body:end]
                line = self.lines.at(head.start())
                sentence = html_sentence(content, status) if is_html else failed_answer(status)
                yield sentence if line == 1 else f"Line {line}: {sentence}"
            self.position = end
            if end == len(self.text):
                return

    def value_at(self, start: int) -> JsonValue | UnreadableValue:
        """Reads the value at a position, and moves on behind it."""
        preamble = self.text[self.position : start]
        line = self.lines.at(start)
        try:
            value, end = self.decoded(start)
        except json.JSONDecodeError as error:
            if not self.by_line and self.can_pass_over(start):
                self.by_line = True
                return self.value_at(start)
            what = "The JSON is cut off" if is_truncated(error) else f"The JSON is broken ({error.msg})"
            number = error.lineno + line - 1 if self.by_line else error.lineno
            return self.passed_over(start, f"{what} at line {number}, column {error.colno}.")
        except RecursionError:
            raise BrokenFile("The JSON is nested too deeply.") from None
        rest = self.blanks_end(end)
        after = self.text[rest : rest + LONGEST_LINE]
        is_next_line = "\n" in self.text[end:rest]
        if not is_next_line and after and after[0] not in "[{" and not NEXT_HEAD.match(after):
            stray, _, _ = after.partition("\n")
            return self.passed_over(start, stray_text_sentence(self.lines.at(end), stray.strip()))
        self.position = end
        return JsonValue(preamble, value, line)

    def decoded(self, start: int) -> tuple[Any, int]:
        """Decodes the value at a position; returns it with its end."""
        if not self.by_line:
            return self.decoder.raw_decode(self.text, start)
        if start >= self.line_begin + len(self.line):  # cut out once, however many values it has
            self.line_begin, self.line = start, self.text[start : self.line_end(start)]
        value, end = self.decoder.raw_decode(self.line, start - self.line_begin)
        return value, self.line_begin + end

    def can_pass_over(self, start: int) -> bool:
        """Whether the broken line at a position is an object, and the next line begins another value."""
        end = self.line_end(start)
        after = self.blanks_end(end)
        indented = self.text[end:after].rpartition("\n")[2]
        begins = self.text[after : after + 1] in ("[", "{") or NEXT_HEAD.match(self.text, after)
        is_object = self.text[start] == "{" and self.text[start + 1 : end].strip()
        return bool(is_object and begins and not indented)

    def passed_over(self, start: int, sentence: str) -> UnreadableValue:
        """Moves on behind a broken line.  Raises BrokenFile if what follows can't be trusted."""
        if not self.can_pass_over(start):
            raise BrokenFile(sentence)
        self.position, self.by_line = self.line_end(start), True
        return UnreadableValue(sentence)

    def scrap_before(self, start: int) -> str:
        """Returns the sentence about stray text before a value; "" without any.

        Raises BrokenFile unless the value is at the beginning of a line, as the items of a list rarely are.
        """
        preamble = self.text[self.position : start]
        scrap = self.find_scrap(preamble, may_be_prose=self.position == 0 or self.copied_page)
        if scrap and (self.position == 0 or preamble[-1:] != "\n"):
            raise BrokenFile(scrap)
        return scrap

    def find_scrap(self, between: str, may_be_prose: bool) -> str:
        """Returns the sentence about text after the last value that may be part of a record.

        A copied page, or the head of one, may have any text there but pieces of JSON; other files none.
        """
        prose = may_be_prose or REQUEST_LINE.search(between) or STATUS_LINE.search(between)
        scrap = JSON_SCRAP.search(between) if prose else re.search(r"[^\s\ufeff]", between)
        if not scrap:
            return ""
        stray, _, _ = between[scrap.start() :].lstrip()[:LONGEST_LINE].partition("\n")
        return stray_text_sentence(self.lines.at(self.position + scrap.start()), stray.strip())

    def blanks_end(self, position: int) -> int:
        """Returns where the blanks at a position end."""
        blanks = BLANKS.match(self.text, position)
        return blanks.end() if blanks else position

    def line_end(self, position: int) -> int:
        """Returns where the line at a position ends."""
        end = self.text.find("\n", position)
        return end if end >= 0 else len(self.text)


def parse_integer(digits: str) -> int | float:
    """Parses a JSON integer; one of absurd length, which Python refuses, becomes a float or infinity."""
    return int(digits) if len(digits) < 300 else float(digits)


def refuse_constant(constant: str) -> NoReturn:
    """Refuses NaN and Infinity: Python would parse them, but JSON has neither."""
    raise BrokenFile(f"The JSON is broken: {constant} is not a JSON value.")


def is_truncated(error: json.JSONDecodeError) -> bool:
    """Whether the JSON ends too early, as against being wrong."""
    rest = error.doc[error.pos : error.pos + LONGEST_LINE].strip()
    if error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < len("uXXXX")
    return any(word.startswith(rest) for word in TRUNCATED_TOKENS)


def refuse_other_kinds(text: str) -> None:
    """Raises BrokenFile for a text that is empty, or a page of HTML and no answer of a server."""
    if not text.strip("\ufeff \t\r\n"):
        raise BrokenFile("The file is empty.")
    json_start = JSON_START.search(text)
    before_json = text[: json_start.start()] if json_start else text
    if not RESPONSE_HEAD.match(text) and HTML_START.search(before_json):
        raise BrokenFile(html_sentence(text, ""))


def no_json_sentence(text: str) -> str:
    """The sentence about a text without a JSON value."""
    kind = kind_of_text(text)
    return f"The file is {kind}, not JSON." if kind else "There is no JSON in the file."


def html_sentence(content: str, status: str) -> str:
    """The sentence about a page of HTML in place of JSON, answered with `status` if that is known."""
    title = TITLE.search(content)
    called = f" called {' '.join(title[1].split())[:80]!r}" if title else ""
    answered = f", answered with HTTP {status}" if status else ""
    return f"The file is an HTML page{called}{answered}, not JSON: ask the server with format=json."


def failed_answer(status: str) -> str:
    """The sentence about the answer of a server that has no records."""
    return f"The file holds the answer 'HTTP {status}', not records."


def stray_text_sentence(line: int, what: str) -> str:
    """The sentence about text that is neither JSON nor part of a copied page."""
    return f"Line {line} holds {describe_value(what)}, which belongs to no JSON value."
