"""report.html: everything about a run on one page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.artifacts import Inputs, Summary, write_atomically
from rlcf.policy import lineage
from rlcf.report.page import render


@dataclass(frozen=True)
class ReportConfig:
    """`config`: the whole experiment, to be shown. `models`: the compared ones; `NAME.policy` are inputs."""

    config: dict[str, Any]
    models: tuple[str, ...]


def run(config: ReportConfig, inputs: Inputs, work: Path) -> Summary:
    """Write `report.html`."""
    evaluation = inputs["evaluation"]
    metrics = json.loads((evaluation / "metrics.json").read_text())
    training = {name: _lines(inputs[f"{name}.policy"] / "training.jsonl") for name in config.models}
    page = render(
        metrics,
        _lines(evaluation / "samples.jsonl"),
        config.config,
        lineage(inputs[f"{config.models[-1]}.policy"]),
        {name: log for name, log in training.items() if log},
        _execution(metrics),
    )
    write_atomically(work / "report.html", page)
    return {"what": "report.html"}


def _execution(metrics: Mapping[str, Any]) -> str:
    """What ran the programs of each benchmark, and in which sandbox; nothing where none ran."""
    own: Mapping[str, Any] = metrics["execution"]
    return "; ".join(f"{name}: {one['runner']}, in a sandbox: {one['sandbox']}" for name, one in own.items())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
