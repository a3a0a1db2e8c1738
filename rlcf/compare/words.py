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
                + [f"all {table.pairs} pair(s) of rows, because row 1 was chosen for its value"] * bool(table.pairs)
            )
            + "."
        )
    if len(table.rows) > 1:
        yield (
            f"The best of {len(table.rows)} is flattered: part of what put it first is luck. Before relying on it, "
            "confirm it on other problems or with other seeds."
        )
    if any(len(row.runs) > 1 for row in table.rows):
        yield "Seeds of one configuration are pooled: their intervals draw problems and seeds anew."
    if text.label(table.metric).better == 0:
        yield f"More is not always better: {text.label(table.metric).text} can rise without better programs."


def uncompared(table: Table) -> bool:
    """Is there a row on other problems than the first one's?"""
    return any(row.beside is None for row in table.rows[1:])
