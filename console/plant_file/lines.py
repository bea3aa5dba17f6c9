"""Where each key of a TOML text stands. ``tomllib`` reads values without places; this reads places only.

The text must be valid TOML 1.0 (``tomllib`` has read it), so the scanner may trust its form.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

# keys and, inside arrays, positions from 0
KeyPath = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
# the longer quotes first; a long string may end in up to five quotes, two of them its own
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}#\n]*")


class Lines:
    """The line of each key of a text.

    Attributes:
        found: line numbers from 1 by key path.
    """

    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self._text = text
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._at = 0
        self._tables: dict[KeyPath, int] = {}
        self._scan()

    def of(self, path: KeyPath) -> int:
        """The line of the key or, where it is not written, of the nearest table around it; else 0."""
        for length in range(len(path), 0, -1):
            line = self.found.get(path[:length])
            if line is not None:
                return line
        return 0

    def _scan(self) -> None:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._text.startswith("[", self._at):
                table = self._header(1)
            else:
                self._pair(table)

    def _header(self, brackets: int) -> KeyPath:
        """``[a.b]`` or ``[[a.b]]``; a key that is an array of tables means its last one."""
        start = self._at
        self._at += brackets
        path: KeyPath = ()
        keys = self._keys()
        for number, key in enumerate(keys):
            path = (*path, key)
            self._note(path, start)
            last = number == len(keys) - 1
            if last and brackets == 2:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
                self._note(path, start)
        self._skip(_SPACE)
        self._at += brackets
        # the header says more of a table than the first longer header that implied it
        self.found[path] = self._line(start)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        """A dotted key, up to what follows it."""
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            quoted = _STRING.match(self._text, self._at)
            if quoted:
                self._at = quoted.end()
                keys.append(tomllib.loads(f"key = {quoted[0]}")["key"])
            else:
                begin = self._at
                self._skip(_BARE_KEY)
                keys.append(self._text[begin : self._at])
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at : self._at + 1]:
            case "[":
                self._items(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_PLAIN_VALUE)

    def _items(self, path: KeyPath) -> None:
        self._at += 1
        number = 0
        while not self._closed("]"):
            item = (*path, number)
            self._note(item, self._at)
            self._value(item)
            number += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, bracket: str) -> bool:
        """Go on to the next item; true, and behind the bracket, where there is none."""
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        return False

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return self._at

    def _note(self, path: KeyPath, offset: int) -> None:
        self.found.setdefault(path, self._line(offset))

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)
