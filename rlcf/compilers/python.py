"""The Python compiler: CPython's own, and pyflakes for names."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

from pydantic import Field, validate_call

from rlcf.compilers.base import Progress
from rlcf.compilers.pool import WorkerPool, available_cpus
from rlcf.compilers.python_worker import Level, Unresolved
from rlcf.records import Diagnostic, Judgement, Program

_WORKER = str(Path(__file__).with_name("python_worker.py"))
_PROBE: dict[str, Any] = {"code": "pass\n", "known_names": None}

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PythonCompiler:
    """Judges Python programs with the interpreter that runs rlcf; implements `rlcf.compilers.base.Compiler`.

    `level`: `syntax` is CPython's compile(); `names` adds pyflakes (see `python_worker.RULES` for what counts).
    `unresolved`: names that nothing in the program defines are forgiven (`ignore`) if they are among the program's
    `known_names`, or if those are not known; or they are errors (`error`). A function's own local that is read before
    it is bound is an error in both.
    `timeout`: seconds a program. `workers`: processes (None: one a core). `memory_mb`: address space of each, in MiB.
    `max_bytes`: programs above this size in UTF-8 are rejected unseen, with the code `too-large`.
    """

    language = "python"

    @validate_call
    def __init__(
        self,
        *,
        level: Level = "names",
        unresolved: Unresolved = "ignore",
        timeout: Seconds = 10.0,
        workers: Positive | None = None,
        memory_mb: Positive = 1024,
        max_bytes: Positive = 1_000_000,
    ) -> None:
        self._max_bytes = max_bytes
        self._pool = WorkerPool(
            [sys.executable, "-I", "-B", _WORKER, level, unresolved],
            _PROBE,
            workers=workers or available_cpus(),
            timeout=timeout,
            memory_mb=memory_mb,
        )

    def version(self) -> str:
        """Such as `CPython 3.11.7, pyflakes 4.1.0`."""
        return f"{platform.python_implementation()} {platform.python_version()}, pyflakes {version('pyflakes')}"

    def check(self, programs: Sequence[Program], on_progress: Progress | None = None) -> list[Judgement]:
        """One judgement a program, in order. Raises InfrastructureError when no worker works."""
        fits = [self._fits(program) for program in programs]
        small = [_request(program) for program, fit in zip(programs, fits, strict=True) if fit]
        judged = iter(self._pool.judge(small, on_progress))
        return [next(judged) if fit else self._too_large() for fit in fits]

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fits(self, program: Program) -> bool:
        return len(program.code.encode("utf-8", "surrogatepass")) <= self._max_bytes

    def _too_large(self) -> Judgement:
        message = f"the program is larger than {self._max_bytes} bytes"
        place = {"line": 1, "column": 1}
        error = Diagnostic(severity="error", code="too-large", message=message, category="other", **place)
        return Judgement(ok=False, status="rejected", diagnostics=(error,))


def _request(program: Program) -> dict[str, Any]:
    return {"code": program.code, "known_names": program.known_names}
