"""Long work in chunks that survive a kill: each chunk's rows are a file of their own until all are there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rlcf.artifacts import write_atomically
from rlcf.records import Record, dump

Tell = Callable[[int], None]
"""Told how much of the work at hand is done so far."""

Make = Callable[[Sequence[int], Tell], Sequence[Sequence[Record]]]
"""Makes the rows of some chunks, by their numbers."""


def fill(
    target: Path, sizes: Sequence[int], prepare: Callable[[], Make], advance: Callable[[int], None], at_once: int = 1
) -> None:
    """Write `target` (JSON Lines) from `len(sizes)` chunks, making only those that no earlier run left behind.

    `prepare` does what is costly before the first chunk (load a model) and is called only if one is missing;
    `advance` is told the rows (`sizes`) that are found, and then those that are made; chunks are made one at a time, or
    as many together as hold up to `at_once` rows.
    """
    if target.exists():
        return
    files = chunk_files(target, len(sizes))
    missing = [number for number, file in enumerate(files) if not file.exists()]
    advance(sum(sizes) - sum(sizes[number] for number in missing))
    if missing:
        make = prepare()
        for group in grouped(missing, sizes, at_once):
            steps = Steps(advance)
            for number, rows in zip(group, make(group, steps.tell), strict=True):
                write_chunk(files[number], rows)
            steps.tell(sum(sizes[number] for number in group))
    write_atomically(_sizes_file(target), json.dumps(sizes))
    write_atomically(target, "".join(file.read_text(encoding="utf-8") for file in files))
    shutil.rmtree(files[0].parent if files else target.with_suffix(".chunks"))


class Steps:
    """Turns what is done so far, from zero, into steps of progress."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self._done = 0

    def tell(self, done: int) -> None:
        if done > self._done:
            self._advance(done - self._done)
            self._done = done


def chunk_files(target: Path, count: int) -> list[Path]:
    """The files of the chunks of `target`, in a folder that is made where it is missing."""
    folder = target.with_suffix(".chunks")
    folder.mkdir(exist_ok=True)
    return [folder / f"{number:06}.jsonl" for number in range(count)]


def found_chunks(target: Path) -> dict[int, Path]:
    """The chunks of `target` that are whole so far, by number."""
    return {int(file.stem): file for file in sorted(target.with_suffix(".chunks").glob("[0-9]*.jsonl"))}


def write_chunk(file: Path, rows: Sequence[Record]) -> None:
    write_atomically(file, "".join(dump(row) + "\n" for row in rows))


def sizes_of(target: Path) -> list[int]:
    """The rows of each chunk that `target` was made of."""
    sizes: list[int] = json.loads(_sizes_file(target).read_text())
    return sizes


def _sizes_file(target: Path) -> Path:
    return target.with_suffix(".sizes.json")


def grouped(numbers: Sequence[int], sizes: Sequence[int], at_once: int) -> Iterator[list[int]]:
    """The chunks `numbers` in groups of up to `at_once` rows, each of at least one chunk."""
    group: list[int] = []
    for number in numbers:
        if group and sum(sizes[other] for other in [*group, number]) > at_once:
            yield group
            group = []
        group.append(number)
    if group:
        yield group
