"""What a verdict is worth."""

from __future__ import annotations

import pytest

from rlcf.records import Verdict
from rlcf.rewards import CompilerReward, NontrivialReward


def verdict(status: str, trivial: bool) -> Verdict:
    return Verdict(task_id="a", sample=0, ok=status == "ok", status=status, trivial=trivial)


@pytest.mark.parametrize(
    ("status", "trivial", "compiler", "nontrivial"),
    [
        ("ok", False, 1, 1),
        ("ok", True, 1, -1),  # the trap: an empty function compiles
        ("rejected", False, -1, -1),
        ("rejected", True, -1, -1),
        ("timeout", False, 0, 0),  # the compiler's trouble says nothing of the program
        ("crash", False, 0, 0),
    ],
)
def test_scores(status, trivial, compiler, nontrivial):
    assert CompilerReward().score(verdict(status, trivial)) == compiler
    assert NontrivialReward().score(verdict(status, trivial)) == nontrivial
