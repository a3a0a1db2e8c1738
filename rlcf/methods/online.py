"""Online reinforcement learning: the policy writes, the reward is computed, and the policy learns, step by step."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from rlcf.methods.base import Method


class OnlineMethod(Method):
    """One of TRL's online trainers. `problems` of the training split are written for, in each epoch once, each as often
    as `args.num_generations` says: its group."""

    problems: Annotated[int, Field(gt=0)]

    def trl_args(self, **more: Any) -> Any:
        """As for every method, but without validation: the reward is measured in every step."""
        from rlcf.training import stopping_args

        kept = {name: value for name, value in more.items() if name not in stopping_args(True)}
        return super().trl_args(**{**kept, **stopping_args(False)})
