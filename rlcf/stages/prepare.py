"""Problems: read from their source, filtered, split by source file or project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.artifacts import Inputs, Summary
from rlcf.component import Component
from rlcf.config import Shares
