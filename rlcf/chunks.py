"""Long work in chunks that survive a kill: each chunk's rows are a file of their own until all are there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from rlcf.artifacts import write_atomically
from rlcf.records import Record, dump

Make = Callable[[int], Sequence[Record]]
"""Makes the rows of one chunk, by its number."""


def fill(target: Path, sizes: Sequence[int], prepare: Callable[[], Make], advance: Callable[[int], None]) -> None:
    """Write `target` (JSON Lines) from `len(sizes)` chunks, making only those that no earlier run left behind.

    `prepare` does what is costly before the first chunk (load a model) and is called only if one is missing;
    `advance` is told the rows of each chunk (`sizes`), made or found.
    """
    if target.exists():
        return
    folder = target.with_suffix(".chunks")
    folder.mkdir(exist_ok=True)
    files = [folder / f"{number:06}.jsonl" for number in range(len(sizes))]
    missing = [number for number, file in enumerate(files) if not file.exists()]
    advance(sum(sizes) - sum(sizes[number] for number in missing))
    if missing:
        make = prepare()
        for number in missing:
            write_atomically(files[number], "".join(dump(row) + "\n" for row in make(number)))
            advance(sizes[number])
    write_atomically(target, "".join(file.read_text(encoding="utf-8") for file in files))
    shutil.rmtree(folder)
