"""Every method of a language takes any text that a model can write."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcf.errors import ConfigError
from rlcf.languages import language

PYTHON = language("python")
PROMPT = 'def f(n):\n    """Does it."""'
# Pieces that open, close and end things, so that random text meets the scanner's states.
PIECES = [
    *("\n", "\r\n", "\r", "    ", "\t", "\f", "#", "\\", "'", '"', "'''", '"""', "(", ")", "[", "]", "{", "}", ":"),
    *("`", "```", "x", " = ", "def g", "return", "if", "try", "except", "@", "class ", "of the", "é", "\ud800", "\0"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)
prompts = st.sampled_from([PROMPT, "", "x = (", "def f():\n    '''", PROMPT + "\n", PROMPT + "\n  "]) | texts


@given(prompts, texts, texts)
def test_function_end_is_final(prompt: str, text: str, more: str) -> None:
    end = PYTHON.function_end(prompt, text)
    assert end is None or (0 <= end <= len(text) and PYTHON.function_end(prompt, text + more) == end)


@given(prompts, texts)
def test_unfinished_text_is_cut_to_a_prefix(prompt: str, text: str) -> None:
    assert text.startswith(PYTHON.drop_unfinished(prompt, text))


@given(prompts, texts)
def test_anything_is_trivial_or_not(prompt: str, text: str) -> None:
    assert PYTHON.is_trivial(prompt, text, text) in (True, False)


@given(prompts, texts)
def test_anything_can_be_corrupted(prompt: str, text: str) -> None:
    variants = list(PYTHON.corruptions(prompt, text, random.Random(0)))
    assert text not in variants
    assert len(set(variants)) == len(variants)


@pytest.mark.parametrize("piece", ["(", "'", "\n    try:", "\\\n", "\n    x.", "\r", '"""\n', "-", "\n  if x:"])
def test_long_garbage_is_quick(piece: str) -> None:
    text = piece * 5_000
    start = time.process_time()
    PYTHON.function_end(PROMPT, text + "\nx")
    PYTHON.drop_unfinished(PROMPT, text)
    PYTHON.is_trivial(PROMPT, text, "")
    assert time.process_time() - start < 5


def test_unknown_language_names_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match=r"no language 'cobol'. Valid names: .*python"):
        language("cobol")
