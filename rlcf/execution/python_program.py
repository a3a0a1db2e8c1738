"""The process of a program: runs its code, and answers what the tests ask of it.

Nothing here is trusted by the tests, as the program can change all of it. It is asked by pickles, which only it has to
trust, and answers in JSON (`python_values`).
"""

from __future__ import annotations

import builtins
import json
import os
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from rlcf.execution.python_channel import Channel, Garbage, Gone
from rlcf.execution.python_values import encode

MODULE = "program"
"""The name of the module that the code is run in, beside the tests as well: classes of a prompt are found by it."""
_MESSAGE = 2000
"""Characters of an exception's text."""


class Rejected(Exception):
    """The code does not compile."""


class Program:
    """The namespace of the code, and the objects that the tests have handles of, by number."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._module = types.ModuleType(MODULE)
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def serve(self) -> None:
        """Answer until the tests are over."""
        try:
            while True:
                self._answer(pickle.loads(self._channel.receive()))
        except Gone:
            return

    def object(self, number: int) -> Any:
        return self._objects[number]

    def named(self, qualified: str) -> Any:
        found: Any = self._module
        for name in qualified.split("."):
            found = getattr(found, name)
        return found

    def call_back(self, number: int, arguments: tuple[Any, ...]) -> Any:
        """Call a function of the tests, which may ask for more meanwhile."""
        self._send(["callback", number, self._encode(list(arguments))])
        while True:
            message = pickle.loads(self._channel.receive())
            if message[0] == "returned":
                return message[1]
            if message[0] == "raised":
                raise message[1]
            self._answer(message)

    def _answer(self, message: tuple[Any, ...]) -> None:
        """One request. Whatever is raised is an answer, but for an exit, which ends the process."""
        try:
            request, *arguments = message
            answer = getattr(self, f"do_{request}")(*map(_loaded, arguments))
        except Gone:
            raise
        except SystemExit as error:
            os._exit(_exit_code(error.code))
        except BaseException as error:
            answer = self._raised(error)
        try:
            self._send(answer)
        except (Garbage, RecursionError, MemoryError, ValueError) as error:
            self._send(self._raised(error))

    def _send(self, answer: list[Any]) -> None:
        self._channel.send(json.dumps(answer, separators=(",", ":")).encode())

    def _encode(self, value: Any) -> Any:
        return encode(value, self._refer)

    def _refer(self, value: Any) -> list[Any]:
        if isinstance(value, Callback):
            return ["callback", value.number]
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return ["handle", number]

    def _raised(self, error: BaseException) -> list[Any]:
        """An exception: the built-in type nearest to its own, its own name, its arguments, its text."""
        names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
        try:
            arguments, text = self._encode(list(error.args)), str(error)[:_MESSAGE]
        except Exception:
            arguments, text = ["list"], ""
        return ["raised", names[0], type(error).__name__, arguments, text]

    # What the tests ask

    def do_load(self, code: str) -> list[Any]:
        try:
            compiled = compile(code, "<program>", "exec", dont_inherit=True)
        except Exception as error:
            return ["rejected", f"{type(error).__name__}: {error}"[:_MESSAGE]]
        sys.modules[MODULE] = self._module
        exec(compiled, self._module.__dict__)
        return ["value", None, None]

    def do_global(self, name: str) -> list[Any]:
        try:
            value = self._module.__dict__[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None
        return ["value", self._encode(value), None]

    def do_call(self, number: int, arguments: list[Any], named: dict[str, Any]) -> list[Any]:
        """Arguments that the call has changed are sent back with its result."""
        given = [arguments, named]
        before = self._encode(given)
        result = self._encode(self._objects[number](*arguments, **named))
        after = self._encode(given)
        return ["value", result, None if before == after else after]

    def do_attribute(self, number: int, name: str) -> list[Any]:
        return self._value(getattr(self._objects[number], name))

    def do_item(self, number: int, key: Any) -> list[Any]:
        return self._value(self._objects[number][key])

    def do_iterate(self, number: int) -> list[Any]:
        return ["value", self._refer(iter(self._objects[number])), None]

    def do_next(self, number: int) -> list[Any]:
        return self._value(next(self._objects[number]))

    def do_length(self, number: int) -> list[Any]:
        return self._value(len(self._objects[number]))

    def do_truth(self, number: int) -> list[Any]:
        return self._value(bool(self._objects[number]))

    def do_text(self, number: int) -> list[Any]:
        return self._value(str(self._objects[number]))

    def _value(self, value: Any) -> list[Any]:
        return ["value", self._encode(value), None]


class Callback:
    """A function of the tests, as the program sees it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, *arguments: Any) -> Any:
        return _current().call_back(self.number, arguments)


class Packed(bytes):
    """Arguments, pickled on their own, so that one that cannot be read is an exception of the call."""


def _loaded(argument: Any) -> Any:
    return pickle.loads(argument) if type(argument) is Packed else argument


def _exit_code(code: object) -> int:
    """As the interpreter ends: None is 0, a number itself, all else 1."""
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


# What pickles of the tests' arguments are made of

_running: list[Program] = []


def _current() -> Program:
    return _running[0]


def handled(number: int) -> Any:
    return _current().object(number)


def named(qualified: str) -> Any:
    return _current().named(qualified)


def iterated(step: Callable[[], Any]) -> Iterator[Any]:
    """An iterator of the tests; `step` takes its next element, and tells the end by an empty tuple."""
    while element := step():
        yield element[0]


def main(channel: Channel) -> None:
    program = Program(channel)
    _running.append(program)
    channel.send(b'["ready"]')
    program.serve()
