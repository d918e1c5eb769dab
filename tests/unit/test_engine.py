"""A run: its phases, crashes, awkward input; and that neither order nor workers nor targets change a finding."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pitfall_lint import baseline, engine, registry, workers
from pitfall_lint.config import Config, PerFile, SeverityOf
from pitfall_lint.discover import Kind, discover
from pitfall_lint.engine import Run, analyse
from pitfall_lint.facts.records import PythonFacts
from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity
from pitfall_lint.language import Function, pack
from pitfall_lint.paths import check_paths
from pitfall_lint.project import Project
from pitfall_lint.rule import Rule
from pitfall_lint.source import DiskSource, MemorySource, Overlay

FIX = Fix(Applicability.MANUAL, "Do it.")


class Functions(Rule):
    """Every function; in the order of the files, to show that it does not matter."""

    code, name = "XYZ001", "every-function"

    def check(self, project: Project) -> Iterator[Finding]:
        for path, facts in project.python.items():
            for node in facts.body:
                if isinstance(node, Function):
                    sure = Confidence.LOW if node.name.startswith("low") else Confidence.HIGH
                    place = Place(path, node.start, node.name_end)
                    yield self.found(place, f"function {node.name}", fix=FIX, confidence=sure, scope=node.name)


class Twice(Rule):
    """The same thing twice, and once again elsewhere."""

    code, name, severity = "XYZ002", "twice", Severity.INFO

    def check(self, project: Project) -> Iterator[Finding]:
        for path in [*project.python, *project.python]:
            yield self.found(Place(path, pack(1, 0), pack(1, 1)), "again", fix=FIX)


class Crashes(Rule):
    """Crashes at a file."""

    code, name = "XYZ003", "crashes"

    def check(self, project: Project) -> Iterator[Finding]:
        for path, facts in sorted(project.python.items()):
            yield self.found(Place(path, pack(1, 0), pack(1, 1)), "before", fix=FIX)
            if path == "b.py":
                self.look(facts)

    def look(self, facts: PythonFacts) -> None:
        raise KeyError("oops")


class Shared(Rule):
    """Crashes in what others share."""

    code, name = "XYZ004", "shared"

    def check(self, project: Project) -> Iterator[Finding]:
        shared()
        yield from ()


class SharedToo(Shared):
    """Crashes alike."""

    code, name = "XYZ005", "shared-too"


def shared() -> None:
    raise ValueError("the same\nfor all")


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[type[Rule]]:
    """The rules of a test: those of the linter itself, and Functions, unless it says otherwise."""
    own = [rule for rule in registry.rules() if rule.code.startswith("PFL")]
    listed: list[type[Rule]] = [*own, Functions]
    monkeypatch.setattr(registry, "rules", lambda: tuple(listed))
    return listed


def lay(root: Path, **texts: str | bytes) -> Path:
    for name, text in texts.items():
        place = root / (name.replace("__", "/") + ".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def said(run: Run) -> list[tuple[str, str]]:
    return [(found.place.path, found.message) for found in run.findings]


def check(root: Path, config: Config | None = None, **settings: object) -> Run:
    return engine.check(root, config, **{"cache": False, **settings})  # type: ignore[arg-type]


# ----------------------------------------------------------------------- phases


def test_phases_are_visible(tmp_path: Path, rules: list[type[Rule]]) -> None:
    run = check(lay(tmp_path, a="def f(): pass\n", b="x = 1\ny = 2\n"))
    assert list(run.timings) == [name for name, _ in engine.PHASES]
    assert said(run) == [("a.py", "function f")]
    assert (run.files, run.analysed, run.lines, run.from_cache) == (2, 2, 3, False)
    assert set(run.rule_timings) == set(run.rules) == {"PFL001", "PFL002", "PFL003", "XYZ001"}
    assert run.root == tmp_path


def test_progress_is_told(tmp_path: Path, rules: list[type[Rule]]) -> None:
    told: list[tuple[str, int, int]] = []
    check(lay(tmp_path, a="x = 1\n"), progress=lambda *words: told.append(words))
    assert ("reading", 1, 1) in told
    assert ("rules", 0, 4) in told


def test_sorted_and_nothing_twice(tmp_path: Path, rules: list[type[Rule]]) -> None:
    rules.append(Twice)
    run = check(lay(tmp_path, b="def g(): pass\ndef f(): pass\n", a="def h(): pass\n"))
    assert said(run) == [
        ("a.py", "again"),
        ("a.py", "function h"),
        ("b.py", "again"),
        ("b.py", "function g"),
        ("b.py", "function f"),
    ]


def test_configuration_filters(tmp_path: Path, rules: list[type[Rule]]) -> None:
    rules.append(Twice)
    lay(tmp_path, a="def f(): pass\ndef low(): pass\n", gen__b="def g(): pass\n")
    assert ("a.py", "function low") not in said(check(tmp_path))
    assert ("a.py", "function low") in said(check(tmp_path, Config(min_confidence=Confidence.LOW)))
    ignored = Config(per_file_ignores=(PerFile("gen/*", ("XYZ",)), PerFile("a.py", ("twice",))))
    assert said(check(tmp_path, ignored)) == [("a.py", "function f")]
    louder = check(tmp_path, Config(severity=(SeverityOf("XYZ", Severity.INFO), SeverityOf("twice", Severity.ERROR))))
    assert {(found.code, found.severity) for found in louder.findings} == {
        ("XYZ001", Severity.INFO),
        ("XYZ002", Severity.ERROR),
    }
    assert said(check(tmp_path, Config(select=("XYZ001",), exclude=("gen",)))) == [("a.py", "function f")]


def test_comments_silence_before_all_else(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(
        tmp_path,
        a="def f(): pass  # noqa: XYZ001\ndef low(): pass  # pitfall: ignore[every-function]\nx = 1  # noqa: XYZ001\n",
    )
    run = check(tmp_path)
    assert [(found.code, found.place.row) for found in run.findings] == [("PFL002", 3)]
    assert run.suppressed == 2
    assert check(tmp_path, targets=["b.py"]).suppressed == 0


def test_baseline(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(tmp_path, a="def f(): pass\n", b="def g(): pass\n")
    baseline.write(tmp_path / "known.json", check(tmp_path).findings)
    lay(tmp_path, a="\n\ndef f(): pass\ndef new(): pass\n", b="x = 1\n")
    config = Config(baseline="known.json")
    run = check(tmp_path, config)
    assert said(run) == [("a.py", "function new")]
    assert (run.baselined, run.stale) == (1, 1)
    assert check(tmp_path, config, targets=["a.py"]).stale == 0
    assert engine.check(tmp_path, config).findings == engine.check(tmp_path, config).findings == run.findings


def test_analyse(tmp_path: Path) -> None:
    project = analyse(lay(tmp_path, a="x = 1\n"), cache=False)
    assert list(project.python) == ["a.py"]
    assert project.root == tmp_path


# ---------------------------------------------------------------------- crashes


def test_a_crash_is_contained_and_named(tmp_path: Path, rules: list[type[Rule]]) -> None:
    rules.append(Crashes)
    lay(tmp_path, a="def f(): pass\n", b="x = 1  # noqa: XYZ003\n", c="x = 1\n")
    run = check(tmp_path, Config(per_file_ignores=(PerFile("*.py", ("PFL", "PFL003")),)), targets=["a.py"])
    assert said(run) == [("a.py", "function f"), ("b.py", "rule XYZ003 crashed: KeyError: 'oops'")]
    crash = run.findings[1]
    assert (crash.code, crash.place.row, crash.data) == ("PFL003", 0, {"rules": ["XYZ003"]})
    assert run.failures[0].path == "b.py"
    assert "in look" in run.failures[0].trace
    with pytest.raises(KeyError, match="oops"):
        check(tmp_path, debug=True)


def test_crashes_of_one_origin_are_told_once(tmp_path: Path, rules: list[type[Rule]]) -> None:
    rules += [Shared, SharedToo, Crashes]
    run = check(lay(tmp_path, b="x = 1\n"))
    assert said(run) == [
        (".", "rules XYZ004 and XYZ005 crashed: ValueError: the same for all"),
        ("b.py", "rule XYZ003 crashed: KeyError: 'oops'"),
    ]


def test_a_crash_of_the_flow_is_told_once_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pitfall_lint.flow import shares

    runs: list[object] = []

    def crash(interpreter: object, *rest: object) -> None:
        runs.append(interpreter)
        raise LookupError("lost")

    monkeypatch.setattr(shares, "interpret", crash)
    lay(tmp_path, manage="import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n")
    run = check(lay(tmp_path, site_settings="INSTALLED_APPS = []\n", a="from django.db import models\n"))
    (message,) = [found.message for found in run.findings if found.code == "PFL003"]
    assert message.startswith("rules DJG101, ")
    assert message.endswith(" crashed: LookupError: lost")
    assert len(runs) == 1


def test_a_crash_of_a_reader_costs_one_file(
    tmp_path: Path, rules: list[type[Rule]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pitfall_lint import facts

    original = facts.read_encoded

    def fail(path: str, kind: Kind, data: bytes) -> bytes:
        if path == "b.py":
            raise LookupError("lost")
        if path == "c.py":
            raise RecursionError
        return original(path, kind, data)

    monkeypatch.setattr(facts, "read_encoded", fail)
    lay(tmp_path, a="def f(): pass\n", b="def g(): pass\n", c="def h(): pass\n")
    run = check(tmp_path)
    assert said(run) == [
        ("a.py", "function f"),
        ("b.py", "reading this file crashed: LookupError: lost"),
        ("b.py", "Not analysed: the linter failed on it"),
        ("c.py", "Not analysed: nested too deeply to be read"),
    ]
    assert [failure.path for failure in run.failures] == ["b.py"]
    with pytest.raises(RuntimeError, match="lost"):
        check(tmp_path, debug=True)


def test_a_worker_that_dies_costs_one_file(
    tmp_path: Path, rules: list[type[Rule]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocessing

    if multiprocessing.get_start_method() != "fork":
        pytest.skip("the patched reader reaches forked workers only")
    from pitfall_lint import facts

    original = facts.read_encoded
    here = os.getpid()

    def die(path: str, kind: Kind, data: bytes) -> bytes:
        if path == "b1.py" and os.getpid() != here:
            os._exit(9)
        return original(path, kind, data)

    monkeypatch.setattr(facts, "read_encoded", die)
    lay(tmp_path, **{f"b{number}": f"def f{number}(): pass\n" for number in range(6)})
    run = check(tmp_path, workers=2)
    assert [failure.path for failure in run.failures] == ["b1.py"]
    assert len([found for found in run.findings if found.code == "XYZ001"]) == 5
    assert ("b1.py", "reading this file crashed: the worker process that read it died") in said(run)


# --------------------------------------------------------------- independence


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(70):
        lay(tmp_path, **{f"p{number % 5}__m{number}": f"def f{number}(): pass\n" + "x = 1\n" * number})
    return lay(tmp_path, broken="x = (\n", marked="x = 1  # noqa: XYZ001\n")


@pytest.mark.parametrize("files", [(), ("notes.txt",)])
def test_nothing_to_read_for_workers(tmp_path: Path, rules: list[type[Rule]], files: tuple[str, ...]) -> None:
    for name in files:
        (tmp_path / name).write_text("words")
    assert check(tmp_path, workers=2).findings == ()
    assert not engine.check(lay(tmp_path, a="x = 1\n"), workers=2).from_cache
    assert engine.check(tmp_path, workers=2).from_cache


@pytest.mark.parametrize(
    "deep",
    [
        "x = " + " + ".join(["a"] * 3000),
        "x = " + "g(" * 1000 + "a" + ")" * 1000,
        "x = a" + ".b" * 920,
        "if a == 0:\n    pass\n" + "".join(f"elif a == {number}:\n    pass\n" for number in range(460)),
    ],
    ids=["terms", "calls", "attributes", "branches"],
)
def test_what_is_nested_deeply_is_read_or_said_not_to_be_wherever_it_is_looked_at(
    tmp_path: Path, rules: list[type[Rule]], deep: str
) -> None:
    first = engine.check(lay(tmp_path, a=f"def f():\n    pass\n{deep}\n"), workers=1)
    assert ("a.py", "function f") in said(first) or [found.code for found in first.findings] == ["PFL001"]
    lay(tmp_path, b="y = 1\n")

    def further_down(frames: int) -> Run:
        return further_down(frames - 1) if frames else engine.check(tmp_path, workers=1)

    assert said(further_down(90)) == said(first)


def test_order_and_workers_do_not_matter(many: Path, rules: list[type[Rule]]) -> None:
    one = check(many, workers=1)
    assert len(one.findings) == 72
    found = discover(many, Config())
    backwards = msgspec.structs.replace(found, files=found.files[::-1])
    for other in (check(many, workers=2), check(many, workers=5), check(many, discovery=backwards), check(many)):
        assert other.findings == one.findings
        assert other.lines == one.lines


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_however_started(
    many: Path, rules: list[type[Rule]], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    context = multiprocessing.get_context(method)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", partial(ProcessPoolExecutor, mp_context=context))
    assert check(many, workers=2).findings == check(many, workers=1).findings


def test_one_file_as_in_the_whole_run(many: Path, rules: list[type[Rule]]) -> None:
    whole = check(many)
    for path in ("p0/m0.py", "broken.py", "marked.py", "p3/m3.py"):
        one = check(many, targets=[path])
        assert list(one.findings) == [found for found in whole.findings if found.place.path == path]
        assert (one.files, one.analysed) == (1, 72)
        (run,) = check_paths([many / path], cache=False)
        assert run.findings == one.findings or run.root != many


# -------------------------------------------------------------- awkward input


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", False),
        (b"\n", False),
        (b"# only a comment", False),
        ("\ufeffdef f(): pass\n".encode(), False),
        (b"def f(): pass\r\nx = 1\r\n", False),
        (b"# coding: latin-1\nx = '\xe9'\n", False),
        (b"x = '\xe9'\n", True),
        (b"# coding: nonsense\nx = 1\n", True),
        ("x = 1\n".encode("utf-16"), True),
        (b"x = 1\x00\n", True),
        (b"\x89PNG\r\n\x1a\n\x00\x00", True),
        (b"def f(:\n", True),
        (b"print 'python 2'\n", True),
        (b"x = " + b"(" * 5000 + b")" * 5000, True),
        (b"x = " + b"-" * 100_000 + b"1", True),
        (b"x = " + b"a." * 50_000 + b"b\n", None),
        (b"x = 1" + b" + 1" * 20_000, None),
        (b"if x:\n  pass\n" + b"elif x:\n  pass\n" * 3000, None),
    ],
)
def test_files_of_every_sort(tmp_path: Path, rules: list[type[Rule]], data: bytes, problem: bool | None) -> None:
    lay(tmp_path, good="def good(): pass\n", odd=data)
    run = check(tmp_path)
    assert run.failures == ()
    assert ("good.py", "function good") in said(run)
    unread = [found for found in run.findings if found.code == "PFL001"]
    assert problem is None or [found.place.path for found in unread] == (["odd.py"] if problem else [])


def test_a_file_that_cannot_be_read(tmp_path: Path, rules: list[type[Rule]], monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, a="def f(): pass\n", closed="def g(): pass\n")
    if os.geteuid():
        (tmp_path / "closed.py").chmod(0)
    else:
        read = Path.read_bytes

        def refuse(self: Path) -> bytes:
            if self.name == "closed.py":
                raise PermissionError(13, "Permission denied")
            return read(self)

        monkeypatch.setattr(Path, "read_bytes", refuse)
    expected = [("a.py", "function f"), ("closed.py", "Not analysed: cannot be read: Permission denied")]
    assert said(check(tmp_path)) == expected
    assert said(engine.check(tmp_path)) == expected
    assert said(engine.check(tmp_path)) == expected


def test_a_folder_that_cannot_be_read(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(tmp_path, a="def f(): pass\n")
    found = msgspec.structs.replace(
        discover(tmp_path, Config()), problems=(("closed", "this folder cannot be read: no"),)
    )
    run = check(tmp_path, discovery=found)
    assert said(run) == [("a.py", "function f"), ("closed", "Not analysed: this folder cannot be read: no")]


def test_five_megabytes(tmp_path: Path, rules: list[type[Rule]]) -> None:
    line = "value = ['some text', 12345, {'key': None}]\n"
    lay(tmp_path, large=line * (5_000_000 // len(line)), a="def f(): pass\n")
    (tmp_path / "large.html").write_text("<p>{{ x }}</p>\n" * 400_000)
    (tmp_path / "large.css").write_text("p { }\n" * 10)
    started = time.perf_counter()
    run = check(tmp_path)
    assert said(run) == [("a.py", "function f")]
    assert time.perf_counter() - started < 60


def test_a_file_that_vanishes(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(tmp_path, a="def f(): pass\n", gone="x = 1\n")
    found = discover(tmp_path, Config())
    (tmp_path / "gone.py").unlink()
    run = check(tmp_path, discovery=found)
    assert said(run) == [
        ("a.py", "function f"),
        ("gone.py", "Not analysed: cannot be read: No such file or directory"),
    ]


def test_broken_tests_are_spoken_of_quietly(tmp_path: Path, rules: list[type[Rule]]) -> None:
    run = check(lay(tmp_path, tests__bad="x = (\n", bad="x = (\n"))
    assert [(found.place.path, found.severity) for found in run.findings] == [
        ("bad.py", Severity.ERROR),
        ("tests/bad.py", Severity.INFO),
    ]


def test_nothing_at_all(tmp_path: Path, rules: list[type[Rule]]) -> None:
    run = check(tmp_path)
    assert (run.findings, run.files, run.lines) == ((), 0, 0)


# --------------------------------------------------------------------- sources


def test_buffers_stand_for_files(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(tmp_path, a="def f(): pass\n", b="def g(): pass\n")
    engine.check(tmp_path)
    kept = sorted(path.name for path in (tmp_path / ".pitfall_lint_cache").iterdir())
    source = DiskSource(tmp_path, {"a.py": b"def unsaved(): pass\n", "new.py": b"def new(): pass\n"})
    expected = [("a.py", "function unsaved"), ("b.py", "function g"), ("new.py", "function new")]
    assert said(engine.check(tmp_path, source=source)) == expected
    assert said(engine.check(tmp_path, source=source)) == expected
    assert said(engine.check(tmp_path)) == [("a.py", "function f"), ("b.py", "function g")]
    assert sorted(path.name for path in (tmp_path / ".pitfall_lint_cache").iterdir()) == kept


def test_overlays_read_the_cache_and_leave_it_alone(tmp_path: Path, rules: list[type[Rule]]) -> None:
    lay(tmp_path, a="def f(): pass\n", b="def g(): pass\n")
    engine.check(tmp_path)
    overlay = Overlay(DiskSource(tmp_path), {"a.py": b"def changed(): pass\n"}, {})
    assert said(engine.check(tmp_path, source=overlay)) == [("a.py", "function changed"), ("b.py", "function g")]
    assert engine.check(tmp_path).from_cache


def test_memory(rules: list[type[Rule]]) -> None:
    source = MemorySource({"b.py": "def g(): pass\n", "a.py": "def f(): pass\n"}, Path("/nowhere"))
    run = engine.check(Path("/nowhere"), source=source)
    assert said(run) == [("a.py", "function f"), ("b.py", "function g")]


# ----------------------------------------------------------------------- paths


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    lay(tmp_path, app__a="def a(): pass\n", app__sub__b="def b(): pass\n", tests__fixtures__case__c="def c(): pass\n")
    lay(tmp_path, own__d="def d(): pass\n", scratch__e="def e(): pass\n", app__local="def local(): pass\n")
    (tmp_path / "own/pitfall-lint.toml").write_text("ignore = ['PFL002']\n")
    (tmp_path / ".gitignore").write_text("scratch/\nlocal.py\n")
    return tmp_path


def runs_of(tree: Path, *paths: str, **settings: object) -> list[tuple[str, list[str]]]:
    runs = check_paths(paths, cwd=tree, cache=False, **settings)  # type: ignore[arg-type]
    return [(run.root.relative_to(tree).as_posix(), [found.place.path for found in run.findings]) for run in runs]


def test_paths_and_their_projects(tree: Path, rules: list[type[Rule]]) -> None:
    assert runs_of(tree, ".") == [(".", ["app/a.py", "app/sub/b.py"]), ("own", ["d.py"])]
    assert runs_of(tree, "app/a.py") == [(".", ["app/a.py"])]
    assert runs_of(tree, "app/sub", "own/d.py") == [(".", ["app/sub/b.py"]), ("own", ["d.py"])]
    assert runs_of(tree, "app", "app/a.py") == [(".", ["app/a.py", "app/sub/b.py"])]
    assert runs_of(tree, "own") == [("own", ["d.py"])]


def test_named_although_left_out(tree: Path, rules: list[type[Rule]]) -> None:
    assert runs_of(tree, "tests/fixtures/case") == [("tests/fixtures/case", ["c.py"])]
    assert runs_of(tree, "tests/fixtures/case/c.py") == [("tests/fixtures/case", ["c.py"])]
    assert runs_of(tree, "scratch") == [("scratch", ["e.py"])]
    assert runs_of(tree, "app/local.py") == [(".", ["app/local.py"])]
    assert runs_of(tree, "app", overrides={"exclude": ["app/"]}) == [("app", ["a.py", "sub/b.py"])]
    for path in ("tests/fixtures/case", "scratch/e.py", "app/local.py"):
        assert runs_of(tree, path, overrides={"force-exclude": True}) == []


def test_paths_that_are_none(tree: Path) -> None:
    from pitfall_lint.errors import ConfigError

    with pytest.raises(ConfigError, match=r"none\.py: no such file or folder"):
        check_paths(["app", "none.py"], cwd=tree)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tree / "pipe.py")
        with pytest.raises(ConfigError, match=r"pipe\.py: neither a file nor a folder"):
            check_paths(["pipe.py"], cwd=tree)
    (tree / "loop").symlink_to(tree / "loop")
    with pytest.raises(ConfigError, match="loop: no such file or folder"):
        check_paths(["loop"], cwd=tree)


def test_paths_through_links(tree: Path, rules: list[type[Rule]], tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(tree / "app")
    runs = check_paths([link / "a.py"], cache=False)
    assert [(run.root, said(run)) for run in runs] == [(tree, [("app/a.py", "function a")])]


def test_unsaved_files_among_paths(tree: Path, rules: list[type[Rule]]) -> None:
    buffers = {tree / "app/new.py": b"def new(): pass\n"}
    assert runs_of(tree, "app/new.py", buffers=buffers) == [(".", ["app/new.py"])]
