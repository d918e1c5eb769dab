"""What the tests of all formats share."""

from __future__ import annotations

import pytest
from report_samples import sample

from pitfall_lint.report import Report


@pytest.fixture
def report() -> Report:
    """The report of three findings."""
    return sample()
