"""Accuracy, Brier score and calibration error of cases small enough for paper."""

from __future__ import annotations

import numpy as np
import pytest

from rlcf.discriminator.calibration import bin_of, gain, reliability, summary

P = np.array([0.9, 0.8, 0.3, 0.6])
EACH = [[0], [1], [2], [3]]


def test_four_pairs_of_four_problems_by_hand():
    made = summary(P, EACH, bins=5, resamples=200)
    assert made["accuracy"]["value"] == 3 / 4
    assert made["brier"]["value"] == pytest.approx((0.01 + 0.04 + 0.49 + 0.16) / 4)
    # Bins of a tenth from 0.5 on. 0.3 is a confidence of 0.7 in the wrong side.
    # 0.6: 0.6 - 1 = -0.4; 0.7: 0.7 - 0 = 0.7; 0.8: 0.8 - 1 = -0.2; 0.9: 0.9 - 1 = -0.1; each in a bin of its own.
    assert made["calibration_error"]["value"] == pytest.approx((0.4 + 0.7 + 0.2 + 0.1) / 4)
    assert {metric["n"] for metric in made.values()} == {4}


def test_gaps_of_one_bin_cancel():
    # One bin: |mean of -0.4, 0.7, -0.2, -0.1| = |0.0| / 4
    assert summary(P, EACH, bins=1, resamples=50)["calibration_error"]["value"] == pytest.approx(0.0)


def test_every_problem_counts_the_same_however_many_pairs_it_has():
    # Problem one has three pairs, all right; problem two has one, wrong: (1 + 0) / 2.
    p = np.array([0.9, 0.9, 0.9, 0.1])
    assert summary(p, [[0, 1, 2], [3]], bins=5, resamples=50)["accuracy"]["value"] == 0.5


def test_an_interval_is_of_the_problems_drawn_again():
    # Ten of 20 right: a draw's mean is binomial(20, 1/2) / 20, whose 2.5th and 97.5th percentiles are 0.3 and 0.7.
    p = np.array([0.9] * 10 + [0.1] * 10)
    accuracy = summary(p, [[i] for i in range(20)], bins=5, resamples=4000)["accuracy"]
    assert (accuracy["low"], accuracy["high"]) == pytest.approx((0.3, 0.7), abs=0.051)


def test_the_last_bin_holds_certainty():
    assert bin_of(np.array([0.5, 0.55, 0.999, 1.0]), 5).tolist() == [0, 0, 4, 4]


def test_reliability_names_the_bins_that_hold_pairs():
    assert reliability(np.array([0.95, 0.05, 0.93, 0.5]), bins=2) == [
        {"low": 0.5, "high": 0.75, "pairs": 1, "confidence": 0.5, "accuracy": 0.5},
        {"low": 0.75, "high": 1.0, "pairs": 3, "confidence": pytest.approx(2.83 / 3), "accuracy": pytest.approx(2 / 3)},
    ]


def test_a_gain_is_paired():
    # Right where the other is wrong on one problem of two, and both right on the other.
    made = gain(np.array([0.9, 0.9]), np.array([0.1, 0.8]), [[0], [1]], resamples=200)
    assert (made["value"], made["low"], made["high"], made["n"]) == (0.5, 0.0, 1.0, 2)
