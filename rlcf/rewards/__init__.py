"""Rewards: what a completion is worth. `weighted.WeightedSum` adds small pure parts (`parts.py`, `graded.py`)."""
