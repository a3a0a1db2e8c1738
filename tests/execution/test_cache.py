"""Outcomes are remembered by program, test, limits and what ran them."""

from __future__ import annotations

import logging
from pathlib import Path

from rlcf.execution.base import Limits
from rlcf.execution.cache import Cached
from rlcf.records import Outcome, Trial
from rlcf.workers import Closing


class Counting(Closing):
    """A runner that compares the program with the test, as texts, and keeps count of what it is asked."""

    language = "text"

    def __init__(self, version: str = "1") -> None:
        self.ran: list[str] = []
        self._version = version

    def version(self) -> str:
        return self._version

    def sandbox(self) -> str:
        return "none"

    def close(self) -> None:
        pass

    def run(self, trials, on_progress=None):
        self.ran += [trial.code for trial in trials]
        return [self._outcome(trial) for trial in trials]

    def _outcome(self, trial: Trial) -> Outcome:
        if trial.code == "slow":
            return Outcome(status="timeout")
        return Outcome(status="passed" if trial.code == trial.test else "failed", message=f"{trial.code}\ud800")


def trial(code: str, test: str = "a") -> Trial:
    return Trial(prompt="", code=code, test=test, entry_point=None)


DEFAULT = Limits()


def statuses(runner: Counting, file: Path, *trials: Trial, limits: Limits = DEFAULT) -> list[str]:
    with Cached(runner, limits, file) as cached:
        return [outcome.status for outcome in cached.run(trials)]


def test_the_same_program_with_the_same_test_runs_once(tmp_path):
    first, second = Counting(), Counting()
    assert statuses(first, tmp_path / "o", trial("a"), trial("b"), trial("a")) == ["passed", "failed", "passed"]
    assert first.ran == ["a", "b"]
    assert statuses(second, tmp_path / "o", trial("b"), trial("c"), trial("a")) == ["failed", "failed", "passed"]
    assert second.ran == ["c"]


def test_another_test_runner_or_limit_is_another_outcome(tmp_path):
    statuses(Counting(), tmp_path / "o", trial("a"))
    other = Counting()
    assert statuses(other, tmp_path / "o", trial("a", test="b")) == ["failed"]
    newer = Counting("2")
    statuses(newer, tmp_path / "o", trial("a"))
    stricter = Counting()
    statuses(stricter, tmp_path / "o", trial("a"), limits=Limits(timeout=1.0))
    assert (other.ran, newer.ran, stricter.ran) == (["a"], ["a"], ["a"])


def test_what_may_be_the_machine_s_fault_is_not_remembered(tmp_path):
    for _ in range(2):
        runner = Counting()
        assert statuses(runner, tmp_path / "o", trial("slow")) == ["timeout"]
        assert runner.ran == ["slow"]


def test_a_file_that_cannot_be_used_costs_only_the_memory(tmp_path, caplog):
    broken = tmp_path / "o"
    broken.write_text("this is no data base" * 100)
    with caplog.at_level(logging.WARNING):
        assert statuses(Counting(), broken, trial("a")) == ["passed"]
    assert "no outcome is remembered" in caplog.text


def test_many_programs_at_once(tmp_path):
    runner = Counting()
    codes = [f"p{number}" for number in range(1_200)]
    statuses(runner, tmp_path / "o", *map(trial, codes))
    assert runner.ran == codes
    again = Counting()
    statuses(again, tmp_path / "o", *map(trial, codes))
    assert again.ran == []
