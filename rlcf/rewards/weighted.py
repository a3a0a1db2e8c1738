"""A reward: a weighted sum of parts, behind gates."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from rlcf.component import Component
from rlcf.rewards.base import Facts, Need, Part


def _yaml(component: Component) -> dict[str, Any]:
    return {"_target_": component.target, **component.settings}


PartComponent = Annotated[Component, PlainSerializer(_yaml)]


class WeightedSum(BaseModel):
    """The sum of the parts' numbers, each times its weight. The parts of weight 0 are left out.

    `nontrivial` and `finished` are gates: a trivial completion, or one that the token limit cut short, gets no more
    than `floor`, the least that any completion can get. So no choice of weights makes silence worth more than trying,
    whether or not it compiles.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: Annotated[dict[str, PartComponent], Field(min_length=1)]
    nontrivial: bool = True
    finished: bool = True

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.active:
            raise ValueError(f"every weight is 0: set one, such as reward.parts.{next(iter(self.parts))}.weight=1")
        return self

    @cached_property
    def active(self) -> dict[str, Part]:
        """The parts that count."""
        built = {name: component.build() for name, component in self.parts.items()}
        return {name: part for name, part in built.items() if part.weight}

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every number that `values` gives: the parts', and 1 for the gates."""
        gates = {name: 1.0 for name in ("nontrivial", "finished") if getattr(self, name)}
        return {name: part.weight for name, part in self.active.items()} | gates

    @cached_property
    def needs(self) -> frozenset[Need]:
        return frozenset(need for part in self.active.values() for need in part.needs)

    @cached_property
    def floor(self) -> float:
        return sum(part.lowest for part in self.active.values())

    def values(self, facts: Facts) -> dict[str, float] | None:
        """The parts' numbers, and what each gate takes away (0 or less). None where nothing can be said: the compiler
        ran out of time or died, which says nothing of the program, or a part says nothing."""
        if facts.verdict.status not in ("ok", "rejected"):
            return None
        values = {name: part.value(facts) for name, part in self.active.items()}
        known = {name: value for name, value in values.items() if value is not None}
        return self._gated(known, facts) if len(known) == len(values) else None

    def score(self, facts: Facts) -> float | None:
        """The reward, or None; see `values`. Its sign is the side on which an offline method puts a completion."""
        values = self.values(facts)
        return None if values is None else self.total(values)

    def total(self, values: dict[str, float]) -> float:
        weights = self.weights
        return sum(weights[name] * value for name, value in values.items())

    def _gated(self, values: dict[str, float], facts: Facts) -> dict[str, float]:
        closed = {"nontrivial": facts.verdict.trivial, "finished": not facts.completion.finished}
        for name in self.weights.keys() & closed.keys():
            excess = max(0.0, self.total(values) - self.floor) if closed[name] else 0.0
            values = {**values, name: -excess}
        return values
