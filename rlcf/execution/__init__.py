"""Runs programs that a model wrote against a benchmark's tests, in a sandbox. One file a language, behind one protocol:
`base.Runner`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rlcf.plugins import find

if TYPE_CHECKING:
    from rlcf.execution.base import Runner

RUNNERS = {
    "java": "rlcf.execution.java:JavaRunner",
    "kotlin": "rlcf.execution.kotlin:KotlinRunner",
    "python": "rlcf.execution.python:PythonRunner",
}


def runner_class(language: str) -> Callable[..., Runner]:
    """The class of a language's runner. Raises ConfigError, naming the valid languages."""
    found: Callable[..., Runner] = find(language, "Runner", RUNNERS)
    return found
