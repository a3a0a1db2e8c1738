"""The report: one self-contained page with every number beside what exposes it.

All text goes through the template's autoescaping and none of it into the page's script, so that nothing a model wrote
is read as HTML or JavaScript; the page's content security policy allows no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from rlcf.metrics import is_rate
from rlcf.report import charts, text

OUTCOMES = ("lost", "gained", "neither", "both")  # in the order of showing: changes first
SHOWN = 400  # samples in the page; all of them are in samples.jsonl


@dataclass(frozen=True)
class Line:
    """A numbered line of a program, and the worst severity of the diagnostics on it."""

    number: int
    text: str
    severity: str


@dataclass(frozen=True)
class Answer:
    """One model's completion, ready to show."""

    model: str
    lines: tuple[Line, ...]
    badges: tuple[tuple[str, str], ...]  # (class, words)
    diagnostics: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Sample:
    """One problem with what the human and the models wrote."""

    task_id: str
    outcome: str
    prompt: str
    canonical: tuple[Line, ...]
    answers: tuple[Answer, ...]


def render(
    metrics: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any],
    lineage: Sequence[Mapping[str, Any]],
    training: Mapping[str, Sequence[Mapping[str, Any]]],
) -> str:
    """The page, as text that encodes as UTF-8. `metrics` is metrics.json, `training` each model's training log."""
    shown = sorted((sample(row) for row in samples), key=lambda one: OUTCOMES.index(one.outcome))
    page = (
        _environment()
        .get_template("template.html")
        .render(
            models=list(metrics["models"]),
            warnings=text.warnings(metrics),
            benchmarks=[benchmark(metrics, name) for name in text.benchmarks(metrics)],
            training={name: charts.curve_chart(history) for name, history in training.items()},
            samples=shown[:SHOWN],
            outcomes=Counter(one.outcome for one in shown),
            config=_yaml(config),
            lineage=[{key: _words(value) for key, value in row.items()} for row in lineage],
            lineage_columns=list(dict.fromkeys(key for row in lineage for key in row)),
        )
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # a model can write half a surrogate pair


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rlcf.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sha256"] = _sha256
    return environment


def _sha256(script: str) -> str:
    """The hash by which a content security policy allows one inline script."""
    return base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode()


def _yaml(config: Mapping[str, Any]) -> str:
    plain = json.loads(json.dumps(config, default=str))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def benchmark(metrics: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the template shows of one benchmark: table rows and bar charts."""
    models = {model: own[name] for model, own in metrics["models"].items() if name in own}
    first, last = text.first_and_last(metrics)
    changes = text.comparison_of(metrics, last, first, name)
    order = text.names({metric: own for values in models.values() for metric, own in values.items()})
    errors = [metric for metric in order if text.is_diagnostic(metric)]
    rates = [metric for metric in order if is_rate(metric) and metric not in errors]
    return {
        "name": name,
        "n": max(metric["n"] for own in models.values() for metric in own.values()),
        "models": list(models),
        "difference": f"{last} − {first}" if changes else "",
        "rows": [_row(metric, models, changes) for metric in order],
        "rates": charts.bar_chart(models, rates, full=True),
        "errors": charts.bar_chart(models, errors, full=False),
    }


def _row(name: str, models: Mapping[str, Mapping[str, Any]], changes: Mapping[str, Any]) -> dict[str, Any]:
    cells = [
        (text.amount(name, own[name]), text.interval(name, own[name])) if name in own else ("", "")
        for own in models.values()
    ]
    change = _change(name, changes[name]) if name in changes else {}
    return {"label": text.label(name).text, "cells": cells, "change": change, "diagnostic": text.is_diagnostic(name)}


def _change(name: str, comparison: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": text.difference(name, comparison).replace("-", "−"),
        "interval": text.interval(name, comparison, "+").replace("-", "−"),
        "certain": text.excludes_zero(comparison),
        "verdict": text.verdict(name, comparison),
        "p": text.p_value(comparison),
        "gained": comparison["gained"],
        "lost": comparison["lost"],
    }


def sample(row: Mapping[str, Any]) -> Sample:
    """A sample of samples.jsonl, ready to show."""
    answers = [answer(name, row["prompt"], own) for name, own in row["models"].items()]
    canonical = program_lines(row["prompt"], row["canonical_solution"], [])
    return Sample(row["task_id"], outcome(row["models"]), row["prompt"], canonical, tuple(answers))


def outcome(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Whether the first and the last model compile without being trivial: `gained`, `lost`, `both` or `neither`."""
    useful = [own["ok"] and not own["trivial"] for own in models.values()]
    names = {(False, True): "gained", (True, False): "lost", (True, True): "both", (False, False): "neither"}
    return names[useful[0], useful[-1]]


def answer(model: str, prompt: str, own: Mapping[str, Any]) -> Answer:
    """One model's part of a sample."""
    diagnostics = sorted(own["diagnostics"], key=lambda one: (one["line"], one["column"]))
    lines = program_lines(prompt, own["completion"], diagnostics)
    return Answer(model, lines, badges(own), tuple(diagnostics))


def badges(own: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The verdict in words, each with its CSS class."""
    status = ("good", "compiles") if own["ok"] else ("bad", own["status"])
    if own["ok"] and own["trivial"]:
        status = ("warn", "compiles, but trivial")
    elif own["trivial"]:
        status = ("bad", f"{own['status']}, trivial")
    return (status,) if own["finished"] else (status, ("warn", "unfinished"))


def program_lines(prompt: str, completion: str, diagnostics: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The completion's lines, numbered as in its program: prompt + completion, from line 1.

    The empty pieces before its first line break and after its last one are shown only if a diagnostic is there.
    """
    severities = {one["line"]: one["severity"] for one in diagnostics if one["severity"] == "warning"}
    severities |= {one["line"]: one["severity"] for one in diagnostics if one["severity"] == "error"}
    numbered = list(enumerate(completion.split("\n"), start=prompt.count("\n") + 1))
    ends = (numbered[0], numbered[-1])
    return tuple(
        Line(number, line, severities.get(number, ""))
        for number, line in numbered
        if line or number in severities or (number, line) not in ends
    )
