"""What a run says in the terminal: one line a stage, a progress bar, the metrics.

In a log file, or wherever there is no terminal, the same as plain lines. `NO_COLOR` is respected.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from rlcf.report import text

LOG_WIDTH = 120  # columns of a file, where no terminal says otherwise
STYLES = {"better": "green", "worse": "red", "": ""}
SECONDS_BETWEEN_LINES = 30.0
SECONDS_BEFORE_RATE = 0.5


def make_console(file: TextIO | None = None) -> Console:
    """A console on `file` (stdout unless given), as wide as its terminal."""
    file = file or sys.stdout
    fixed = file.isatty() or "COLUMNS" in os.environ
    return Console(file=file, width=None if fixed else LOG_WIDTH, highlight=False, markup=False, emoji=False)


def duration(seconds: float) -> str:
    """`0.4 s`, `212 s`, `14 min`, `3 h 20 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 599.5:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def stage_line(name: str, what: str, seconds: float, reused: bool, console: Console | None = None) -> None:
    """Print what one stage gave: `collect           212 s  made    576 completions of 192 problems`.

    What differs in length comes last, so that a narrow terminal breaks nothing else.
    """
    console = console or make_console()
    line = Text.assemble(
        (f"{name:<14} ", "bold"),
        f"{duration(seconds):>9}  ",
        ("reused  ", "dim") if reused else ("made    ", "green"),
        what,
    )
    console.print(line, soft_wrap=True)


def metrics_table(metrics: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the content of metrics.json, a table for each benchmark, and the warnings of the trap below them."""
    console = console or make_console()
    for benchmark in text.benchmarks(metrics):
        table = _table(metrics, benchmark, between=" ")
        if _width(table, console) > console.width:
            table = _table(metrics, benchmark, between="\n")
        console.print(table)
    if metrics["comparisons"]:
        console.print("* the 95 % interval excludes zero. Differences of rates: percentage points.", style="dim")
    for warning in text.warnings(metrics):
        console.print(f"WARNING {warning}", style="bold red", soft_wrap=not console.is_terminal)


def _width(table: Table, console: Console) -> int:
    """Columns that the table would take if there were room (a console measures no further than its own width)."""
    return console.measure(table, options=console.options.update(width=1000)).maximum


def _table(metrics: Mapping[str, Any], benchmark: str, between: str) -> Table:
    """One benchmark's metrics; `between` a value and its interval is a space, or a line break where space is short."""
    models = {name: own[benchmark] for name, own in metrics["models"].items() if benchmark in own}
    first, last = text.first_and_last(metrics)
    changes = text.comparison_of(metrics, last, first, benchmark)
    every = {name: metric for own in models.values() for name, metric in own.items()}
    title = f"{benchmark}, {max(metric['n'] for metric in every.values())} problems"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0))
    table.add_column("")
    for heading in [*models, *([f"{last} - {first}"] if changes else [])]:
        table.add_column(heading, no_wrap=True)
    for name in text.names(every):
        cells = [_cell(name, own[name], between) if name in own else Text() for own in models.values()]
        change = [_change(name, changes[name], between)] if name in changes else []
        table.add_row(text.label(name).text, *cells, *change)
    return table


def _cell(name: str, metric: text.Values, between: str) -> Text:
    return Text.assemble(text.amount(name, metric), between, (text.interval(name, metric), "dim"))


def _change(name: str, comparison: text.Values, between: str) -> Text:
    mark = " *" if text.excludes_zero(comparison) else ""
    words = Text(text.difference(name, comparison), style=STYLES[text.verdict(name, comparison)])
    return words.append(f"{between}{text.interval(name, comparison, '+')}{mark}")


Advance = Callable[[int], None]


@contextmanager
def progress(description: str, total: int, console: Console | None = None) -> Iterator[Advance]:
    """Show how far a long stage is, on stderr; gives `advance(n)`.

    A bar that goes away at the end on a terminal; elsewhere a line about every tenth, or every 30 seconds.
    """
    console = console or make_console(sys.stderr)
    if not console.is_terminal:
        yield Lines(description, total, lambda line: console.print(line, soft_wrap=True)).advance
        return
    with Progress(*_columns(), console=console, transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda n: bar.advance(task, n)


def _columns() -> list[ProgressColumn]:
    return [
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(compact=True),
    ]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(rate(task.speed or 0.0), style="dim")


def rate(per_second: float) -> str:
    """`12.3/s`, or `4.5/min` for what takes longer than a second each."""
    return f"{per_second:.1f}/s" if per_second >= 1 or per_second == 0 else f"{60 * per_second:.1f}/min"


@dataclass
class Lines:
    """Progress as plain lines: `collect: 58/576 (10 %), 12.3/s, 42 s left`."""

    description: str
    total: int
    write: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    start: float = field(init=False)
    written_at: float = field(init=False)
    tenth: int = 0

    def __post_init__(self) -> None:
        self.start = self.written_at = self.clock()

    def advance(self, n: int) -> None:
        self.done += n
        now = self.clock()
        tenth = 10 * self.done // max(self.total, 1)
        if tenth > self.tenth or now - self.written_at >= SECONDS_BETWEEN_LINES:
            self.write(self._line(now - self.start))
            self.tenth, self.written_at = tenth, now

    def _line(self, elapsed: float) -> str:
        share = 100 * self.done // max(self.total, 1)
        line = f"{self.description}: {self.done}/{self.total} ({share} %)"
        if elapsed < SECONDS_BEFORE_RATE:  # what an earlier run left behind is told at once
            return line
        speed = self.done / elapsed
        left = f", {duration((self.total - self.done) / speed)} left" if speed and self.done < self.total else ""
        return f"{line}, {rate(speed)}{left}"
