"""Two revisions of the linter over real projects: `scripts/corpus.py OLD NEW FOLDER` prints each finding that changed,
as a diff.

A revision is anything that git knows, or `.` for the working tree as it is. FOLDER holds one project a folder. Both run
under this Python, each with its own checkout first on the path, so their dependencies are those installed here.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Print the difference; 1 where there is any, 2 where a run failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("folder", type=Path)
    parser.add_argument("arguments", nargs="*", help="further arguments of pitfall-lint, after --")
    told = parser.parse_args()
    projects = sorted(
        path for path in told.folder.resolve().iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    changed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        trees = [checkout(revision, Path(scratch) / side) for revision, side in ((told.old, "old"), (told.new, "new"))]
        try:
            for project in projects:
                old, new = (findings(tree, project, told.arguments, Path(scratch)) for tree in trees)
                failed += old is None or new is None
                lines = list(difflib.unified_diff(old or [], new or [], told.old, told.new, n=0, lineterm=""))[2:]
                lines = [line for line in lines if not line.startswith("@@")]
                changed += len(lines)
                print(f"{project.name}: {len(old or [])} -> {len(new or [])} findings", *lines, sep="\n  ", flush=True)
        finally:
            for tree in trees:
                if tree != CHECKOUT:
                    subprocess.run(["git", "-C", CHECKOUT, "worktree", "remove", "--force", tree], check=True)
    print(f"{changed} findings came or went in {len(projects)} projects" + (f"; {failed} failed" if failed else ""))
    return 2 if failed else int(changed > 0)


def checkout(revision: str, folder: Path) -> Path:
    """A work tree of that revision."""
    if revision == ".":
        return CHECKOUT
    subprocess.run(["git", "-C", CHECKOUT, "worktree", "add", "--quiet", "--detach", folder, revision], check=True)
    return folder


def findings(tree: Path, project: Path, arguments: list[str], elsewhere: Path) -> list[str] | None:
    """One line a finding, sorted; None where the run failed. It starts elsewhere, so that no module of the project can
    stand for one of ours.
    """
    command = [
        sys.executable,
        "-m",
        "pitfall_lint",
        "--no-cache",
        "--exit-zero",
        "--output-format",
        "json",
        *arguments,
        str(project),
    ]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(f"{project.name}, with {tree}: exit code {run.returncode}\n{run.stderr[-2000:]}", file=sys.stderr)
        return None
    lines = []
    for finding in json.loads(run.stdout):
        path = os.path.relpath(elsewhere / finding["filename"], project)
        location = finding["location"]
        about = f"{finding['code']} {finding['severity']}/{finding['confidence']}"
        lines.append((path, location["row"], location["column"], f"{about} {finding['message']}"))
    return [f"{path}:{row}:{column} {text}" for path, row, column, text in sorted(lines)]


if __name__ == "__main__":
    sys.exit(main())
