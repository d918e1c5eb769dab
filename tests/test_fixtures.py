"""Every case of every rule, held to what it says and to what the harness proves by itself; and the harness held to what
it refuses.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pitfall_lint.testing import Case, cases, check_case

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_case(case: Case) -> None:
    check_case(case)
