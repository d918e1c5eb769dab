"""Which files belong to a project, and what kind each is.

The root depends on nothing but the path (see `find_root`), so that a pre-commit run over one file analyses the same
project as a run over the whole repository. What is never project code (virtual environments, vendored copies, caches,
build output, editors' backups) is left out, as is what .gitignore and `exclude` say; contents are left to `facts`,
except that a folder's own pyproject.toml is asked whether it configures pitfall-lint.
"""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitfall_lint.errors import ConfigError
from pitfall_lint.ignored import Ignored, Patterns

if TYPE_CHECKING:
    from pitfall_lint.config import Config


class Kind(str, enum.Enum):
    """What a file is. Those of `KNOWN_BY_PATH` are never read."""

    PYTHON = "python"
    PYTHON_TEST = "python-test"
    PYTHON_MIGRATION = "python-migration"
    DJANGO_TEMPLATE = "django-template"
    JINJA_TEMPLATE = "jinja-template"
    TEMPLATE = "template"  # the engine is undecided
    MANIFEST = "manifest"
    STATIC = "static"
    TEXT = "text"  # Procfile, Dockerfile, server configuration, YAML, .env
    OTHER = "other"


KNOWN_BY_PATH = frozenset({Kind.STATIC, Kind.OTHER})
PYTHON_KINDS = frozenset({Kind.PYTHON, Kind.PYTHON_TEST, Kind.PYTHON_MIGRATION})


class File(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file of the project: root-relative posix path and kind. Size and times are 0 for the kinds that are known
    by path only.
    """

    path: str
    kind: Kind
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0


class Discovery(msgspec.Struct, frozen=True):
    """The files of a project, sorted by path, and what could not be looked at. `nested` are folders inside it that
    are projects of their own; `links` symbolic links (to folders, or to outside the root), which are not followed.
    """

    root: Path
    files: tuple[File, ...]
    problems: tuple[tuple[str, str], ...] = ()
    nested: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


# ------------------------------------------------------------------------ root

_MARKERS = (
    "manage.py", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "Procfile",
    "poetry.lock", "uv.lock", "tox.ini", ".gitignore", ".pre-commit-config.yaml", "docker-compose.yml",
)  # fmt: skip
_CONFIGURED = re.compile(rb"""^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*["']?pitfall-lint\b""", re.MULTILINE)
CONFIG_FILE = "pitfall-lint.toml"


def find_root(path: Path, within: Path | None = None) -> Path:
    """The project that `path` belongs to: the nearest folder upward that configures pitfall-lint or is a repository
    (.git); where there is neither, the outermost folder that bears a mark of a project (manage.py, pyproject.toml,
    requirements.txt ...); else the first folder that is no package. A manage.py below the repository's top does not
    make a root: the full run from the top and a run over one file must see the same project. `within` is a folder
    that the search does not leave. The home folder, the temporary folder and `/` are roots only when they are named.
    """
    path = Path(os.path.realpath(path))
    start = path if path.is_dir() else path.parent
    home = os.path.realpath(os.path.expanduser("~"))
    fences = {home, "/tmp", "/var/tmp", os.environ.get("TMPDIR", "/tmp"), start.anchor}
    marked: Path | None = None
    for folder in (start, *start.parents):
        if folder != start and (str(folder) in fences or (within is not None and folder in within.parents)):
            break
        if is_configured(folder) or (folder / ".git").exists():
            return folder
        if any((folder / marker).exists() for marker in _MARKERS):
            marked = folder
    if marked is not None:
        return marked
    folder = start
    while path != start and folder.parent != folder and folder != within and _is_part(folder):
        folder = folder.parent
    return folder


def is_configured(folder: Path) -> bool:
    """Whether the folder configures pitfall-lint."""
    if (folder / CONFIG_FILE).is_file():
        return True
    try:
        return _CONFIGURED.search((folder / "pyproject.toml").read_bytes()) is not None
    except OSError:
        return False


def _is_part(folder: Path) -> bool:
    return (folder / "__init__.py").exists() or folder.name in _TEMPLATE_FOLDERS or folder.name in _STATIC_FOLDERS


# ----------------------------------------------------------------------- kinds

_TEMPLATE_FOLDERS = frozenset({"templates", "template", "jinja2", "jinja"})
_STATIC_FOLDERS = frozenset({"static", "assets", "public", "staticfiles", "media", "static_src", "project-static"})
_TEST_FOLDERS = frozenset({"tests", "test"})
_DATA_FOLDERS = frozenset({"fixtures", "testdata", "test_data", "test-data"})  # of tests
_TEST_FILE = re.compile(r"(?:test_.*|.*_tests?|conftest|tests?)\.pyw?\Z")
_MIGRATION_FILE = re.compile(r"\d{3,}_.*\.py\Z")
_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements?|reqs)(?:[-_.].*)?\.(?:txt|in)\Z", re.IGNORECASE)
_MANIFESTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "Pipfile"})
_TEXT_FILE = re.compile(
    r"(?:Procfile(?:\..*)?|(?:.*\.)?(?:Dockerfile|Containerfile)(?:[.-].*)?|Caddyfile|Makefile|uwsgi.*\.ini|\.env(?:\..*)?|.*\.env|\.flaskenv|\.htaccess|fly\.toml)\Z"
)
_STATIC_SUFFIXES = frozenset(
    [
        "css",
        "scss",
        "sass",
        "less",
        "js",
        "mjs",
        "cjs",
        "jsx",
        "ts",
        "tsx",
        "vue",
        "map",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "ico",
        "webp",
        "avif",
        "bmp",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "mp3",
        "mp4",
        "webm",
        "ogg",
        "wav",
        "wasm",
    ]
)
_TEXT_SUFFIXES = frozenset({"yml", "yaml", "conf", "sh", "service"})
_JINJA_SUFFIXES = frozenset({"jinja", "jinja2"})
_MARKUP_SUFFIXES = frozenset({"html", "htm", "xhtml", "djhtml", "djt"})
_IN_TEMPLATES_SUFFIXES = frozenset(
    {
        "xml",
        "txt",
        "j2",
        "tpl",
        "tmpl",
        "eml",
        "md",
        "csv",
        "ics",
        "json",
        "rss",
        "atom",
        "mjml",
        "tex",
        "subject",
        "body",
    }
)
_LARGEST = {
    Kind.TEXT: 256_000,
    Kind.MANIFEST: 1_000_000,
    Kind.DJANGO_TEMPLATE: 1_000_000,
    Kind.JINJA_TEMPLATE: 1_000_000,
    Kind.TEMPLATE: 1_000_000,
}

# What the folders above a file say about it.
_TESTS, _MIGRATIONS, _TEMPLATES, _JINJA, _STATIC, _REQUIREMENT_FILES = 1, 2, 4, 8, 16, 32


def is_test_path(path: str) -> bool:
    """Whether a root-relative path lies in a folder of tests, or is named as a test."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or _TEST_FILE.match(name) is not None


def classify(path: str, size: int = 0) -> Kind:
    """The kind of a file, by its root-relative path (and its size: what is too large to be written by hand is not
    read).
    """
    *folders, name = path.split("/")
    context = 0
    for at, folder in enumerate(folders):
        context = _enter(context, folder, (), folders[at - 1] if at else "")
    if folders and folders[-1] == "migrations" and _MIGRATION_FILE.match(name):
        context |= _MIGRATIONS
    return _sized(_kind(name, context), size)


def of_paths(root: Path, paths: Iterable[str]) -> Discovery:
    """The discovery of files that lie on no disk."""
    return Discovery(root, tuple(File(path, classify(path)) for path in sorted(paths)))


def _enter(context: int, folder: str, names: Collection[str], parent: str) -> int:
    """What is known below `folder`, which holds `names`."""
    name = folder.lower()
    if context & (_TEMPLATES | _STATIC):
        return context | (_JINJA if name in ("jinja2", "jinja") else 0)
    context &= ~_REQUIREMENT_FILES
    if name in _TEST_FOLDERS:
        context |= _TESTS
    elif name in _TEMPLATE_FOLDERS:
        context |= _TEMPLATES | (_JINJA if name in ("jinja2", "jinja") else 0)
    elif name in _STATIC_FOLDERS:
        # `media` or `public` may also be an app
        context |= 0 if "__init__.py" in names else _STATIC
    elif name in ("requirements", "reqs"):
        context |= _REQUIREMENT_FILES
    elif name in ("migrations", "south_migrations"):
        context |= _MIGRATIONS if any(map(_MIGRATION_FILE.match, names)) or "script.py.mako" in names else 0
    elif (name == "alembic" and "env.py" in names) or (name == "versions" and parent in ("migrations", "alembic")):
        context |= _MIGRATIONS
    return context


def _kind(name: str, context: int) -> Kind:
    stem, dot, suffix = name.rpartition(".")
    suffix = suffix.lower() if dot else ""
    if suffix in ("py", "pyw"):
        if name == "setup.py":
            return Kind.MANIFEST
        if context & _MIGRATIONS:
            return Kind.PYTHON_MIGRATION
        return Kind.PYTHON_TEST if context & _TESTS or _TEST_FILE.match(name) else Kind.PYTHON
    if context & _STATIC:
        return Kind.STATIC
    if suffix in _MARKUP_SUFFIXES:
        if suffix in ("djhtml", "djt"):
            return Kind.DJANGO_TEMPLATE
        return Kind.JINJA_TEMPLATE if context & _JINJA else Kind.TEMPLATE
    if suffix in _JINJA_SUFFIXES or (
        suffix == "j2" and (context & _TEMPLATES or stem.lower().endswith((".html", ".htm")))
    ):
        return Kind.JINJA_TEMPLATE
    if context & _TEMPLATES and suffix in _IN_TEMPLATES_SUFFIXES:
        return Kind.JINJA_TEMPLATE if context & _JINJA else Kind.TEMPLATE
    if suffix in _STATIC_SUFFIXES:
        return Kind.STATIC
    if name in _MANIFESTS or (suffix in ("txt", "in") and (context & _REQUIREMENT_FILES or _REQUIREMENTS.match(name))):
        return Kind.MANIFEST
    if suffix in _TEXT_SUFFIXES or _TEXT_FILE.match(name):
        return Kind.TEXT
    return Kind.OTHER


def _sized(kind: Kind, size: int) -> Kind:
    if size > _LARGEST.get(kind, size):
        return Kind.OTHER if kind in (Kind.TEXT, Kind.MANIFEST) else Kind.STATIC
    return kind


# ------------------------------------------------------------------- left out

_NEVER = frozenset(
    [
        "node_modules",
        "bower_components",
        "jspm_packages",
        "__pycache__",
        "site-packages",
        "dist-packages",
        "_vendor",
        "third_party",
        "third-party",
        "__pypackages__",
        "venv",
        "virtualenv",
        "htmlcov",
        "_build",
    ]
)
_UNLESS_PACKAGE = frozenset({"build", "dist", "vendor", "vendored", "env", "ENV"})
_HIDDEN_KEPT = frozenset({".platform", ".ebextensions", ".docker", ".deploy", ".nginx"})
_APP_FILES = frozenset({"models.py", "views.py", "apps.py", "urls.py", "admin.py", "routes.py", "models", "views"})
_SPECIAL = frozenset(
    {".git", ".gitignore", "pyvenv.cfg", "conda-meta", "pyproject.toml", CONFIG_FILE, "lib", "Lib", "bin", "Scripts"}
)
_COPY = re.compile(
    r".*(?: copy(?: \d+)?| \(copy(?: \d+)?\)| \(\d+\)| - (?:copy|copia|copie|kopie|kopia|cópia)(?: \(\d+\))?)"
    r"(?:\.\w+)*\Z|(?:copy|copia|copie|kopie) (?:of|de|von) ",
    re.IGNORECASE,
)
_BACKUP_SUFFIXES = ("~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp", ".pyc", ".pyo")


def is_backup(name: str) -> bool:
    """Whether a file name is that of a copy or of an editor's backup."""
    return (
        name.endswith(_BACKUP_SUFFIXES)
        or name.startswith((".#", "#"))
        or (" " in name and _COPY.match(name) is not None)
    )


def _is_environment(folder: str, special: Collection[str]) -> bool:
    """Whether a folder is a virtual environment, committed with or without its pyvenv.cfg."""
    if "pyvenv.cfg" in special or "conda-meta" in special:
        return True
    for lib in ("lib", "Lib"):
        if lib in special and ("bin" in special or "Scripts" in special):
            try:
                below = os.listdir(os.path.join(folder, lib))
            except OSError:
                continue
            if "site-packages" in below or any(
                name.startswith("python") and os.path.isdir(os.path.join(folder, lib, name, "site-packages"))
                for name in below
            ):
                return True
    return False


class _Folder(msgspec.Struct):
    """A folder still to be looked into; `prefix` is its root-relative path and a slash ("" for the root)."""

    path: str
    prefix: str
    name: str
    parent: str
    context: int
    ignored: Ignored


class _Walk:
    """One walk through a project."""

    def __init__(self, root: str, exclude: Ignored, ignored: Ignored) -> None:
        self.root = root
        self.exclude = exclude
        self.files: list[File] = []
        self.problems: list[tuple[str, str]] = []
        self.nested: list[str] = []
        self.links: list[str] = []
        self._waiting = [_Folder(root, "", "", "", 0, ignored)]

    def run(self) -> None:
        while self._waiting:
            self._look(self._waiting.pop())

    def _look(self, folder: _Folder) -> None:
        try:
            with os.scandir(folder.path) as scan:
                entries = list(scan)
        except OSError as error:
            self.problems.append(
                (folder.prefix.rstrip("/") or ".", f"this folder cannot be read: {error.strerror or error}")
            )
            return
        names = {entry.name for entry in entries}
        special = _SPECIAL & names
        environment = bool(special) and _is_environment(folder.path, special)
        if folder.prefix and (environment or self._is_apart(folder, special, names)):
            return
        ignored = folder.ignored
        if ".gitignore" in special:
            ignored = ignored.inside(Patterns(_lines(os.path.join(folder.path, ".gitignore")), folder.prefix))
        context = _enter(folder.context, folder.name, names, folder.parent) if folder.prefix else 0
        prefix, exclude = folder.prefix, self.exclude
        for entry in entries:
            name = entry.name
            if not name.isascii() and not _is_text(name):
                shown = (prefix + name).encode("utf-8", "replace").decode()
                self.problems.append((shown, "its name is not valid UTF-8, so it was left out"))
                continue
            if entry.is_dir(follow_symlinks=False):
                if (
                    _is_left_out(name, context, environment)
                    or ignored.covers(prefix, name, folder=True)
                    or exclude.covers(prefix, name, folder=True)
                ):
                    continue
                self._waiting.append(_Folder(entry.path, f"{prefix}{name}/", name, folder.name, context, ignored))
            elif is_backup(name) or ignored.covers(prefix, name) or exclude.covers(prefix, name):
                continue
            elif entry.is_file(follow_symlinks=False):
                self._add(entry, prefix + name, context)
            elif entry.is_symlink():
                self._link(entry, prefix + name)

    def _is_apart(self, folder: _Folder, special: Collection[str], names: Collection[str]) -> bool:
        """Whether a folder is a project of its own, or somebody else's code."""
        if ".git" in special:
            if os.path.isdir(
                os.path.join(folder.path, ".git")
            ):  # where it is a file: a submodule, or another work tree
                self.nested.append(folder.prefix.rstrip("/"))
            return True
        if (CONFIG_FILE in special or "pyproject.toml" in special) and is_configured(Path(folder.path)):
            self.nested.append(folder.prefix.rstrip("/"))
            return True
        if folder.name in _UNLESS_PACKAGE and not folder.context & (_STATIC | _TEMPLATES):
            if folder.name in ("vendor", "vendored"):
                return _APP_FILES.isdisjoint(names)
            return "__init__.py" not in names and folder.name not in ("env", "ENV")
        return False

    def _add(self, entry: os.DirEntry[str], path: str, context: int) -> None:
        kind = _kind(entry.name, context)
        if kind is Kind.STATIC or kind is Kind.OTHER:
            self.files.append(File(path, kind))
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:  # gone since the folder was listed
            return
        kind = _sized(kind, status.st_size)
        if kind in KNOWN_BY_PATH:
            self.files.append(File(path, kind))
        else:
            self.files.append(File(path, kind, status.st_size, status.st_mtime_ns, status.st_ctime_ns))

    def _link(self, entry: os.DirEntry[str], path: str) -> None:
        """A link to a file of this project stands for its path only; the file is read under its own name. No other
        link is followed.
        """
        target = os.path.realpath(entry.path)
        if os.path.isfile(target) and target.startswith(self.root.rstrip("/") + "/"):
            self.files.append(File(path, Kind.OTHER))
        elif os.path.exists(target):
            self.links.append(path)


def _is_left_out(name: str, context: int, environment: bool) -> bool:
    if name.startswith("."):
        return name not in _HIDDEN_KEPT
    if name in _NEVER:
        return name == "node_modules" or not context & (_STATIC | _TEMPLATES)
    if environment and name in ("bin", "include", "lib", "lib64", "Lib", "Scripts", "Include", "conda-meta"):
        return True  # the root itself is a virtual environment
    if context & _TESTS and name in _DATA_FOLDERS:
        return True
    return (
        name.endswith((".egg-info", ".egg", ".dist-info"))
        or "{{" in name
        or (" " in name and _COPY.match(name) is not None)
    )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read().removeprefix("\ufeff").splitlines()
    except OSError:
        return []


def _outer_patterns(root: str) -> Ignored:
    """What .git/info/exclude, and the .gitignore files above the root up to the top of its repository, say. A root that
    they leave out was named all the same, and they have no say in it.
    """
    above: list[str] = []
    folder = root
    while not os.path.exists(os.path.join(folder, ".git")):
        parent, name = os.path.split(folder)
        if parent == folder:
            return Ignored()
        above.append(name)
        folder = parent
    layers = []
    way = "".join(f"{name}/" for name in reversed(above))
    layers.append(Patterns(_lines(_info_exclude(os.path.join(folder, ".git"))), above=way))
    while above:
        layers.append(
            Patterns(_lines(os.path.join(folder, ".gitignore")), above="".join(f"{name}/" for name in reversed(above)))
        )
        folder = os.path.join(folder, above.pop())
    layers = [layer for layer in layers if layer.lines]
    verdicts = (layer.verdict("") for layer in reversed(layers) if layer.above)
    left_out = next((verdict for verdict in verdicts if verdict is not None), False)
    return Ignored() if left_out else Ignored(tuple(layers))


def _info_exclude(git: str) -> str:
    if os.path.isfile(git):  # a work tree or submodule: "gitdir: PATH"
        pointer = "".join(_lines(git)[:1]).removeprefix("gitdir:").strip()
        git = os.path.join(os.path.dirname(git), pointer)
        common = "".join(_lines(os.path.join(git, "commondir"))[:1]).strip()
        git = os.path.join(git, common) if common else git
    return os.path.join(git, "info", "exclude")


def discover(root: Path, config: Config, extra: Collection[str] = ()) -> Discovery:
    """The files of the project at `root`. `extra` are root-relative paths that belong to it whatever .gitignore and
    `exclude` say.
    """
    real = os.path.realpath(root)
    if not os.path.isdir(real):
        raise ConfigError("no such folder", str(root))
    exclude = Ignored((Patterns((*config.exclude, *config.extend_exclude)),))
    walk = _Walk(real, exclude, _outer_patterns(real))
    walk.run()
    files = walk.files
    if extra:
        known = {file.path for file in files}
        files = [*files, *(_named(real, path) for path in extra if path not in known)]
    files.sort(key=_by_path)
    return Discovery(
        Path(real), tuple(files), tuple(sorted(walk.problems)), tuple(sorted(walk.nested)), tuple(sorted(walk.links))
    )


def _named(root: str, path: str) -> File:
    try:
        status = os.stat(os.path.join(root, path))
    except OSError:  # a buffer that was never saved
        return File(path, classify(path))
    return File(path, classify(path, status.st_size), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _by_path(file: File) -> str:
    return file.path
