"""The comparison in words, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rlcf.compare.settings import word
from rlcf.compare.table import Row, Table, Value
from rlcf.report import text

ALPHA = 0.05


class Difference(NamedTuple):
    """A difference ready to show; `verdict` is `better` or `worse` where the corrected p-value is below 0.05."""

    value: str
    interval: str
    p: str
    verdict: str


def difference(metric: str, value: Value) -> Difference:
    certain = value["holm"] is not None and value["holm"] < ALPHA
    verdict = text.verdict(metric, value) if certain else ""
    p = text.p_value({"p": value["holm"]})
    return Difference(text.difference(metric, value), text.interval(metric, value, "+"), p, verdict)


def run_names(row: Row) -> str:
    """`sweep/3`, or `sweep/3, sweep/4 (2 seeds)`."""
    names = ", ".join(run.name for run in row.runs)
    return names if len(row.runs) == 1 else f"{names} ({len(row.runs)} seeds)"


def settings(table: Table, index: int) -> list[str]:
    """One row's values of the settings that differ."""
    return [word(setting.key, setting.values[index]) for setting in table.settings]


def notes(table: Table) -> Iterator[str]:
    """How to read the table, and what not to read into it."""
    yield "In brackets: 95 % intervals, each for itself. Differences of rates are in percentage points."
    changes = sum(row.change is not None for row in table.rows)
    if changes or table.pairs:
        yield (
            "p: after Holm's correction, of "
            + " and ".join(
                [f"{changes} comparison(s) of a tuned model with its own base"] * bool(changes)
                + [f"all {table.pairs} pair(s) of rows{_chosen(table)}"] * bool(table.pairs)
            )
            + "."
        )
    yield from _first_place(table)
    if any(len(row.runs) > 1 for row in table.rows):
        yield "Seeds of one configuration are pooled: their intervals draw problems and seeds anew."
    if text.label(table.metric).better == 0:
        yield f"More is not always better: {text.label(table.metric).text} can rise without better programs."
    yield from _options(table)


def _chosen(table: Table) -> str:
    return ", because row 1 was chosen for its value" if table.ties == 1 else ""


def _first_place(table: Table) -> Iterator[str]:
    """What the first place is worth."""
    if table.ties > 1:
        yield f"Rows 1 to {table.ties} have the same value: their order says nothing."
    if table.ties < len(table.rows):
        yield (
            f"The best of {len(table.rows)} is flattered: part of what put it first is luck. Before relying on it, "
            "confirm it on other problems or with other seeds."
        )


def _options(table: Table) -> Iterator[str]:
    """What else can be compared, and by which option."""
    benchmarks = [one.benchmark for one in table.headlines]
    if benchmarks:
        yield f"Also evaluated: {', '.join(benchmarks)}. Compare on one of them: --benchmark NAME."
    metrics = [name for name in table.measured if name != table.metric]
    if metrics:
        yield f"Other metrics of {table.benchmark}: {', '.join(metrics)}. Sort by one of them: --metric NAME."
