"""Metrics of every compared model on the benchmark, and what changed between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.artifacts import Inputs, Summary, write_atomically
from rlcf.metrics import Scored, metrics_file, score
from rlcf.records import Completion, Problem, Verdict, read_records


@dataclass(frozen=True)
class EvaluateConfig:
    """The models to compare, in order (`base` first); for each, `NAME.completions` and `NAME.verdicts` are inputs."""

    models: tuple[str, ...]
    benchmark: str
    resamples: int


def run(config: EvaluateConfig, inputs: Inputs, work: Path) -> Summary:
    """Write `metrics.json`, and `samples.jsonl` with the problems, completions and verdicts of all models."""
    problems = read_records(inputs["problems"] / "problems.jsonl", Problem)
    scored = {name: _scored(name, problems, inputs) for name in config.models}
    metrics = metrics_file(
        {name: {config.benchmark: rows} for name, rows in scored.items()}, resamples=config.resamples
    )
    write_atomically(work / "metrics.json", json.dumps(metrics, indent=2))
    write_atomically(work / "samples.jsonl", "".join(json.dumps(row) + "\n" for row in samples(scored)))
    count = len({row.task_id for row in scored[config.models[0]]})
    return {"what": f"{' and '.join(config.models)} on {count} problems of {config.benchmark}", "problems": count}


def _scored(name: str, problems: list[Problem], inputs: Inputs) -> list[Scored]:
    completions = read_records(inputs[f"{name}.completions"] / "completions.jsonl", Completion)
    verdicts = read_records(inputs[f"{name}.verdicts"] / "verdicts.jsonl", Verdict)
    answered = {completion.task_id for completion in completions}
    return score([p for p in problems if p.task_id in answered], completions, verdicts)


def samples(scored: Mapping[str, list[Scored]]) -> list[dict[str, Any]]:
    """One row a problem and sample, with what each model wrote: the rows of samples.jsonl."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for name, items in scored.items():
        for item in items:
            key = (item.task_id, item.completion.sample)
            row = rows.setdefault(key, {**_problem(item), "sample": item.completion.sample, "models": {}})
            row["models"][name] = _answer(item)
    return [rows[key] for key in sorted(rows)]


def _problem(item: Scored) -> dict[str, Any]:
    return item.problem.model_dump(include={"task_id", "language", "prompt", "canonical_solution"})


def _answer(item: Scored) -> dict[str, Any]:
    verdict = item.verdict.model_dump(exclude={"task_id", "sample"})
    return {**item.completion.model_dump(include={"completion", "raw", "finished", "tokens"}), **verdict}
