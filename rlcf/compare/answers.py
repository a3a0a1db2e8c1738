"""A run's samples.jsonl as values by problem, so that runs can be pooled and compared, problem by problem."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from rlcf.compare.runs import AGAIN, Run
from rlcf.errors import DataError
from rlcf.metrics import Scored, by_problem, measure_of
from rlcf.records import Completion, Diagnostic, Execution, Outcomes, Problem, Status, Verdict

Key = tuple[str, str]  # a problem: its task_id and its prompt
Values = Mapping[str, Mapping[str, Mapping[Key, float]]]  # by model, metric and problem


class _Outcome(BaseModel):
    status: Outcomes
    message: str


class _Answer(BaseModel):
    completion: str
    raw: str
    finished: bool
    tokens: int
    ok: bool
    status: Status
    trivial: bool
    diagnostics: tuple[Diagnostic, ...]
    execution: _Outcome | None


class _Row(BaseModel):
    benchmark: str
    task_id: str
    language: str
    prompt: str
    canonical_solution: str
    sample: int
    models: dict[str, _Answer]


def values(run: Run, benchmark: str, metrics: Sequence[str]) -> Values:
    """What the run's first and last model reach on each problem.

    Raises DataError where the file is missing or damaged, or does not give the numbers of the metrics.json beside it.
    """
    path = run.folder / "samples.jsonl"
    if not path.is_file():
        raise DataError(f"{path} is missing, which belongs to the metrics.json beside it. {AGAIN}")
    rows = [row for row in _rows(path) if row.benchmark == benchmark]
    keys = {row.task_id: (row.task_id, row.prompt) for row in rows}
    found: dict[str, dict[str, dict[Key, float]]] = {}
    for model in run.models:
        scored = [_scored(row, row.models[model]) for row in rows if model in row.models]
        told = {name: run.metrics["models"][model][benchmark][name]["value"] for name in metrics}
        found[model] = {name: {} if told[name] is None else _by_problem(scored, name, keys) for name in metrics}
        _check(path, found[model], told)
    return found


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                yield _Row.model_validate(json.loads(line))
            except ValidationError as error:
                fault = error.errors()[0]
                where = ".".join(map(str, fault["loc"]))
                raise DataError(f"{path}, line {number}: not a sample: {where}: {fault['msg']}. {AGAIN}") from error
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}, line {number}: not JSON: {error}. {AGAIN}") from error


def _scored(row: _Row, own: _Answer) -> Scored:
    which = row.model_dump(include={"task_id", "sample"})
    problem = row.model_dump(include={"task_id", "language", "prompt", "canonical_solution"})
    completion = own.model_dump(include={"completion", "raw", "finished", "tokens"})
    verdict = own.model_dump(include={"ok", "status", "trivial", "diagnostics"})
    return Scored(
        Problem.model_validate({**problem, "signature": "", "documentation": "", "split": "test"}),
        Completion.model_validate({**which, **completion}),
        Verdict.model_validate({**which, **verdict}),
        Execution.model_validate({**which, **own.execution.model_dump()}) if own.execution else None,
    )


def _by_problem(scored: Sequence[Scored], metric: str, keys: Mapping[str, Key]) -> dict[Key, float]:
    return {keys[task]: value for task, value in by_problem(scored, measure_of(metric)).items()}


def _check(path: Path, own: Mapping[str, Mapping[Key, float]], told: Mapping[str, float | None]) -> None:
    for name, by_key in own.items():
        value, mean = told[name], math.fsum(by_key.values()) / max(len(by_key), 1)
        if value is not None and abs(value - mean) > 1e-6 * max(1.0, abs(mean)):
            raise DataError(f"{path} gives {name} {mean:.6g}, the metrics.json beside it {value:.6g}. {AGAIN}")
