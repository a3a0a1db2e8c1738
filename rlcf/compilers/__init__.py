"""Compilers behind one protocol: `base.Compiler`. One file a language, imported when it is first asked for."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rlcf import workers
from rlcf.component import find_target
from rlcf.plugins import find

if TYPE_CHECKING:
    from rlcf.compilers.base import Compiler

COMPILERS = {
    "java": "rlcf.compilers.java:JavaCompiler",
    "kotlin": "rlcf.compilers.kotlin:KotlinCompiler",
    "python": "rlcf.compilers.python:PythonCompiler",
}


@cache
def sources_hash(target: str) -> str:
    """SHA-256 over the files that verdicts come from: this package's, the workers', and that of the class `target`.
    Part of an artifact's hash, as rules change more often than versions."""
    packages = (Path(__file__).parent, Path(workers.__file__).parent)
    own = [file for package in packages for file in package.rglob("*") if file.suffix in (".py", ".java")]
    files = sorted({*own, Path(inspect.getfile(find_target(target)))})
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def compiler_class(language: str) -> Callable[..., Compiler]:
    """The class of a language's compiler. Raises ConfigError, naming the valid languages."""
    found: Callable[..., Compiler] = find(language, "Compiler", COMPILERS)
    return found
