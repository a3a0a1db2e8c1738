"""Rewards: what a verdict is worth. Offline methods use the sign: positive is desirable, negative undesirable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rlcf.records import Verdict


class Reward(Protocol):
    """A verdict's worth; 0 says nothing, so the completion is not learned from."""

    def score(self, verdict: Verdict) -> float:
        """A number in [-1, 1]."""
        ...


@dataclass(frozen=True)
class CompilerReward:
    """+1 for a program that compiles, -1 for one that is rejected (Jain et al. 2023, arXiv 2305.18341).

    Alone it teaches silence, as an empty function always compiles. A time-out or a crash of the compiler itself
    says nothing of the program: 0.
    """

    def score(self, verdict: Verdict) -> float:
        return {"ok": 1.0, "rejected": -1.0}.get(verdict.status, 0.0)


@dataclass(frozen=True)
class NontrivialReward:
    """As `CompilerReward`, but a trivial completion is undesirable whether it compiles or not."""

    def score(self, verdict: Verdict) -> float:
        return -1.0 if verdict.trivial else CompilerReward().score(verdict)
