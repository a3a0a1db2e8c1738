"""A problem set's self-test: its canonical solutions are run against its tests, here, in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rlcf.artifacts import Inputs, Summary, write_atomically
from rlcf.console import progress
from rlcf.errors import DataError
from rlcf.records import Outcome, Problem, read_records
from rlcf.stages.execute import ExecuteConfig, opened, trial

SHOWN = 5
"""Problems that the stage's line names; all of them are in verify.json."""


def run(config: ExecuteConfig, inputs: Inputs, work: Path) -> Summary:
    """Write `verify.json` over the problems of every input: `{"n", "passed", "failed": [{"task_id", "status",
    "message"}], "unsolved": [task_id]}`, the last those without a canonical solution, which `n` leaves out.

    Raises DataError where no problem has both tests and a canonical solution.
    """
    problems = [p for folder in inputs.values() for p in read_records(folder / "problems.jsonl", Problem) if p.test]
    solved = [p for p in problems if p.canonical_solution.strip()]
    if not solved:
        raise DataError(
            "Nothing to verify: no problem has both tests and a canonical solution. Name a problem set that has: "
            "python -m rlcf stages=[verify] benchmark=humaneval (or mbpp, or jsonl with benchmark.path=FILE)"
        )
    verified = verdict(solved, _outcomes(config, solved))
    unsolved = [p.task_id for p in problems if not p.canonical_solution.strip()]
    write_atomically(work / "verify.json", json.dumps({**verified, "unsolved": unsolved}, indent=2))
    return {"what": _what(verified, unsolved), "n": verified["n"], "passed": verified["passed"]}


def _outcomes(config: ExecuteConfig, problems: Sequence[Problem]) -> list[Outcome]:
    trials = [trial(problem, problem.canonical_solution) for problem in problems]
    done = 0
    with opened(config) as runner, progress("running canonical solutions", len(trials)) as advance:

        def tell(count: int) -> None:
            nonlocal done
            advance(count - done)
            done = count

        return runner.run(trials, tell)


def verdict(problems: Sequence[Problem], outcomes: Sequence[Outcome]) -> Summary:
    """`n`, `passed`, and the problems that did not pass."""
    failed = [
        {"task_id": problem.task_id, "status": outcome.status, "message": outcome.message}
        for problem, outcome in zip(problems, outcomes, strict=True)
        if not outcome.passed
    ]
    return {"n": len(problems), "passed": len(problems) - len(failed), "failed": failed}


def _what(verified: Summary, unsolved: Sequence[str]) -> str:
    what = f"{verified['passed']} of {verified['n']} canonical solutions pass"
    names = [f"{row['task_id']} ({row['status']})" for row in verified["failed"]]
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        what += f"; not: {', '.join(names[:SHOWN])}{more}"
    return what + (f"; {len(unsolved)} problems have none" if unsolved else "")
