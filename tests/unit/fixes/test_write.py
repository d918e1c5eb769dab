"""Writing fixes to the disk, and showing them as a diff."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from fixes_findings import edit, finding, insert, reasons

from pitfall_lint.finding import Move
from pitfall_lint.fixes import apply, diff, write
from pitfall_lint.source import DiskSource, MemorySource


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "b.py").write_bytes(b"x = 1\n")
    (tmp_path / "t.html").write_bytes(b"hello\n")
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_writing(project: Path) -> None:
    (project / "a.py").chmod(0o754)
    source = DiskSource(project)
    change = finding(
        edit("a.py", 1, 4, 1, 5, "2"), insert("n/new.py", 1, 0, "y = 1\n"), moves=[Move("t.html", "x/y/t.html")]
    )
    applied = apply([change], source)
    assert tree(project) == {"a.py": b"x = 1\r\n", "b.py": b"x = 1\n", "t.html": b"hello\n"}
    assert write(applied, source) == applied
    assert tree(project) == {
        "a.py": b"x = 2\r\n",
        "b.py": b"x = 1\n",
        "n/new.py": b"y = 1\n",
        "x/y/t.html": b"hello\n",
    }
    assert (project / "a.py").stat().st_mode & 0o777 == 0o754


def test_a_file_that_somebody_saved_meanwhile_stays(project: Path) -> None:
    source = DiskSource(project)
    both = finding(edit("a.py", 1, 4, 1, 5, "2"), edit("t.html", 1, 0, 1, 5, "bye"))
    other = finding(edit("b.py", 1, 4, 1, 5, "2"))
    applied = apply([both, other], source)
    (project / "a.py").write_bytes(b"x = 3\n")
    result = write(applied, source)
    assert reasons(result) == ["the file changed since it was read"]
    assert result.fixed == (other,)
    assert result.remaining == (both,)
    assert set(result.changed) == {"b.py"}
    assert tree(project) == {"a.py": b"x = 3\n", "b.py": b"x = 2\n", "t.html": b"hello\n"}


def test_a_target_that_appeared_meanwhile_stays(project: Path) -> None:
    source = DiskSource(project)
    applied = apply([finding(moves=[Move("t.html", "u.html")]), finding(insert("n.py", 1, 0, ""))], source)
    (project / "u.html").write_bytes(b"mine")
    (project / "n.py").write_bytes(b"mine")
    result = write(applied, source)
    assert reasons(result) == ["n.py exists already", "u.html exists already"]
    assert (result.changed, result.moves) == ({}, ())
    assert (project / "u.html").read_bytes() == b"mine"


def test_a_symbolic_link_is_written_through(project: Path) -> None:
    (project / "link.py").symlink_to("b.py")
    source = DiskSource(project)
    findings = [finding(edit(path, 1, 4, 1, 5, "2")) for path in ("link.py", "b.py")]
    result = write(apply(findings, source), source)
    assert result.refused == ()
    assert (project / "link.py").is_symlink()
    assert (project / "b.py").read_bytes() == b"x = 2\n"
    moved = write(apply([finding(moves=[Move("link.py", "n/link.py")])], source), source)
    assert reasons(moved) == ["it is a symbolic link, which is not moved"]


def test_two_names_of_one_file_do_not_overwrite_each_other(project: Path) -> None:
    (project / "link.py").symlink_to("b.py")
    source = DiskSource(project)
    findings = [finding(edit("b.py", 1, 4, 1, 5, "2")), finding(edit("link.py", 1, 4, 1, 5, "3"))]
    result = write(apply(findings, source), source)
    assert reasons(result) == ["the file changed since it was read"]
    assert (project / "b.py").read_bytes() == b"x = 2\n"


def test_a_failure_in_the_middle_undoes_the_rest(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = DiskSource(project)
    change = finding(
        edit("a.py", 1, 4, 1, 5, "2"), insert("m/n.py", 1, 0, "y = 1\n"), moves=[Move("t.html", "z/t.html")]
    )
    applied = apply([change], source)
    replace = os.replace

    def failing(one: str | Path, other: str | Path) -> None:
        if str(other).endswith("t.html") and "z" in str(other):
            raise PermissionError(13, "Permission denied", str(other))
        replace(one, other)

    monkeypatch.setattr(os, "replace", failing)
    result = write(applied, source)
    assert reasons(result) == ["the file cannot be written: Permission denied"]
    assert tree(project) == {"a.py": b"x = 1\r\n", "b.py": b"x = 1\n", "t.html": b"hello\n"}
    assert not (project / "m").exists()
    assert not (project / "z").exists()


def test_no_temporary_file_is_left_behind(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = DiskSource(project)
    applied = apply([finding(edit("a.py", 1, 4, 1, 5, "2"))], source)
    monkeypatch.setattr(os, "chmod", lambda *_: (_ for _ in ()).throw(OSError("no")))
    assert len(write(applied, source).refused) == 1
    assert tree(project) == {"a.py": b"x = 1\r\n", "b.py": b"x = 1\n", "t.html": b"hello\n"}


# ------------------------------------------------------------------------------------------ diff


def test_a_diff_shows_changes_moves_and_new_files() -> None:
    source = MemorySource({"a.py": "x = 1\ny = 2", "old name.html": "1\n", "b.html": "2\n"})
    changed = {"a.py": b"x = 1\ny = 3", "t/new.html": b"9\n", "n.py": b"x\n", "empty.py": b""}
    moves = [Move("b.html", "t/b.html"), Move("old name.html", "t/new.html")]
    assert diff(changed, moves, source) == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x = 1\n"
        "-y = 2\n\\ No newline at end of file\n+y = 3\n\\ No newline at end of file\n"
        "diff --git a/empty.py b/empty.py\nnew file mode 100644\n"
        "diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n"
        "diff --git a/b.html b/t/b.html\nsimilarity index 100%\nrename from b.html\nrename to t/b.html\n"
        "diff --git a/old name.html b/t/new.html\nrename from old name.html\nrename to t/new.html\n"
        "--- a/old name.html\t\n+++ b/t/new.html\n@@ -1 +1 @@\n-1\n+9\n"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_git_takes_the_diff(project: Path) -> None:
    source = DiskSource(project)
    findings = [
        finding(edit("a.py", 1, 4, 1, 5, "2\nz = 'é'")),
        finding(insert("n/__init__.py", 1, 0, ""), insert("n/m.py", 1, 0, "x = 1\n")),
        finding(edit("t.html", 1, 0, 1, 5, "bye"), moves=[Move("t.html", "x/y z.html")]),
    ]
    applied = apply(findings, source)
    patch = diff(applied.changed, applied.moves, source).encode()
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    subprocess.run(["git", "apply", "-"], input=patch, cwd=project, check=True)
    shutil.rmtree(project / ".git")
    assert tree(project) == {
        "a.py": "x = 2\r\nz = 'é'\r\n".encode(),
        "b.py": b"x = 1\n",
        "n/__init__.py": b"",
        "n/m.py": b"x = 1\n",
        "x/y z.html": b"bye\n",
    }
