"""Placeholder while being written."""


def is_trivial(prompt: str, completion: str, canonical: str) -> bool:
    return not completion.strip()
