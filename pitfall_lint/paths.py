"""Paths, as somebody names them, and the projects that they belong to.

A path belongs to the project at its root (`discover.find_root`), which is analysed whole. A path that the project
leaves out (`exclude`, .gitignore, test data) and that is named all the same is meant: a file beside others joins the
project for that run, a folder is a project of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pitfall_lint import config, engine
from pitfall_lint.config import Config
from pitfall_lint.discover import Discovery, discover, find_root
from pitfall_lint.errors import ConfigError
from pitfall_lint.source import DiskSource


class Named(msgspec.Struct, frozen=True):
    """One project that was named: what of it is reported on (None: all), and what joins it for this run. `seconds` is
    how long it took to find its files.
    """

    root: Path
    config: Config
    discovery: Discovery
    targets: tuple[str, ...] | None
    extra: tuple[str, ...] = ()
    seconds: float = 0.0


def named(
    paths: Iterable[str | Path],
    *,
    cwd: Path | None = None,
    file: Path | None = None,
    isolated: bool = False,
    overrides: Mapping[str, Any] | None = None,
    buffers: Iterable[Path] = (),
) -> tuple[Named, ...]:
    """The projects that the paths belong to, and those nested below named folders, sorted by root. `buffers` are real
    paths of files that need not be on disk. ConfigError for a path that does not exist or is neither a file nor a
    folder.
    """
    unsaved = frozenset(buffers)
    by_root: dict[Path, list[Path]] = {}
    for path in paths:
        real = _real(path, cwd or Path.cwd(), unsaved)
        by_root.setdefault(find_root(real), []).append(real)
    found: dict[Path, Named] = {}
    waiting = sorted(by_root.items(), reverse=True)
    while waiting:
        root, reals = waiting.pop()
        if root in found:
            continue
        settings = config.load(root, file=file, isolated=isolated, overrides=overrides)
        here, elsewhere = _sorted_out(root, settings, reals)
        for own, inside in elsewhere.items():
            found.setdefault(own, _own(own, inside, settings))
        if here is None:
            continue
        found[root] = here
        within = engine.Targets(here.targets)
        waiting += [(root / path, [root / path]) for path in here.discovery.nested if within.cover(path)]
    return tuple(found[root] for root in sorted(found))


def check_paths(
    paths: Iterable[str | Path],
    *,
    cwd: Path | None = None,
    file: Path | None = None,
    isolated: bool = False,
    overrides: Mapping[str, Any] | None = None,
    buffers: Mapping[Path, bytes] | None = None,
    cache: bool = True,
    workers: int | None = None,
    debug: bool = False,
    progress: engine.Progress | None = None,
) -> tuple[engine.Run, ...]:
    """Check what the paths name: one run a project, sorted by root. `buffers` are contents that stand for files, by
    real path.
    """
    unsaved = buffers or {}
    projects = named(paths, cwd=cwd, file=file, isolated=isolated, overrides=overrides, buffers=unsaved)
    return tuple(
        engine.check(
            project.root,
            project.config,
            targets=project.targets,
            extra=project.extra,
            discovery=project.discovery,
            source=DiskSource(
                project.root,
                {_within(p, project.root): data for p, data in unsaved.items() if project.root in p.parents},
            ),
            cache=cache,
            workers=workers,
            debug=debug,
            progress=progress,
        )
        for project in projects
    )


def _real(path: str | Path, cwd: Path, unsaved: frozenset[Path]) -> Path:
    real = Path(os.path.realpath(cwd / path))
    if real not in unsaved and not real.is_file() and not real.is_dir():
        raise ConfigError("neither a file nor a folder" if real.exists() else "no such file or folder", str(path))
    return real


def _within(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _sorted_out(root: Path, settings: Config, reals: Sequence[Path]) -> tuple[Named | None, dict[Path, list[Path]]]:
    """The project at the root with those of the paths that belong to it, and the others by the folder that is their
    own root.
    """
    started = time.perf_counter()
    discovery = discover(root, settings)
    targets: list[str] = []
    extra: list[str] = []
    elsewhere: dict[Path, list[Path]] = {}
    for real in reals:
        path = _within(real, root)
        if path == "." or holds(discovery, path):
            targets.append(path)
        elif not settings.force_exclude:
            own = own_root(real, discovery)
            if own is None:
                extra.append(path)
                targets.append(path)
            else:
                elsewhere.setdefault(own, []).append(real)
    if not targets:
        return None, elsewhere
    if extra:
        discovery = discover(root, settings, extra)
    paths = None if "." in targets else tuple(sorted(set(targets)))
    return Named(root, settings, discovery, paths, tuple(extra), time.perf_counter() - started), elsewhere


def holds(discovery: Discovery, path: str) -> bool:
    """Whether a root-relative path is a file of the project, or a folder with one in it or below."""
    return any(file.path == path or file.path.startswith(f"{path}/") for file in discovery.files) or any(
        nested == path or nested.startswith(f"{path}/") for nested in discovery.nested
    )


def own_root(real: Path, discovery: Discovery) -> Path | None:
    """The root of a path that its project leaves out; None for a file in a folder that the project knows, which may
    as well join it.
    """
    outermost: Path | None = None
    for folder in (real, *real.parents):
        if folder == discovery.root or holds(discovery, _within(folder, discovery.root)):
            break
        if folder.is_dir():
            outermost = folder
    return None if outermost is None else find_root(real, within=outermost)


def _own(root: Path, reals: Sequence[Path], settings: Config) -> Named:
    """A project within one that leaves it out: configured alike, but for what is left out."""
    settings = msgspec.structs.replace(settings, exclude=(), extend_exclude=())
    paths = [_within(real, root) for real in reals]
    discovery = discover(root, settings, [path for path in paths if (root / path).is_file()])
    return Named(root, settings, discovery, None if "." in paths else tuple(sorted(set(paths))))
