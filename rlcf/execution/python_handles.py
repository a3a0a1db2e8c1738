"""A program, as its tests see it: objects that ask another process."""

from __future__ import annotations

import builtins
import io
import itertools
import json
import pickle
import threading
import types
from collections.abc import Iterator
from typing import Any

from rlcf.execution import python_program as remote
from rlcf.execution.python_channel import Channel, Garbage, Gone
from rlcf.execution.python_values import decode, update

OWN = "_of_program"
"""The attribute of an exception that the program raised: its name there, and its text."""

_PARTS = {"value": 2, "raised": 4, "rejected": 1, "callback": 2}
"""The messages of a program, and how many parts each has."""


class Rejected(Exception):
    """The program does not compile."""


class Link:
    """The tests' end of the channel to the program. Every method raises Gone and Garbage."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._handles: dict[int, Handle] = {}
        self._callbacks: list[Any] = []
        self._lock = threading.RLock()
        self.returned: Any = None
        self.fault: Gone | Garbage | None = None
        """What has ended the conversation for good, though the tests may have caught it."""

    def wait(self) -> None:
        """Until the program's process is confined, and nothing of the program has run yet."""
        if self._channel.receive() != b'["ready"]':
            raise Garbage("not ready")

    def ask(self, request: str, *arguments: Any) -> Any:
        """What the program answers, or raises."""
        return self._exchange([], request, *arguments)

    def call(self, number: int, arguments: list[Any], named: dict[str, Any]) -> Any:
        """What a function of the program returns; arguments that it has changed are changed here."""
        packed = [remote.Packed(self._pickled(given)) for given in (arguments, named)]
        return self._exchange([arguments, named], "call", number, *packed)

    def item(self, number: int, key: Any) -> Any:
        return self.ask("item", number, remote.Packed(self._pickled(key)))

    def _exchange(self, given: list[Any], *request: Any) -> Any:
        if self.fault:
            raise self.fault
        try:
            with self._lock:
                self._channel.send(pickle.dumps(request))
                value, changed = self._answer()
                if changed is not None:
                    update(given, self._value(changed))
                self.returned = self._value(value)
        except (Gone, Garbage) as error:
            self.fault = error
            raise
        return self.returned

    def _answer(self) -> list[Any]:
        """The answer to what was sent last; calls back to the tests come before it."""
        while True:
            kind, *parts = self._read()
            if kind == "callback":
                self._channel.send(self._call_back(*parts))
            elif kind == "raised":
                raise self._exception(*parts)
            elif kind == "rejected":
                raise Rejected(str(parts[0]))
            else:
                return parts

    def _read(self) -> list[Any]:
        data = self._channel.receive()
        try:
            message = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Garbage(str(error)) from error
        if isinstance(message, list) and message and _PARTS.get(str(message[0])) == len(message) - 1:
            return message
        raise Garbage("not a message")

    def _value(self, data: Any) -> Any:
        return decode(data, self._resolve)

    def _resolve(self, data: list[Any]) -> Any:
        kind, number = data
        if kind == "callback":
            return self._callbacks[number]
        if kind != "handle" or type(number) is not int:
            raise Garbage(f"a value of type {kind!r}")
        return self._handles.setdefault(number, Handle(self, number))

    def _call_back(self, number: int, arguments: Any) -> bytes:
        try:
            function = self._callbacks[number]
            return self._pickled(("returned", function(*self._value(arguments))))
        except Exception as error:
            return _pickled_exception(error)

    def _exception(self, kind: str, name: str, arguments: Any, text: str) -> Exception:
        found = getattr(builtins, kind, None)
        if not (isinstance(found, type) and issubclass(found, Exception)):
            found = Exception
        try:
            error: Exception = found(*self._value(arguments))
        except (TypeError, ValueError):
            error = Exception(text)
        setattr(error, OWN, (str(name), str(text)))
        return error

    def _pickled(self, value: Any) -> bytes:
        file = io.BytesIO()
        _Pickler(file, self._callbacks).dump(value)
        return file.getvalue()


class _Pickler(pickle.Pickler):
    """Pickles what only the tests have by reference: their functions are called back, their classes found by name."""

    def __init__(self, file: io.BytesIO, callbacks: list[Any]) -> None:
        super().__init__(file)
        self._callbacks = callbacks

    def reducer_override(self, value: Any) -> Any:
        if type(value) is Handle:
            return remote.handled, (object.__getattribute__(value, "_number"),)
        if isinstance(value, type):
            return (remote.named, (value.__qualname__,)) if value.__module__ == remote.MODULE else NotImplemented
        if isinstance(value, types.FunctionType) and value.__module__ == remote.MODULE:
            return remote.Callback, (self._callback(value),)
        if isinstance(value, types.GeneratorType):
            return remote.iterated, (remote.Callback(self._callback(_stepped(value))),)
        return NotImplemented

    def _callback(self, function: Any) -> int:
        self._callbacks.append(function)
        return len(self._callbacks) - 1


def _stepped(iterator: Iterator[Any]) -> Any:
    """A function of one element at a time: a tuple of it, empty at the end."""
    return lambda: tuple(itertools.islice(iterator, 1))


def _pickled_exception(error: Exception) -> bytes:
    try:
        return pickle.dumps(("raised", error))
    except Exception:
        return pickle.dumps(("raised", Exception(str(error))))


class Handle:
    """An object of the program. It can be called, read, iterated and indexed, all of which the program answers; two are
    equal only if they are the same, and there is no arithmetic and no order, whatever the program says of it."""

    __slots__ = ("_link", "_number")

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self._number = number

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._link.call(self._number, list(arguments), named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__name__":
            raise AttributeError(f"an object of the program has no attribute {name!r} here")
        return self._link.ask("attribute", self._number, name)

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self._link.ask("iterate", self._number)
        return iterator

    def __next__(self) -> Any:
        return self._link.ask("next", self._number)

    def __len__(self) -> int:
        length: int = self._link.ask("length", self._number)
        return length

    def __bool__(self) -> bool:
        return self._link.ask("truth", self._number) is True

    def __getitem__(self, key: Any) -> Any:
        return self._link.item(self._number, key)

    def __str__(self) -> str:
        text: str = self._link.ask("text", self._number)
        return text

    __repr__ = object.__repr__
