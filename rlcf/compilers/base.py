"""The protocol of a compiler: many programs in, structured judgements out, in order."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rlcf.records import Judgement, Program
from rlcf.workers.pool import Progress


class Compiler(Protocol):
    """Judges programs of one language without running them. A context manager; leaving it calls `close`.

    Any text is a valid input. A program on which the compiler hangs or dies gets the status `timeout` or `crash`;
    InfrastructureError is raised when the compiler itself cannot be made to work.
    """

    language: str

    def version(self) -> str:
        """The compiler and its version, such as `CPython 3.11.7, pyflakes 4.1.0`: part of an artifact's hash."""
        ...

    def check(self, programs: Sequence[Program], on_progress: Progress | None = None) -> list[Judgement]:
        """One judgement a program, in the order of the programs."""
        ...

    def close(self) -> None:
        """Stop the workers. Safe to repeat; a later `check` starts new ones."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
