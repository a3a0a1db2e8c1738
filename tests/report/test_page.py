"""The report page: whole, and deaf to whatever a model wrote."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from rlcf.report.charts import bar_chart, curve_chart
from rlcf.report.page import outcome, program_lines, render

HOSTILE = (
    "\n  x = '</script><script>alert(1)</script>'\n  '<img src=x onerror=alert(2)>' \" onload=\"alert(3) {{ 7 * 7 }}"
)
HALF = "\ud800"
PROMPT = 'def f():\n    """Doc."""'
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """Element names, attributes and texts of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


def metric(value: float | None, **more: Any) -> dict[str, Any]:
    spread = None if value is None else value / 2
    return {"value": value, "low": spread, "high": value, "n": 2, **more}


def metrics(*models: str) -> dict[str, Any]:
    own = {"nontrivial_compile_rate": metric(0.5), "length": metric(100.0), "syntax_error_rate": metric(0.125)}
    change = {name: metric(0.25, p=0.125, gained=6, lost=1) for name in own}
    comparisons = {f"{models[-1]}_vs_{models[0]}": {"heldout": change}} if len(models) > 1 else {}
    return {"models": {model: {"heldout": own} for model in models}, "comparisons": comparisons}


def written(text: str, ok: bool = True, trivial: bool = False, line: int = 3) -> dict[str, Any]:
    message = {
        "severity": "error",
        "code": HOSTILE,
        "message": HOSTILE,
        "line": line,
        "column": 1,
        "category": "syntax",
    }
    return {
        "completion": text,
        "finished": False,
        "ok": ok,
        "status": "ok" if ok else "rejected",
        "trivial": trivial,
        "diagnostics": [] if ok else [message],
    }


def sample(text: str, task: str = "a/1") -> dict[str, Any]:
    return {
        "task_id": task,
        "prompt": PROMPT,
        "canonical_solution": text,
        "models": {"base": written(text, ok=False), "tuned": written(text)},
    }


def page_of(text: str) -> str:
    history = [{"step": 1, "loss": 0.7}, {"step": 2, "loss": 0.6}, {"step": 2, "eval_loss": float("nan")}]
    lineage = [{"stage": "train", text: text, "inputs": [text]}]
    return render(
        metrics("base", "tuned"),
        [sample(text, text)],
        {"model": text, text: [1]},
        lineage,
        {"tuned": history, text: []},
    )


def test_hostile_text_is_shown_and_never_interpreted() -> None:
    harmless, hostile = Page(page_of("\n  return 1\n  2")), Page(page_of(HOSTILE))
    assert hostile.tags.count("script") == 1
    assert "img" not in hostile.tags
    assert hostile.texts["script"] == harmless.texts["script"]
    assert "alert" not in hostile.texts["script"]
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert hostile.open == []
    assert "<img src=x onerror=alert(2)>" in hostile.texts["span"]
    assert "{{ 7 * 7 }}" in hostile.texts["span"]


def test_the_page_needs_no_network() -> None:
    page = Page(page_of("\n  return 1"))
    assert not {"link", "iframe", "object", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in {"src", "href", "action"}]
    policy = next(value for name, value in page.attributes if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


def test_any_text_can_be_written_as_utf8() -> None:
    assert page_of(HALF).encode("utf-8")


def test_numbers_and_their_company_are_on_the_page() -> None:
    text = page_of("\n  return 1")
    for words in ("50.0 %", "[25.0, 50.0]", "+25.0", "+6 / −1", "p = 0.125", "0.6", "1 logged losses were not finite"):
        assert words in text


def test_the_trap_is_called_out() -> None:
    content = metrics("base", "tuned")
    content["models"]["tuned"] = {"heldout": {**content["models"]["base"]["heldout"], "length": metric(40.0)}}
    assert "Warning: signs of learning to write nothing" in render(content, [], {}, [], {})
    assert "Warning" not in render(metrics("base", "tuned"), [], {}, [], {})


@pytest.mark.parametrize("models", [["tuned"], ["base", "coarse", "tuned"]])
def test_one_model_or_three(models: list[str]) -> None:
    own = {model: written("\n  return 1") for model in models}
    row = {"task_id": "a", "prompt": PROMPT, "canonical_solution": "\n  return 1", "models": own}
    page = Page(render(metrics(*models), [row], {}, [], {}))
    assert page.open == []


def test_unknown_numbers_draw_nothing() -> None:
    content = metrics("base")
    content["models"]["base"]["heldout"] = {"compile_rate": metric(None), "name_error_rate": metric(None)}
    page = Page(render(content, [], {}, [], {}))
    assert "rect" not in page.tags
    assert "n/a" in page.texts["td"]


def test_outcomes_count_only_what_does_something() -> None:
    good, empty, bad = written("x"), written("x", trivial=True), written("x", ok=False)
    assert outcome({"base": empty, "tuned": good}) == "gained"
    assert outcome({"base": good, "coarse": bad, "tuned": empty}) == "lost"
    assert outcome({"base": good, "tuned": good}) == "both"
    assert outcome({"base": bad, "tuned": empty}) == "neither"


def test_lines_are_numbered_as_in_the_program() -> None:
    # The prompt has 2 lines, so what follows its line break is line 3.
    lines = program_lines(
        PROMPT, "\n  a\n\n  b\n", [{"line": 5, "severity": "error"}, {"line": 5, "severity": "warning"}]
    )
    assert [(line.number, line.text, line.severity) for line in lines] == [
        (3, "  a", ""),
        (4, "", ""),
        (5, "  b", "error"),
    ]
    assert [line.number for line in program_lines(PROMPT, " # same line\n  a", [])] == [2, 3]
    assert [line.number for line in program_lines(PROMPT, "\n  a\n", [{"line": 4, "severity": "error"}])] == [3, 4]
    assert program_lines(PROMPT, "", []) == ()


def test_bar_positions_by_hand() -> None:
    chart = bar_chart({"base": {"syntax_error_rate": metric(0.15)}}, ["syntax_error_rate"], full=False)
    bar = chart.groups[0].bars[0]
    assert chart.limit == 0.2  # the smallest axis that holds 15 %
    assert (bar.value, bar.low, bar.high) == pytest.approx((0.75, 0.375, 0.75))
    assert [words for _, words in chart.ticks] == ["0 %", "10 %", "20 %"]


def test_curve_positions_by_hand() -> None:
    history: list[dict[str, Any]] = [
        {"step": 0, "loss": 3.0},
        {"step": 5, "loss": 2.0},
        {"step": 10, "eval_loss": 1.0},
        {"step": 10, "loss": None},
    ]
    chart = curve_chart(history)
    assert [curve.points for curve in chart.curves] == [((0.0, 0.0), (50.0, 50.0)), ((100.0, 100.0),)]
    assert chart.curves[0].path == "M0.00 0.00 L50.00 50.00"
    assert (chart.steps, chart.values, chart.lost) == ((0, 10), (1.0, 3.0), 1)
    assert curve_chart([]).curves == ()
