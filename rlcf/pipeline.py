"""The graph of stages: from an experiment to the steps that make its artifacts. Nothing runs here.

prepare ─┬─> collect ─> label ─> prefer ─> train ─┐
model ───┴────────────────────────────────────────┴─> predict ─> label ─> evaluate ─> report
                    (a method)                        (a compared model)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rlcf.artifacts import Step, versions
from rlcf.compilers import sources_hash
from rlcf.component import Component
from rlcf.config import Experiment
from rlcf.datasets.filters import KEEP_ALL, Filters
from rlcf.datasets.split import Shares
from rlcf.methods.base import Method
from rlcf.policy import resolve_device
from rlcf.records import Split
from rlcf.stages.collect import CollectConfig
from rlcf.stages.collect import run as collect
from rlcf.stages.evaluate import EvaluateConfig
from rlcf.stages.evaluate import run as evaluate
from rlcf.stages.label import LabelConfig, follow
from rlcf.stages.label import run as label
from rlcf.stages.model import ModelConfig, fingerprint
from rlcf.stages.model import run as fetch
from rlcf.stages.prefer import PreferConfig
from rlcf.stages.prefer import run as prefer
from rlcf.stages.prepare import PrepareConfig
from rlcf.stages.prepare import run as prepare
from rlcf.stages.report import ReportConfig
from rlcf.stages.report import run as report
from rlcf.stages.train import TrainConfig
from rlcf.stages.train import run as train
from rlcf.workers.pool import available_cpus

TRAINING = {"collect", "label", "prefer", "train"}
"""The stages that a method asks for."""

UNSHOWN: Any = {"artifacts": True, "workers": True, "stages": True, "tracking": {"environment"}}
"""Config that changes no result, and would make another report of the same run."""


@dataclass(frozen=True)
class Planned:
    """A step in its place: the stage that asks for it, and the model or method that it serves."""

    stage: str
    step: Step
    of: str = ""


@dataclass
class Planner:
    """Builds the steps of one experiment, each from the parts of the config that its stage reads."""

    experiment: Experiment
    planned: list[Planned] = field(default_factory=list)

    def plan(self) -> list[Planned]:
        """Every step, in an order in which they can be made."""
        base = self._add("model", self._base())
        problems = self._add("prepare", self._problems())
        trained = self._trained(base, problems) if TRAINING & set(self.experiment.stages) else {}
        compared = trained if "train" in self.experiment.stages else {}
        self._evaluation({"base": base, **compared}, problems)
        return self.planned

    def _trained(self, base: Step, problems: Step) -> dict[str, Step]:
        e = self.experiment
        chain = {"coarse": e.coarse, "tuned": e.method} if e.coarse else {"tuned": e.method}
        models, policy = {}, base
        for name, method in chain.items():
            policy = models[name] = self._method(method, policy, problems, "" if len(chain) == 1 else name)
        return models

    def _method(self, component: Component, policy: Step, problems: Step, of: str) -> Step:
        method: Method = component.build()
        inputs = {"policy": policy, "problems": problems}
        counts: dict[Split, int | None] = {"train": method.rows.train, "validation": method.rows.validation}
        if method.needs_samples:
            counts = {"train": self._collect.problems, "validation": self._collect.validation_problems}
            completions = self._completions("collect", policy, problems, counts, self._collect.samples)
            inputs["completions"] = self._add("collect", completions, of)
            inputs["verdicts"] = self._add("label", self._verdicts(problems, completions), of)
        rows = self._add("prefer", self._rows(component, method, counts, inputs), of)
        return self._add("train", self._train(component, method, policy, rows), of)

    def _evaluation(self, models: Mapping[str, Step], problems: Step) -> None:
        e = self.experiment
        if e.benchmark.source is not None:
            problems = self._add("predict", self._benchmark(e.benchmark.source), e.benchmark.name)
        inputs = {"problems": problems}
        for name, policy in models.items():
            counts: dict[Split, int | None] = {"test": e.predict.problems}
            completions = self._completions("predict", policy, problems, counts, e.predict.samples)
            inputs[f"{name}.completions"] = self._add("predict", completions, name)
            inputs[f"{name}.verdicts"] = self._add("predict", self._verdicts(problems, completions), name)
        evaluation = self._add("evaluate", self._evaluate(tuple(models), inputs))
        policies = {f"{name}.policy": policy for name, policy in models.items()}
        self._add("report", self._report(tuple(models), {"evaluation": evaluation, **policies}))

    def _add(self, stage: str, step: Step, of: str = "") -> Step:
        if step not in [planned.step for planned in self.planned]:
            self.planned.append(Planned(stage, step, of))
        return step

    @property
    def _collect(self) -> Any:
        return self.experiment.collect

    def _base(self) -> Step:
        m = self.experiment.model
        config = ModelConfig(m.path, m.revision, m.gguf if m.path is None else None)
        weights = config.gguf.model_dump(include={"file", "sha256"}) if config.gguf else None
        determines = {"path": m.path, "revision": m.revision, "gguf": weights, "files": fingerprint(m.path)}
        return Step("model", fetch, config, determines)

    def _problems(self) -> Step:
        dataset = self.experiment.dataset
        return self._prepare(dataset.source, dataset.filters, dataset.shares)

    def _benchmark(self, source: Component) -> Step:
        """A benchmark's problems: all of them, all held out."""
        return self._prepare(source, KEEP_ALL, None)

    def _prepare(self, source: Component, filters: Filters, shares: Shares | None) -> Step:
        e = self.experiment
        config = PrepareConfig(source, e.dataset.language, filters, shares)
        determines = {
            "source": source.identity,
            "content": source.build().fingerprint(),
            "language": config.language,
            "filters": filters.model_dump(),
            "shares": shares.model_dump() if shares else None,
        }
        return Step("prepare", prepare, config, determines)

    def _completions(
        self, stage: str, policy: Step, problems: Step, counts: dict[Split, int | None], samples: int
    ) -> Step:
        e = self.experiment
        config = CollectConfig(counts, samples, e.sampling, e.prompt, e.seed, e.model.dtype, self._device)
        determines = {
            "problems": counts,
            "samples": samples,
            "sampling": e.sampling.model_dump(),
            "prompt": self._prompt,
            "seed": e.seed,
            **self._numerics,
        }
        return Step(stage, collect, config, determines, {"policy": policy, "problems": problems})

    def _verdicts(self, problems: Step, completions: Step) -> Step:
        config = LabelConfig(self.experiment.compiler, self._workers)
        inputs = {"problems": problems, "completions": completions}
        return Step("label", label, config, self._compiler, inputs, "completions", follow)

    def _rows(
        self, component: Component, method: Method, counts: dict[Split, int | None], inputs: Mapping[str, Step]
    ) -> Step:
        e = self.experiment
        config = PreferConfig(component, e.reward, e.compiler, e.prompt, counts, e.seed, self._workers)
        determines = {
            "method": component.target,
            "rows": method.rows.model_dump(),
            "batch_size": method.batch_size,
            "max_length": method.args.get("max_length"),
            "reward": e.reward.identity,
            "compiler": self._compiler,
            "prompt": self._prompt,
            "problems": counts,
            "seed": e.seed,
        }
        return Step("prefer", prefer, config, determines, inputs)

    def _train(self, component: Component, method: Method, policy: Step, rows: Step) -> Step:
        e = self.experiment
        m = e.model
        config = TrainConfig(component, m.lora, m.adapter_policy, m.dtype, self._device, e.seed, e.tracking)
        determines = {
            "method": component.target,
            "args": method.args,
            "early_stopping_patience": method.early_stopping_patience,
            "lora": m.lora.model_dump() if m.lora else None,
            "adapter_policy": m.adapter_policy,
            "seed": e.seed,
            **self._numerics,
        }
        return Step("train", train, config, determines, {"policy": policy, "rows": rows})

    def _evaluate(self, models: tuple[str, ...], inputs: Mapping[str, Step]) -> Step:
        e = self.experiment
        config = EvaluateConfig(models, e.benchmark.name, e.evaluate.resamples)
        determines = {"models": models, "benchmark": e.benchmark.name, "resamples": e.evaluate.resamples}
        return Step("evaluate", evaluate, config, determines, inputs)

    def _report(self, models: tuple[str, ...], inputs: Mapping[str, Step]) -> Step:
        shown = self.experiment.model_dump(mode="json", exclude=UNSHOWN)
        return Step("report", report, ReportConfig(shown, models), {"config": shown}, inputs)

    @cached_property
    def _compiler(self) -> dict[str, Any]:
        """What determines a verdict. Raises MissingError where the compiler is not installed."""
        compiler = self.experiment.compiler
        version = compiler.build(workers=1).version()
        return {**compiler.identity, "version": version, "rules": sources_hash(compiler.target)}

    @cached_property
    def _device(self) -> str:
        return resolve_device(self.experiment.device)

    @property
    def _numerics(self) -> dict[str, Any]:
        """What changes a model's arithmetic, and so its texts and weights."""
        return {"dtype": self.experiment.model.dtype, "device": self._device, "libraries": versions()}

    @property
    def _prompt(self) -> dict[str, Any]:
        prompt = self.experiment.prompt
        return {"template": prompt.template(self.experiment.dataset.language), "chat": prompt.chat}

    @property
    def _workers(self) -> int:
        return self.experiment.workers or available_cpus()


def plan(experiment: Experiment) -> list[Planned]:
    """Every step of the experiment, in an order in which they can be made."""
    return Planner(experiment).plan()


def wanted(planned: Iterable[Planned], stages: Iterable[str]) -> list[Planned]:
    """The steps of these stages and those that they need, in order."""
    planned, asked = list(planned), set(stages)
    keys = {key for p in planned if p.stage in asked for key in _needed(p.step)}
    return [p for p in planned if p.step.key in keys]


def _needed(step: Step) -> Iterator[str]:
    yield step.key
    for parent in step.inputs.values():
        yield from _needed(parent)
