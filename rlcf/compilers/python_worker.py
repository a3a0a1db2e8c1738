"""Judges Python programs in a process of its own: `python -I -B python_worker.py LEVEL UNRESOLVED`.

One JSON object a line: `{"id", "code", "known_names"}` in, `{"id", "status", "diagnostics"}` out, in order. Programs
are compiled, never run. Run by its path, so it imports the standard library and pyflakes only, not rlcf.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple, get_args

os.environ.pop("PYFLAKES_BUILTINS", None)  # it would change verdicts

from pyflakes import messages
from pyflakes.checker import Checker, ComprehensionScope, FunctionScope

Level = Literal["syntax", "names"]
Unresolved = Literal["ignore", "error"]

LEVELS: dict[Level, str] = {
    "syntax": "CPython's compile()",
    "names": "CPython's compile(), then pyflakes: undefined names, and formats that always raise",
}


class Rule(NamedTuple):
    """What a pyflakes message counts as. `forgivable`: not an error if the name may be defined outside the program."""

    category: Literal["name", "type"]
    forgivable: bool = False


RULES: dict[str, Rule] = {
    # Names. A function's own local is never defined outside; see _Names.
    "UndefinedName": Rule("name", forgivable=True),
    "UndefinedExport": Rule("name", forgivable=True),
    "UndefinedLocal": Rule("name"),
    # Expressions that raise whenever they are reached.
    "InvalidPrintSyntax": Rule("type"),
    "PercentFormatExpectedMapping": Rule("type"),
    "PercentFormatExpectedSequence": Rule("type"),
    "PercentFormatInvalidFormat": Rule("type"),
    "PercentFormatMissingArgument": Rule("type"),
    "PercentFormatPositionalCountMismatch": Rule("type"),
    "PercentFormatStarRequiresSequence": Rule("type"),
    "PercentFormatUnsupportedFormatCharacter": Rule("type"),
    "StringDotFormatInvalidFormat": Rule("type"),
    "StringDotFormatMissingArgument": Rule("type"),
    "StringDotFormatMixingAutomatic": Rule("type"),
}
"""The pyflakes messages that are errors, by class name. All others are not: style (unused imports), doubt (star
imports, mixed formats, some of which work), or CPython's to judge, as it already has (`return` outside a function)."""

COMPILE_CATEGORIES = (
    (re.compile(r"'(return|yield|yield from|await|break|continue)'|asynchronous comprehension outside"), "flow"),
    (re.compile(r"nonlocal|global|duplicate argument|comprehension iteration variable|__debug__"), "name"),
)
"""SyntaxErrors of CPython that are not about grammar, by message; all others are `syntax`."""

MAX_DIAGNOSTICS = 1000
MAX_MESSAGE = 500
PYFLAKES_RECURSION = 20_000
"""Python frames. compile() takes syntax trees 3,000 deep and pyflakes needs 3 to 5 frames a level. It is raised for
pyflakes alone: compile() derives from it how much of the C stack it may use."""

Finding = tuple[int, int, str, str, str]
"""Line, column, code, message, category: in the order in which findings are sorted."""


class Limit(Exception):
    """The worker ran out of memory, and should be replaced when it has answered."""


def compile_finding(code: str) -> Finding | None:
    """What CPython's compiler has against a program. Every exception is an answer: any text is a possible input."""
    try:
        compile(code, "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        message = error.msg or "invalid syntax"
        line, column = _within(code, error.lineno or 1, error.offset or 1)
        return line, column, type(error).__name__, message, _compile_category(message)
    except Exception as error:
        return 1, 1, type(error).__name__, str(error) or "too complex to compile", "other"
    return None


def _within(code: str, line: int, column: int) -> tuple[int, int]:
    """A position moved into the program: CPython reports an unexpected end one line after it, or at column 0."""
    return min(max(line, 1), len(_lines(code))), max(column, 1)


def _compile_category(message: str) -> str:
    return next((category for pattern, category in COMPILE_CATEGORIES if pattern.search(message)), "syntax")


def _lines(code: str) -> list[str]:
    """The lines as CPython counts them; `str.splitlines` also breaks at form feeds and Unicode separators."""
    return re.split(r"\r\n|\r|\n", code)


class _Names(Checker):  # type: ignore[misc]
    """pyflakes, with what it does not remember: where it was when it missed a name, and what was bound where."""

    def __init__(self, tree: ast.Module) -> None:
        self.bound: dict[tuple[int, str], list[ast.AST]] = {}
        self.places: dict[messages.Message, tuple[ast.AST, list[Any]]] = {}
        super().__init__(tree, filename="<program>", withDoctest=False)

    def addBinding(self, node: ast.AST | None, value: Any) -> None:
        super().addBinding(node, value)
        if node is not None:
            self.bound.setdefault((id(self.scope), value.name), []).append(node)

    def handleNodeDelete(self, node: ast.Name) -> None:
        self.bound.setdefault((id(self.scope), node.id), []).append(node)
        super().handleNodeDelete(node)

    def report(self, kind: Any, node: ast.AST, *details: Any) -> None:
        super().report(kind, node, *details)
        self.places[self.messages[-1]] = node, self.scopeStack[:]

    def binders(self, message: messages.Message, name: str) -> list[ast.AST] | None:
        """What binds the name in the function that was being read; [] if an enclosing one does, None if none does."""
        _, scopes = self.places[message]
        inside = True
        for scope in reversed(scopes):
            if isinstance(scope, FunctionScope | ComprehensionScope) and (id(scope), name) in self.bound:
                return self.bound[id(scope), name] if inside else []
            inside = inside and isinstance(scope, ComprehensionScope)
        return None

    def loops(self, node: ast.AST) -> Iterator[ast.AST]:
        """The loops around a node, up to its function."""
        while node in self._parents and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            node = self._parents[node]
            if isinstance(node, ast.For | ast.AsyncFor | ast.While):
                yield node
