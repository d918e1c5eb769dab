"""Paths of the command line become projects and what is reported on in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pitfall_lint.cli.targets import Target, targets
from pitfall_lint.errors import ConfigError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two projects side by side."""
    for name in ("one", "two"):
        (tmp_path / name / "app").mkdir(parents=True)
        (tmp_path / name / "pitfall-lint.toml").touch()
        (tmp_path / name / "app" / "views.py").touch()
    return Path(os.path.realpath(tmp_path))


def test_the_working_directory_is_the_default(tree: Path) -> None:
    """All of its project, or its part of it."""
    assert targets((), None, tree / "one") == (Target(tree / "one", None),)
    assert targets((), None, tree / "one" / "app") == (Target(tree / "one", ("app",)),)


def test_paths_are_given_to_their_projects(tree: Path) -> None:
    """Sorted by root; files that were named are known as such."""
    assert targets(("two/app/views.py", "one", "two/app"), None, tree) == (
        Target(tree / "one", None),
        Target(tree / "two", ("app/views.py", "app"), ("app/views.py",)),
    )
    assert targets(("app", "."), None, tree / "one") == (Target(tree / "one", None),)


def test_a_path_that_does_not_exist(tree: Path) -> None:
    """Is wrong use."""
    with pytest.raises(ConfigError, match="missing: no such file or folder"):
        targets(("one", "missing"), None, tree)


def test_standard_input(tree: Path) -> None:
    """Stands for a file that need not exist."""
    new = Target(tree / "one", ("app/new.py",), ("app/new.py",), "app/new.py")
    assert targets(("-",), "app/new.py", tree / "one") == (new,)
    assert targets((), "one/app/new.py", tree) == (new,)
    assert targets(("-",), None, tree / "one")[0].buffer == "stdin.py"
    with pytest.raises(ConfigError, match="one file"):
        targets(("-", "app"), None, tree / "one")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links want privileges there")
def test_links_are_followed(tree: Path) -> None:
    """A path through a link means the file that it leads to."""
    (tree / "link").symlink_to(tree / "one")
    assert targets(("link/app",), None, tree) == (Target(tree / "one", ("app",)),)
