"""What every test shares: the checkout's own folder, and an environment in which no hook or outer run interferes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return CHECKOUT


@pytest.fixture(autouse=True, scope="session")
def _own_git() -> None:
    """A git hook that runs the tests tells git where its repository is; the repositories that tests make are others."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
