"""Metrics: every expected value is derived by hand, in the test."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from rlcf.errors import DataError
from rlcf.metrics import (
    MEASURES,
    Metric,
    Scored,
    aggregate,
    bootstrap,
    compare,
    edit_similarity,
    is_rate,
    mcnemar,
    metrics_file,
    score,
)
from rlcf.records import Category, Completion, Diagnostic, Problem, Status, Verdict


def problem(task: str, canonical: str = "\n    return 1 + 1\n") -> Problem:
    return Problem(
        task_id=task,
        language="python",
        prompt="def f():",
        signature="def f():",
        documentation="",
        canonical_solution=canonical,
        split="test",
    )


def one(
    task: str,
    ok: bool = True,
    trivial: bool = False,
    finished: bool = True,
    sample: int = 0,
    text: str = "\n    return 2\n",
    errors: Sequence[Category] = (),
) -> Scored:
    diagnostics = tuple(
        Diagnostic(severity="error", code="E1", message="m", line=1, column=1, category=category) for category in errors
    )
    status: Status = "ok" if ok else "rejected"
    return Scored(
        problem(task),
        Completion(task_id=task, sample=sample, raw=text, completion=text, finished=finished, tokens=3),
        Verdict(task_id=task, sample=sample, ok=ok, status=status, trivial=trivial, diagnostics=diagnostics),
    )


def test_an_empty_function_raises_the_compile_rate_only() -> None:
    # a compiles and works, b compiles and is empty, c is rejected, d is cut by the token limit but compiles.
    rows = [one("a"), one("b", trivial=True), one("c", ok=False), one("d", finished=False)]
    values = {name: metric.value for name, metric in aggregate(rows).items()}
    assert values["compile_rate"] == 3 / 4
    assert values["nontrivial_compile_rate"] == 2 / 4
    assert values["finished_nontrivial_rate"] == 1 / 4
    assert values["trivial_rate"] == 1 / 4
    assert values["finished_rate"] == 3 / 4


def test_a_problem_counts_once_however_many_samples_it_has() -> None:
    # Problem a: 1 of 3 compiles; problem b: 1 of 1. Mean over problems (1/3 + 1) / 2, not 2 of 4.
    rows = [one("a"), one("a", ok=False, sample=1), one("a", ok=False, sample=2), one("b")]
    metric = aggregate(rows)["compile_rate"]
    assert metric.value == pytest.approx(2 / 3)
    assert metric.n == 2


def test_edit_similarity_by_hand() -> None:
    assert edit_similarity("\n  return a\n", "return b") == 1 - 1 / 8  # one substitution in eight characters
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)  # Levenshtein's textbook distance 3
    assert edit_similarity("", "abc") == 0.0
    assert edit_similarity(" ", "") == 1.0
    assert edit_similarity("\ud800", "x") == 0.0  # half a surrogate pair is an input like any other


def test_length_is_that_of_the_stripped_completion() -> None:
    assert aggregate([one("a", text="\n    pass\n\n"), one("b", text="\n  xy")])["length"].value == (4 + 2) / 2


def test_error_categories_count_completions_not_diagnostics() -> None:
    rows = [
        one("a", ok=False, errors=["name", "name", "type"]),
        one("b", ok=False, errors=["name"]),
        one("c"),
        one("d"),
    ]
    metrics = aggregate(rows)
    assert metrics["name_error_rate"].value == 2 / 4
    assert metrics["type_error_rate"].value == 1 / 4
    assert metrics["syntax_error_rate"].value == 0


def test_warnings_of_the_compiler_are_no_errors() -> None:
    warning = Diagnostic(severity="warning", code="W1", message="m", line=1, column=1, category="name")
    row = one("a")
    warned = Scored(row.problem, row.completion, row.verdict.model_copy(update={"diagnostics": (warning,)}))
    assert aggregate([warned])["name_error_rate"].value == 0


def test_bootstrap_of_equal_values_has_no_width() -> None:
    low, high = bootstrap(np.full((10, 1), 0.25))
    assert low == high == 0.25


def test_bootstrap_of_two_values_by_hand() -> None:
    # Resamples of {0, 1} of size 2 have mean 0 (1/4), 1/2 (1/2), 1 (1/4): the 2.5th percentile is 0, the 97.5th 1.
    assert bootstrap(np.array([[0.0], [1.0]])).ravel().tolist() == [0.0, 1.0]


def test_bootstrap_agrees_with_the_normal_approximation() -> None:
    # 400 problems, half of them 1: standard error 0.5 / 20 = 0.025, so 0.5 ± 1.96 · 0.025 = [0.451, 0.549].
    values = np.repeat([0.0, 1.0], 200)[:, None]
    assert bootstrap(values).ravel() == pytest.approx([0.451, 0.549], abs=0.004)


def test_bootstrap_is_reproducible_and_covers_the_columns_with_the_same_draws() -> None:
    values = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    bounds = bootstrap(values, seed=3)
    assert (bounds == bootstrap(values, seed=3)).all()
    assert bounds[:, 0] == pytest.approx(1 - bounds[::-1, 1])


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [one(str(i), ok=i % 3 == 0) for i in range(20)]
    assert aggregate(rows)["compile_rate"] == aggregate(rows[::-1])["compile_rate"]


def test_no_problem_gives_no_flattering_number() -> None:
    metric = aggregate([])["compile_rate"]
    assert metric.n == 0
    assert math.isnan(metric.value)
    assert math.isnan(metric.low)
    assert math.isnan(metric.high)


def test_one_problem_has_a_value_and_no_interval() -> None:
    metric = aggregate([one("a")])["compile_rate"]
    assert (metric.value, metric.n) == (1.0, 1)
    assert math.isnan(metric.low)
    assert math.isnan(metric.high)


def test_mcnemar_by_hand() -> None:
    assert mcnemar(1, 6) == 2 * (1 + 7) / 2**7  # = 0.125
    assert mcnemar(6, 1) == 0.125
    assert mcnemar(0, 5) == 2 / 32
    assert mcnemar(3, 3) == 1.0  # 2 · (1 + 6 + 15 + 20) / 64 > 1
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 2000) == 0.0  # 2^-1999, below the smallest float: no overflow


def paired(lost: int, gained: int, same: int) -> tuple[list[Scored], list[Scored]]:
    outcomes = [(True, False)] * lost + [(False, True)] * gained + [(True, True)] * same
    base = [one(f"p{i}", ok=before) for i, (before, _) in enumerate(outcomes)]
    return base, [one(f"p{i}", ok=after) for i, (_, after) in enumerate(outcomes)][::-1]


def test_compare_pairs_by_problem() -> None:
    base, tuned = paired(lost=1, gained=6, same=3)
    change = compare(base, tuned)["nontrivial_compile_rate"]
    assert change.value == pytest.approx((6 - 1) / 10)
    assert (change.gained, change.lost, change.n) == (6, 1, 10)
    assert change.p == 0.125
    # Differences -1 (1/10), 0 (3/10), 1 (6/10): standard error sqrt((7/10 - 1/4) / 10) = 0.212.
    assert change.low == pytest.approx(0.5 - 1.96 * 0.212, abs=0.06)
    assert change.high == pytest.approx(0.5 + 1.96 * 0.212, abs=0.06)


def test_equal_models_differ_by_exactly_nothing() -> None:
    base, _ = paired(lost=2, gained=2, same=3)
    change = compare(base, base)["compile_rate"]
    assert (change.value, change.low, change.high, change.p) == (0.0, 0.0, 0.0, 1.0)


def test_mcnemar_is_for_rates_with_one_sample_a_problem() -> None:
    base, tuned = paired(lost=1, gained=1, same=1)
    assert math.isnan(compare(base, tuned)["edit_similarity"].p)
    again = [one("p0", sample=1)]
    assert math.isnan(compare(base + again, tuned + again)["compile_rate"].p)


def test_compare_refuses_different_problems() -> None:
    with pytest.raises(DataError, match="different problems; only one has b, c"):
        compare([one("a"), one("b")], [one("a"), one("c")])


def test_score_joins_by_task_and_sample() -> None:
    rows = [one("a"), one("a", ok=False, sample=1)]
    scored = score([problem("a"), problem("unused")], [r.completion for r in rows], [r.verdict for r in reversed(rows)])
    assert [s.verdict.ok for s in scored] == [True, False]


def test_score_refuses_what_does_not_match() -> None:
    row = one("a")
    with pytest.raises(DataError, match="do not match"):
        score([problem("a")], [row.completion], [])
    with pytest.raises(DataError, match="unknown problems: a"):
        score([problem("b")], [row.completion], [row.verdict])
    with pytest.raises(DataError, match="twice"):
        score([problem("a")], [row.completion, row.completion], [row.verdict])


def test_metrics_file_compares_each_pair_and_writes_null_for_nan() -> None:
    rows = {"heldout": [one("a")], "humaneval": []}
    content = metrics_file({"base": rows, "coarse": rows, "tuned": {"heldout": [one("a", ok=False)]}}, resamples=100)
    assert list(content["models"]) == ["base", "coarse", "tuned"]
    assert list(content["comparisons"]) == ["coarse_vs_base", "tuned_vs_base", "tuned_vs_coarse"]
    assert list(content["comparisons"]["tuned_vs_base"]) == ["heldout"]
    assert content["comparisons"]["tuned_vs_base"]["heldout"]["compile_rate"]["value"] == -1
    assert content["models"]["base"]["humaneval"]["compile_rate"] == {"value": None, "low": None, "high": None, "n": 0}
    assert "NaN" not in json.dumps(content, allow_nan=False)


def test_another_measure_is_one_more_entry() -> None:
    measures = {**MEASURES, "pass@1": lambda row: row.task_id == "a"}
    metrics = aggregate([one("a"), one("b")], measures, resamples=100)
    assert metrics["pass@1"] == Metric(0.5, 0.0, 1.0, 2)
    assert is_rate("pass@1")
