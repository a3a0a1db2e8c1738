"""The comparison in the terminal: the sorted table, then what is not in it and what to beware of."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from rlcf.compare import words
from rlcf.compare.table import Row, Table, Value
from rlcf.console import STYLES
from rlcf.report import text

COMPANY = ("compile_rate", "trivial_rate")  # the page shows more
WARNINGS = 5


def show(table: Table, console: Console) -> None:
    """Print the comparison."""
    if table.rows:
        grid = _grid(table, narrow=False)
        narrow = console.measure(grid, options=console.options.update(width=1000)).maximum > console.width
        console.print(_grid(table, narrow=True) if narrow else grid)
        for note in words.notes(table):
            console.print(f"* {note}", style="dim", soft_wrap=not console.is_terminal)
    for name, reason in table.left_out:
        console.print(f"Left out: {name}: {reason}", style="yellow", soft_wrap=not console.is_terminal)
    for name, warning in table.warnings[:WARNINGS]:
        console.print(f"WARNING {name}: {warning}", style="bold red", soft_wrap=not console.is_terminal)
    if len(table.warnings) > WARNINGS:
        console.print(f"WARNING {len(table.warnings) - WARNINGS} more, all on the page", style="bold red")


def _grid(table: Table, narrow: bool) -> Grid:
    """The table; where space is short, intervals are below the values."""
    title = f"{text.label(table.metric).text} on {table.benchmark}"
    padding = (0, 1 if narrow else 2, 0, 0)
    grid = Grid(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=padding)
    company = [name for name in table.company if name in COMPANY]
    grid.add_column("")
    for heading in ["run", *(setting.label for setting in table.settings)]:
        grid.add_column(heading, overflow="fold")
    for heading in ["tuned", "base", "tuned - base", "- row 1"]:
        grid.add_column(heading, no_wrap=True)
    for name in company:
        grid.add_column(text.label(name).text)
    for index, row in enumerate(table.rows):
        names = [str(index + 1), words.run_names(row), *words.settings(table, index)]
        values = _values(table.metric, row, index, "\n" if narrow else " ")
        grid.add_row(*names, *values, *(_amount(name, row.last.get(name)) for name in company))
    return grid


def _values(metric: str, row: Row, index: int, between: str) -> list[Text]:
    beside = _difference(metric, row.beside, between) if row.beside else Text("other problems" if index else "")
    return [
        _amount(metric, row.last.get(metric), between) if row.is_trained else Text(),
        _amount(metric, row.first.get(metric), between),
        _difference(metric, row.change, between) if row.change else Text(),
        beside,
    ]


def _amount(metric: str, value: Value | None, between: str = "") -> Text:
    """The value, and its interval after `between` (left out where that is empty)."""
    if value is None:
        return Text()
    interval = (between, (text.interval(metric, value), "dim")) if between else ()
    return Text.assemble(text.amount(metric, value), *interval)


def _difference(metric: str, value: Value, between: str) -> Text:
    own = words.difference(metric, value)
    return Text.assemble(
        (own.value, STYLES[own.verdict]), f"  {own.p}" if own.p else "", between, (own.interval, "dim")
    )
