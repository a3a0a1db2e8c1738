"""What a model's completions are worth: pure functions from verdicts to metrics.json.

An empty function always compiles, so no rate stands alone: `nontrivial_compile_rate` is the headline, and
`compile_rate`, `trivial_rate`, `finished_rate` and `length` are what expose it. A problem's value is the mean over its
samples; a metric is the mean over problems, with a 95 % interval from resampling problems.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from rlcf.errors import DataError
from rlcf.records import Category, Completion, Problem, Verdict

RESAMPLES = 10_000
CHUNK = 4_000_000  # weights held in memory at once (8 bytes each)

T = TypeVar("T", Completion, Verdict)


@dataclass(frozen=True)
class Scored:
    """One completion of one problem, with its verdict."""

    problem: Problem
    completion: Completion
    verdict: Verdict

    @property
    def task_id(self) -> str:
        return self.problem.task_id

    @property
    def useful(self) -> bool:
        """The compiler accepts it, and it does something."""
        return self.verdict.ok and not self.verdict.trivial

    def has_error(self, category: Category) -> bool:
        return any(d.severity == "error" and d.category == category for d in self.verdict.diagnostics)


@dataclass(frozen=True)
class Metric:
    """A mean over `n` problems and its 95 % interval.

    No problem: all NaN. One problem: the interval is NaN, because one value says nothing about spread.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Comparison(Metric):
    """A paired difference (tuned minus base), its 95 % interval, and the problems behind it.

    `gained` and `lost` count the problems whose value rose and fell; `p` is McNemar's exact p-value (two-sided, not
    corrected for the number of metrics), NaN unless the metric is a rate and both models have one sample a problem.
    """

    p: float
    gained: int
    lost: int


Measure = Callable[[Scored], float]


def edit_similarity(completion: str, canonical: str) -> float:
    """1 - d / max(len(a), len(b)), d the Levenshtein distance in characters; in [0, 1], both texts stripped.

    Levenshtein (1966), insertions, deletions and substitutions each cost 1. (CodeXGLUE's "edit sim" is another
    number, 2·matches / (len(a) + len(b)): the two are not comparable.)
    """
    return Levenshtein.normalized_similarity(completion.strip(), canonical.strip())


def _error_rate(category: Category) -> Measure:
    return lambda one: one.has_error(category)


# Shares of completions, but for edit_similarity ([0, 1]) and length (characters). finished_nontrivial_rate is the
# strictest: compiles, does something, and ended before the token limit. The last ones, `syntax_error_rate` and so on,
# are shares of completions with at least one such error: unlike shares of all diagnostics, one can fall without
# another rising.
MEASURES: Mapping[str, Measure] = {
    "nontrivial_compile_rate": lambda one: one.useful,
    "compile_rate": lambda one: one.verdict.ok,
    "trivial_rate": lambda one: one.verdict.trivial,
    "finished_rate": lambda one: one.completion.finished,
    "finished_nontrivial_rate": lambda one: one.useful and one.completion.finished,
    "edit_similarity": lambda one: edit_similarity(one.completion.completion, one.problem.canonical_solution),
    "length": lambda one: len(one.completion.completion.strip()),
    **{f"{category}_error_rate": _error_rate(category) for category in get_args(Category)},
}


def is_rate(name: str) -> bool:
    """Is this metric a share of completions (so shown in per cent)?"""
    return name.endswith("_rate") or name.startswith("pass@")


def score(problems: Iterable[Problem], completions: Iterable[Completion], verdicts: Iterable[Verdict]) -> list[Scored]:
    """Join each completion to its problem and verdict. Raises DataError when one of the three is missing."""
    by_task = {problem.task_id: problem for problem in problems}
    written, judged = _by_sample(completions), _by_sample(verdicts)
    if odd := written.keys() ^ judged.keys():
        raise DataError(f"completions and verdicts do not match: {_some(odd)}. Delete the older one's artifact.")
    if unknown := {task for task, _ in written} - by_task.keys():
        raise DataError(f"completions of unknown problems: {_some(unknown)}. Score them with the problems they answer.")
    return [Scored(by_task[key[0]], completion, judged[key]) for key, completion in written.items()]


def _by_sample(rows: Iterable[T]) -> dict[tuple[str, int], T]:
    rows = list(rows)
    counts = Counter((row.task_id, row.sample) for row in rows)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise DataError(f"the same (task_id, sample) twice: {_some(twice)}. Samples of a problem are numbered 0, 1, …")
    return {(row.task_id, row.sample): row for row in rows}


def _some(items: Iterable[object], limit: int = 3) -> str:
    names = sorted(map(str, items))
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def by_problem(scored: Iterable[Scored], measure: Measure) -> dict[str, float]:
    """Each problem's mean over its samples, sorted by task_id (so that row order never changes an interval)."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for one in scored:
        values[one.task_id].append(float(measure(one)))
    return {task: fmean(values[task]) for task in sorted(values)}


def table(scored: Sequence[Scored], measures: Mapping[str, Measure]) -> NDArray[np.float64]:
    """Problems' values, shape (problems, measures)."""
    columns = [list(by_problem(scored, measure).values()) for measure in measures.values()]
    return np.array(columns, dtype=np.float64).reshape(len(columns), -1).T


def bootstrap(values: NDArray[np.float64], resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """95 % intervals of the column means of `values` (n, m): shape (2, m), by resampling rows.

    The percentile bootstrap of Efron (1979): the 2.5th and 97.5th percentile of the means of samples of n rows drawn
    with replacement; drawing rows is drawing their multinomial counts. All columns share the draws. Equal rows give a
    zero-width interval: with few problems, 0 of n does not mean that the rate is 0.
    """
    n, columns = values.shape
    if n < 2:
        return np.full((2, columns), np.nan)
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // n)
    sizes = [min(rows, resamples - start) for start in range(0, resamples, rows)]
    means = [rng.multinomial(n, np.full(n, 1 / n), size=size) @ values / n for size in sizes]
    bounds: NDArray[np.float64] = np.quantile(np.concatenate(means), [0.025, 0.975], axis=0)
    return bounds.round(12)  # so that rounding errors never put a bound beyond zero


def _metrics(names: Iterable[str], values: NDArray[np.float64], resamples: int) -> dict[str, Metric]:
    n, columns = values.shape
    means = values.mean(axis=0) if n else np.full(columns, np.nan)
    low, high = bootstrap(values, resamples)
    return {name: Metric(float(means[i]), float(low[i]), float(high[i]), n) for i, name in enumerate(names)}


def aggregate(
    scored: Sequence[Scored], measures: Mapping[str, Measure] = MEASURES, resamples: int = RESAMPLES
) -> dict[str, Metric]:
    """One model's metrics on one benchmark, by measure."""
    return _metrics(measures, table(scored, measures), resamples)


def mcnemar(lost: int, gained: int) -> float:
    """Exact two-sided p-value of McNemar (1947): are losses and gains equally likely?

    Under the null hypothesis the smaller count k is binomial(n = lost + gained, 1/2), so
    p = min(1, 2 · Σ_{i ≤ k} C(n, i) / 2^n); p = 1 when nothing changed.
    """
    n = lost + gained
    tail = sum(math.comb(n, i) for i in range(min(lost, gained) + 1))
    return min(1.0, float(2 * tail / 2**n))


def compare(
    base: Sequence[Scored],
    tuned: Sequence[Scored],
    measures: Mapping[str, Measure] = MEASURES,
    resamples: int = RESAMPLES,
) -> dict[str, Comparison]:
    """Tuned minus base by measure, paired over problems. Raises DataError when they answer different problems."""
    if odd := {one.task_id for one in base} ^ {one.task_id for one in tuned}:
        raise DataError(f"cannot compare models on different problems; only one has {_some(odd)}. Predict both again.")
    differences = table(tuned, measures) - table(base, measures)
    single = _one_sample_each(base) and _one_sample_each(tuned)
    metrics = _metrics(measures, differences, resamples)
    return {
        name: _comparison(metric, differences[:, i], tested=single and is_rate(name))
        for i, (name, metric) in enumerate(metrics.items())
    }


def _one_sample_each(scored: Sequence[Scored]) -> bool:
    return len({one.task_id for one in scored}) == len(scored) > 0


def _comparison(metric: Metric, differences: NDArray[np.float64], tested: bool) -> Comparison:
    gained, lost = int((differences > 0).sum()), int((differences < 0).sum())
    p = mcnemar(lost, gained) if tested else math.nan
    return Comparison(**asdict(metric), p=p, gained=gained, lost=lost)


def metrics_file(
    models: Mapping[str, Mapping[str, Sequence[Scored]]],
    measures: Mapping[str, Measure] = MEASURES,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """The content of metrics.json from scored[model][benchmark]; models in order: base, coarse, tuned.

    `{"models": {model: {benchmark: {metric: Metric}}}, "comparisons": {"tuned_vs_base": {benchmark: {metric:
    Comparison}}}}`, a comparison for each two models on the benchmarks that both answered. JSON has no NaN: an unknown
    number is null.
    """
    comparisons = {
        f"{tuned}_vs_{base}": {
            benchmark: compare(models[base][benchmark], models[tuned][benchmark], measures, resamples)
            for benchmark in models[base]
            if benchmark in models[tuned]
        }
        for base, tuned in combinations(models, 2)
    }
    own = {
        model: {benchmark: aggregate(rows, measures, resamples) for benchmark, rows in benchmarks.items()}
        for model, benchmarks in models.items()
    }
    return {"models": _plain(own), "comparisons": _plain(comparisons)}


def _plain(value: object) -> Any:
    """Dictionaries, numbers and None, as JSON has them."""
    if isinstance(value, Metric):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
