"""The cache: addressed by content, harmless to runs at the same time, as good as absent when damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pitfall_lint import cache as caching
from pitfall_lint import engine
from pitfall_lint.cache import FOLDER, Cache, digest_of
from pitfall_lint.config import Config
from pitfall_lint.discover import File, Kind
from pitfall_lint.engine import Run

OLD = 1_000_000_000_000_000_000


def file(path: str, size: int = 1, mtime: int = OLD, ctime: int = OLD) -> File:
    return File(path, Kind.PYTHON, size, mtime, ctime)


def aged(root: Path) -> None:
    """Let no file look as if it had only just changed: two seconds of waiting, but for the clock."""
    for path in root.rglob("*.py"):
        os.utime(path, ns=(OLD, OLD))


# ---------------------------------------------------------------------- parts


def test_digests_by_size_and_times(tmp_path: Path) -> None:
    Cache(tmp_path / "c").keep_digests([file("a.py"), file("b.py")], {"a.py": b"1" * 16, "b.py": b"2" * 16})
    cache = Cache(tmp_path / "c")
    assert cache.digest(file("a.py")) == b"1" * 16
    assert cache.digest(file("a.py", size=2)) is None
    assert cache.digest(file("a.py", mtime=OLD + 1)) is None
    assert cache.digest(file("a.py", ctime=OLD + 1)) is None
    assert cache.digest(file("c.py")) is None


@pytest.mark.parametrize("changed", ["mtime", "ctime"])
def test_what_had_only_just_changed_is_not_trusted(tmp_path: Path, changed: str) -> None:
    fresh = file("a.py", **{changed: time.time_ns()})
    Cache(tmp_path / "c").keep_digests([fresh], {"a.py": b"1" * 16})
    assert Cache(tmp_path / "c").digest(fresh) is None


def test_facts_by_content_and_kind(tmp_path: Path) -> None:
    files = [file(f"{number}.py") for number in range(50)]
    digests = {known.path: digest_of(known.path.encode()) for known in files}
    Cache(tmp_path / "c").keep_facts(files, digests, {known.path: known.path.encode() * 100 for known in files})
    cache = Cache(tmp_path / "c")
    for known in files:
        assert bytes(cache.facts(known, digests[known.path]) or b"") == known.path.encode() * 100
    assert cache.facts(files[0], digest_of(b"other")) is None
    assert cache.facts(File("0.py", Kind.PYTHON_TEST), digests["0.py"]) is None


def test_one_change_rewrites_one_shard_and_keeps_its_neighbours(tmp_path: Path) -> None:
    files = [file(f"{number}.py") for number in range(100)]
    digests = {known.path: digest_of(known.path.encode()) for known in files}
    Cache(tmp_path / "c").keep_facts(files, digests, {known.path: b"old" for known in files})
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()}
    digests["7.py"] = digest_of(b"new")
    Cache(tmp_path / "c").keep_facts(files[:-1], digests, {"7.py": b"new"})
    cache = Cache(tmp_path / "c")
    assert bytes(cache.facts(files[7], digests["7.py"]) or b"") == b"new"
    assert all(cache.facts(known, digests[known.path]) is not None for known in files[:-1])
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()}
    assert sum(before[name] != after[name] for name in before) == 1


def test_folder_says_what_it_is(tmp_path: Path) -> None:
    assert Cache(tmp_path / "deep/c").is_new
    Cache(tmp_path / "deep/c").keep_digests([], {})
    assert not Cache(tmp_path / "deep/c").is_new
    assert (tmp_path / "deep/c/.gitignore").read_text() == "*\n"
    assert (tmp_path / "deep/c/CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_old_runs_and_leftovers_are_forgotten(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    for number in range(40):
        cache.keep_run(f"{number:02}", b"run")
    left = tmp_path / "c/files.1.2.new"
    left.write_bytes(b"")
    os.utime(left, (1, 1))
    cache.keep_run("99", b"run")
    assert len(list((tmp_path / "c").glob("run-*"))) == 16
    assert not left.exists()
    assert bytes(cache.run("99") or b"") == b"run"


def damage_cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damage_flip(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 0xFF]) + data[-4:]


def damage_stamp(data: bytes) -> bytes:
    return data[:30] + b"another version!" + data[46:]


@pytest.mark.parametrize(
    "damage",
    [damage_cut, damage_flip, damage_stamp, lambda data: b"", lambda data: b"\x93\x01\x02", lambda data: data + b"x"],
)
def test_damage_is_absence(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    known, digest = file("a.py"), digest_of(b"a")
    cache = Cache(tmp_path / "c")
    cache.keep_digests([known], {"a.py": digest})
    cache.keep_facts([known], {"a.py": digest}, {"a.py": b"facts of a file"})
    cache.keep_run("key", b"a run with findings")
    for path in (tmp_path / "c").glob("*"):
        if path.name not in ("CACHEDIR.TAG", ".gitignore"):
            path.write_bytes(damage(path.read_bytes()))
    cache = Cache(tmp_path / "c")
    assert (cache.digest(known), cache.facts(known, digest), cache.run("key")) == (None, None, None)


def test_a_right_checksum_over_nonsense(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache._store("files", caching._stamp_of_data(), b"\xc1nonsense")
    number = caching._shard_number("a.py")
    cache._store(f"facts-{number:x}", caching.stamp_of_readers(), b"\x00\x00\x00\x05nonsense")
    cache = Cache(tmp_path / "c")
    assert cache.digest(file("a.py")) is None
    assert cache.facts(file("a.py"), b"") is None


def test_stamps_follow_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("facts/a.py", "rules/b.py", "cli/c.py", "language.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    monkeypatch.setattr(caching, "_package_path", [str(tmp_path)])

    def stamps() -> tuple[bytes, bytes]:
        caching.stamp_of_readers.cache_clear()
        caching.stamp_of_linter.cache_clear()
        return caching.stamp_of_readers(), caching.stamp_of_linter()

    try:
        first = stamps()
        (tmp_path / "cli/c.py").write_text("x = 2\n")
        assert stamps() == first
        (tmp_path / "rules/b.py").write_text("x = 2\n")
        second = stamps()
        assert (second[0] == first[0], second[1] == first[1]) == (True, False)
        (tmp_path / "facts/a.py").write_text("x = 2\n")
        third = stamps()
        assert (third[0] == second[0], third[1] == second[1]) == (False, False)
        monkeypatch.setattr(caching, "_libcst_version", lambda: "another")
        assert stamps()[0] != third[0]
    finally:
        caching.stamp_of_readers.cache_clear()
        caching.stamp_of_linter.cache_clear()


# ------------------------------------------------------------------ whole runs


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for number in range(60):
        place = root / f"package{number % 6}" / f"module{number}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"def function{number}(x):\n    return x + {number}\n")
    (root / "broken.py").write_text("x = (\n")
    (root / "package0/marked.py").write_text("x = 1  # pitfall: ignore[PFL001] why\n")
    aged(root)
    return root


def essence(run: Run) -> list[tuple[str, str, int, str]]:
    return [(found.code, found.place.path, found.place.start, found.message) for found in run.findings]


def check(root: Path, **settings: object) -> Run:
    return engine.check(root, Config(select=("PFL",)), **settings)  # type: ignore[arg-type]


EXPECTED = ["PFL001", "PFL002"]


def test_unchanged_is_answered_from_the_cache(project: Path) -> None:
    cold = check(project)
    assert [code for code, *_ in essence(cold)] == EXPECTED
    warm = check(project)
    assert (cold.from_cache, warm.from_cache) == (False, True)
    assert warm.findings == cold.findings
    assert (warm.files, warm.lines, warm.rules) == (cold.files, cold.lines, cold.rules)
    assert "read" not in warm.timings


def test_touched_and_moved_back_is_unchanged(project: Path) -> None:
    check(project)
    place = project / "package1/module1.py"
    os.utime(place)
    assert check(project).from_cache
    text = place.read_text()
    place.write_text("y = 1\n")
    assert not check(project).from_cache
    place.write_text(text)
    assert check(project).from_cache


def test_every_change_counts(project: Path) -> None:
    check(project)
    place = project / "package1/module1.py"
    before = place.stat()
    text = place.read_text()
    place.write_text(text.replace("return x +", "return x ("))  # as long as before
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    changed = check(project)
    assert not changed.from_cache
    assert [path for code, path, *_ in essence(changed) if code == "PFL001"] == ["broken.py", "package1/module1.py"]
    (project / "added.py").write_text("x = )\n")
    assert len(essence(check(project))) == 4
    (project / "added.py").unlink()
    (project / "broken.py").unlink()
    assert len(essence(check(project))) == 2
    (project / "logo.png").write_bytes(b"")
    assert not check(project).from_cache


def test_quick_changes_within_a_tick(project: Path) -> None:
    place = project / "quick.py"
    for text in ("x = 1\n", "x = (\n", "x = 2\n", "x = )\n") * 3:
        place.write_text(text)
        broken = "quick.py" in [path for code, path, *_ in essence(check(project)) if code == "PFL001"]
        assert broken == (text[4] in "()")


def test_configuration_counts(project: Path) -> None:
    check(project)
    other = engine.check(project, Config(select=("PFL001",)))
    assert not other.from_cache
    assert [code for code, *_ in essence(other)] == ["PFL001"]
    assert check(project).from_cache
    assert engine.check(project, Config(select=("PFL",), output_format="json")).from_cache


def test_only_what_changed_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pitfall_lint import workers

    check(project)
    (project / "package1/module1.py").write_text("y = 1\n")
    read: list[str] = []
    reading = workers.reading

    def note(path: str, kind: Kind, data: bytes) -> workers.Reading:
        read.append(path)
        return reading(path, kind, data)

    monkeypatch.setattr(workers, "reading", note)
    check(project)
    assert read == ["package1/module1.py"]


def test_one_file_is_answered_from_the_same_run(project: Path) -> None:
    whole = check(project)
    one = check(project, targets=["broken.py"])
    assert one.from_cache
    assert list(one.findings) == [found for found in whole.findings if found.place.path == "broken.py"]
    assert check(project, targets=["package0"]).findings == tuple(
        found for found in whole.findings if found.place.path.startswith("package0/")
    )


@pytest.mark.parametrize("damage", [damage_cut, damage_flip, damage_stamp, lambda data: b""])
def test_damage_is_mended_silently(project: Path, damage: Callable[[bytes], bytes]) -> None:
    cold = check(project)
    for path in (project / FOLDER).glob("*"):
        if path.name not in ("CACHEDIR.TAG", ".gitignore"):
            path.write_bytes(damage(path.read_bytes()))
    again = check(project)
    assert not again.from_cache
    assert again.findings == cold.findings
    assert check(project).from_cache


def test_a_foreign_folder(project: Path) -> None:
    (project / FOLDER).write_text("a file, not a folder")
    assert [code for code, *_ in essence(check(project))] == EXPECTED
    (project / FOLDER).unlink()
    for name in ("files", "facts-0", "run-x"):
        (project / FOLDER / name).mkdir(parents=True)
    assert [code for code, *_ in essence(check(project))] == EXPECTED


def test_no_cache(project: Path) -> None:
    run = check(project, cache=False)
    assert [code for code, *_ in essence(run)] == EXPECTED
    assert not (project / FOLDER).exists()


def test_cache_elsewhere(project: Path, tmp_path: Path) -> None:
    config = Config(select=("PFL",), cache_dir=str(tmp_path / "elsewhere"))
    engine.check(project, config)
    assert engine.check(project, config).from_cache
    assert not (project / FOLDER).exists()
    assert (tmp_path / "elsewhere/files").exists()


def test_a_folder_that_cannot_be_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **settings: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert [code for code, *_ in essence(check(project))] == EXPECTED
    assert [code for code, *_ in essence(check(project))] == EXPECTED
    assert not (project / FOLDER).exists()


def test_crashes_are_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pitfall_lint import registry

    rule = registry.find("PFL001")
    assert rule is not None
    with monkeypatch.context() as patch:
        patch.setattr(rule, "check", lambda self, project: [].pop())
        assert check(project).failures
    again = check(project)
    assert not again.from_cache
    assert again.failures == ()


SCRIPT = """
import sys
from pathlib import Path
from pitfall_lint import engine
from pitfall_lint.config import Config
root = Path(sys.argv[1])
for turn in range(int(sys.argv[2])):
    (root / f"made{sys.argv[3]}.py").write_text(f"x = {turn}\\n")
    run = engine.check(root, Config(select=("PFL001",)), workers=int(sys.argv[4]))
    assert not run.failures, run.failures
    paths = [found.place.path for found in run.findings]
    assert paths == ["broken.py"], paths
"""


def test_runs_at_the_same_time(project: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(project), "8"]
    runs = [
        subprocess.Popen([*command, str(number), str(number)], stderr=subprocess.PIPE, text=True) for number in (1, 2)
    ]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    assert [found.place.path for found in engine.check(project, Config(select=("PFL001",))).findings] == ["broken.py"]
    assert not list((project / FOLDER).glob("*.new"))
