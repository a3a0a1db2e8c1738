"""Placeholder while being written."""

import random
from collections.abc import Iterator


def corruptions(prompt: str, completion: str, rng: random.Random) -> Iterator[str]:
    return iter(())
