"""How long a run takes, phase by phase, and the ratios that the design promises: `scripts/bench.py PATH`.

The project is copied first, for one of its files is changed. Cold, unchanged and one-file-changed runs are whole
processes with a cache of their own; the yardstick, a bare `ast.parse` of the same Python files with the collector off,
runs between them. Each figure is the best of `--repeat`.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pitfall_lint import config, discover, engine

LINT = [sys.executable, "-m", "pitfall_lint", "--exit-zero", "--quiet"]
COLD, CHANGED, UNCHANGED, MEMORY = (
    2.0,
    0.25,
    0.4,
    400,
)  # the promises: times parse, times cold, seconds and megabytes on LINES
LINES = 250_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, and megabytes."""

    parse: float
    cold: float
    unchanged: float
    changed: float
    memory: float


def main() -> int:
    """Measure and print; with --enforce, 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--enforce", action="store_true", help="exit code 1 where a promise is broken")
    parser.add_argument("--parse", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.parse:
        print(parse(python_files(told.path)))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve() / "project"
        shutil.copytree(told.path, root, symlinks=True, ignore=shutil.ignore_patterns(".git", ".pitfall_lint_cache"))
        files = python_files(root)
        lines = sum(path.read_bytes().count(b"\n") for path in files)
        print(f"{told.path}: {len(files):,} Python files, {lines:,} lines")
        phases(root)
        return report(measure(root, files, told.repeat, Path(scratch)), lines) if lines else 0


def python_files(root: Path) -> list[Path]:
    """The Python files that a run analyses."""
    found = discover.discover(root, config.load(root))
    return [root / file.path for file in found.files if file.kind in discover.PYTHON_KINDS]


def parse(files: list[Path]) -> float:
    """Seconds of a bare `ast.parse` of what can be parsed."""
    texts = [path.read_bytes() for path in files]
    gc.disable()
    start = time.perf_counter()
    for text in texts:
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
    return time.perf_counter() - start


def phases(root: Path) -> None:
    """What each phase takes, with one worker and no cache."""
    run = engine.check(root, config.load(root), workers=1)
    print(
        f"{run.files:,} files in all, {len(run.findings):,} findings; phase by phase, in one process without a cache:"
    )
    for phase, seconds in run.timings.items():
        print(f"  {phase:<12} {seconds:8.3f} s")


def measure(root: Path, files: list[Path], repeat: int, scratch: Path) -> Figures:
    """The best of several rounds."""
    victim = sorted(files, key=lambda path: (path.stat().st_size, path))[len(files) // 2]
    rounds = []
    for number in range(repeat):
        cache = scratch / f"cache-{number}"
        yardstick = float(
            subprocess.run(
                [sys.executable, __file__, "--parse", root], capture_output=True, text=True, check=True
            ).stdout
        )
        cold = timed(root, cache)
        unchanged = timed(root, cache)
        with victim.open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef changed_by_bench_{number}(value):\n    return value\n")
        changed = timed(root, cache)
        rounds.append(Figures(yardstick, cold, unchanged, changed, 0))
    best = {name: min(getattr(one, name) for one in rounds) for name in ("parse", "cold", "unchanged", "changed")}
    return Figures(**best, memory=weighed(root, scratch / "cache-weighed"))


def timed(root: Path, cache: Path) -> float:
    """Seconds of one whole process."""
    start = time.perf_counter()
    command = [*LINT, "--cache-dir", str(cache), str(root)]
    status = subprocess.run(command, cwd=root.parent, stdout=subprocess.DEVNULL, check=False).returncode
    if status != 0:
        raise SystemExit(f"pitfall-lint ended with exit code {status}")
    return time.perf_counter() - start


def weighed(root: Path, cache: Path) -> float:
    """The most megabytes that a cold run and its workers hold together; looking at that slows a run down, so this one
    is not timed."""
    command = [*LINT, "--cache-dir", str(cache), str(root)]
    process = subprocess.Popen(command, cwd=root.parent, stdout=subprocess.DEVNULL)
    peak = [0.0]
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, over, peak))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    over.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"pitfall-lint ended with exit code {process.returncode}")
    return max(peak[0], usage.ru_maxrss / 1024)


def watch(pid: int, over: threading.Event, peak: list[float]) -> None:
    """Sum what a process and its children hold, shared pages counted once, until it is over; Linux only."""
    while not over.wait(0.05):
        peak[0] = max(peak[0], sum(held(one) for one in family(pid)) / 1024)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(child))]


def held(pid: int) -> int:
    """Kilobytes, each shared page divided among those that share it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def report(figures: Figures, lines: int) -> int:
    """Print each promise beside what was measured."""
    share = lines / LINES
    rows = [
        ("bare ast.parse, one core", f"{figures.parse:.3f} s", "", True),
        (
            "cold",
            f"{figures.cold:.3f} s, {figures.cold / figures.parse:.2f} x parse",
            f"{COLD} x",
            figures.cold <= COLD * figures.parse,
        ),
        (
            "unchanged",
            f"{figures.unchanged:.3f} s",
            f"{UNCHANGED} s on {LINES:,} lines",
            figures.unchanged <= UNCHANGED * max(share, 1),
        ),
        (
            "one file changed",
            f"{figures.changed:.3f} s, {figures.changed / figures.cold:.2f} x cold",
            f"{CHANGED} x",
            figures.changed <= CHANGED * figures.cold,
        ),
        (
            "memory, all processes",
            f"{figures.memory:.0f} MB",
            f"{MEMORY} MB on {LINES:,} lines",
            figures.memory <= MEMORY * max(share, 1),
        ),
    ]
    for name, measured, promise, kept in rows:
        verdict = f"promised {promise}: {'kept' if kept else 'BROKEN'}" if promise else ""
        print(f"  {name:<26} {measured:<26} {verdict}".rstrip())
    print(f"  {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    return int("--enforce" in sys.argv and not all(kept for *_, kept in rows))


if __name__ == "__main__":
    sys.exit(main())
