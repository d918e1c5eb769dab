"""Dependency manifests: requirements files, pyproject.toml (PEP 621, PEP 735, Poetry), Pipfile, setup.cfg, setup.py.

Every requirement keeps its exact span; `insert` is where a new run-time requirement goes. Lock files are no manifests,
and nothing is inserted into a file that a tool wrote. What the project as a whole declares is left to
`project/dependencies.py`.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right

from pitfall_lint.facts.records import ManifestFacts, Problem, Requirement
from pitfall_lint.facts.toml import Table, TomlError, Value, tables
from pitfall_lint.language import pack

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SEPARATORS = re.compile(r"[-_.]+")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(\S+)")
_GROUP_WORDS = re.compile(
    r"dev|devel|develop|development|tests?|testing|docs?|documentation|lint|ci|optional|local|build"
)
_GENERATED = re.compile(r"^#.*auto-?generated (?:by|from)", re.IGNORECASE | re.MULTILINE)
_CANONICAL = {
    "devel": "dev",
    "develop": "dev",
    "development": "dev",
    "tests": "test",
    "testing": "test",
    "doc": "docs",
    "documentation": "docs",
}


def normalised(name: str) -> str:
    """A project's name as PEP 503 writes it."""
    return _SEPARATORS.sub("-", name).lower()


def read(path: str, text: str) -> ManifestFacts:
    """The facts of one manifest."""
    name = path.rpartition("/")[2]
    if name == "pyproject.toml":
        return _pyproject(path, text)
    if name == "Pipfile":
        return _pipfile(path, text)
    if name == "setup.cfg":
        return _setup_cfg(path, text)
    if name == "setup.py":
        return _setup_py(path, text)
    return _requirements(path, text)


class Positions:
    """Offsets of one text as packed positions."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    @property
    def lines(self) -> int:
        """How many lines the text has."""
        return len(self.starts) - (self.starts[-1] == len(self.text))

    def pack(self, offset: int) -> int:
        """The packed position of an offset."""
        line = bisect_right(self.starts, offset)
        return pack(line, offset - self.starts[line - 1])


def _requirement(positions: Positions, written: str, start: int, end: int, group: str) -> Requirement | None:
    """A requirement as PEP 508 writes it, or a URL with `#egg=`."""
    stripped = written.strip()
    match = _NAME.match(stripped)
    egg = _EGG.search(stripped)
    if egg is not None:
        name, specifier = egg.group(1), stripped
    elif match is None or "://" in stripped.partition("@")[0] or stripped.startswith((".", "/")):
        return None
    else:
        name, specifier = match.group(), stripped[match.end() :].strip()
    return Requirement(normalised(name), specifier, group, positions.pack(start), positions.pack(end))


def group_of(name: str) -> str:
    """The group that a name of a file, extra or dependency group stands for; run time where no word says otherwise."""
    for word in re.split(r"[^a-z]+", name.lower()):
        if word and _GROUP_WORDS.fullmatch(word):
            return _CANONICAL.get(word, word)
    return ""


# ------------------------------------------------------------- requirements


def _requirements(path: str, text: str) -> ManifestFacts:
    positions = Positions(text)
    *folders, name = path.split("/")
    group = group_of(name.rpartition(".")[0])
    if not group and folders and folders[-1] in ("docs", "doc", "tests", "test"):
        group = group_of(folders[-1])
    found: list[Requirement] = []
    includes: list[str] = []
    insert = 0 if "--hash=" in text or _GENERATED.search(text) else positions.pack(len(text))
    offset = 0
    lines = text.splitlines(keepends=True)
    index = 0
    while index < len(lines):
        line, start = lines[index], offset
        offset += len(line)
        index += 1
        while line.rstrip("\n").endswith("\\") and index < len(lines):  # hashes follow on continued lines
            line += lines[index]
            offset += len(lines[index])
            index += 1
        written = re.sub(r"(^|\s)#.*", "", line).replace("\\\n", " ").strip()
        if not written:
            continue
        if include := _INCLUDE.match(written):
            includes.append(include.group(1))
            continue
        editable = re.match(r"(?:-e|--editable)[ =]*", written)
        if written.startswith("-") and editable is None:
            continue
        spec = re.split(r"\s--?[a-z]", written[editable.end() if editable else 0 :])[0].strip()
        begin = start + len(line) - len(line.lstrip())
        shown = begin + len(line.strip().partition("\\")[0].partition(" #")[0].rstrip())
        requirement = _requirement(positions, spec, begin, shown, group)
        if requirement is not None:
            found.append(requirement)
    return ManifestFacts(path, positions.lines, "requirements", tuple(found), tuple(includes), insert)


# ------------------------------------------------------------------- TOML


def _array(positions: Positions, value: Value, group: str) -> list[Requirement]:
    found: list[Requirement] = []
    for item in value.items:
        if item.text is not None:
            requirement = _requirement(positions, item.text, item.start, item.end, group)
            if requirement is not None:
                found.append(requirement)
    return found


def _after_last(positions: Positions, value: Value) -> int:
    """Where a further item of an array goes: after the last one, or after the bracket."""
    return positions.pack(value.items[-1].end if value.items else value.start + 1)


def _pyproject(path: str, text: str) -> ManifestFacts:
    positions = Positions(text)
    try:
        read = tables(text)
    except TomlError as error:
        problem = Problem(str(error), positions.pack(error.offset))
        return ManifestFacts(path, positions.lines, "pep621", (), (), 0, problem)
    found: list[Requirement] = []
    form, insert = "pep621", 0
    for table in read:
        if table.name == ("project",):
            insert = _project(positions, table, found, insert)
        elif table.name == ("project", "optional-dependencies") or table.name == ("dependency-groups",):
            for key, value in table.entries:
                found += _array(positions, value, group_of(key[-1]) or key[-1])
        elif table.name[:2] == ("tool", "poetry"):
            place = _poetry(positions, table, found)
            if place and not insert:
                form, insert = "poetry", place
        elif table.name == ("tool", "uv"):
            for key, value in table.entries:
                if key == ("dev-dependencies",):
                    found += _array(positions, value, "dev")
    return ManifestFacts(path, positions.lines, form, tuple(sorted(found, key=lambda r: r.start)), (), insert)


def _project(positions: Positions, table: Table, found: list[Requirement], insert: int) -> int:
    dynamic = False
    for key, value in table.entries:
        if key == ("dependencies",):
            found += _array(positions, value, "")
            insert = _after_last(positions, value)
        elif key[0] == "optional-dependencies" and len(key) == 2:
            found += _array(positions, value, group_of(key[1]) or key[1])
        elif key == ("dynamic",):
            dynamic = any(item.text == "dependencies" for item in value.items)
    if not insert and not dynamic and table.entries:
        insert = _line_end(positions, table.entries[-1][1].end)
    return insert


def _poetry(positions: Positions, table: Table, found: list[Requirement]) -> int:
    """Reads one of Poetry's tables; where a run-time requirement goes if it is the main one."""
    rest = table.name[2:]
    if len(rest) == 2 and rest[0] == "dependencies":  # [tool.poetry.dependencies.NAME]
        start, end = positions.pack(table.start), positions.pack(table.end)
        found.append(Requirement(normalised(rest[1]), "", "", start, end))
        return 0
    if rest == ("dependencies",):
        group = ""
    elif rest == ("dev-dependencies",):  # before groups came
        group = "dev"
    elif len(rest) == 3 and rest[0] == "group" and rest[2] == "dependencies":
        group = group_of(rest[1]) or rest[1]
        if rest[1] == "main":
            group = ""
    else:
        return 0
    for key, value in table.entries:
        if key[0] != "python":
            found.append(_keyed(positions, key, value, group))
    if rest != ("dependencies",):
        return 0
    return _line_end(positions, table.entries[-1][1].end if table.entries else table.end)


def _line_end(positions: Positions, offset: int) -> int:
    end = positions.text.find("\n", offset)
    return positions.pack(len(positions.text) if end < 0 else end)


def _keyed(positions: Positions, key: tuple[str, ...], value: Value, group: str) -> Requirement:
    specifier = value.text if value.text is not None else positions.text[value.start : value.end]
    start, end = positions.pack(value.key_start), positions.pack(value.end)
    return Requirement(normalised(key[0]), specifier, group, start, end)


def _pipfile(path: str, text: str) -> ManifestFacts:
    positions = Positions(text)
    try:
        read = tables(text)
    except TomlError as error:
        problem = Problem(str(error), positions.pack(error.offset))
        return ManifestFacts(path, positions.lines, "pipfile", (), (), 0, problem)
    found: list[Requirement] = []
    insert = 0
    for table in read:
        if table.name in (("packages",), ("dev-packages",)):
            group = "" if table.name == ("packages",) else "dev"
            found += [_keyed(positions, key, value, group) for key, value in table.entries]
            if not group:
                insert = _line_end(positions, table.entries[-1][1].end if table.entries else table.end)
    return ManifestFacts(path, positions.lines, "pipfile", tuple(found), (), insert)


# -------------------------------------------------------- setup.cfg, setup.py

_SECTION = re.compile(r"\[([^\]\n]+)\]")
_OPTION = re.compile(r"([\w.-]+)[ \t]*[=:][ \t]*")


def _setup_cfg(path: str, text: str) -> ManifestFacts:
    positions = Positions(text)
    found: list[Requirement] = []
    insert, section, group, offset = 0, "", None, 0
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        written = line.strip()
        if header := _SECTION.match(line):
            section, group = header.group(1), None
            continue
        if not written or written.startswith(("#", ";")):
            continue
        begin = start + len(line) - len(line.lstrip())
        if not line[0].isspace():
            option = _OPTION.match(line)
            name = option.group(1) if option else ""
            group = _cfg_group(section, name)
            if option is None or group is None:
                continue
            begin, written = start + option.end(), line[option.end() :].strip()
            if not group:
                insert = positions.pack(start + len(line.rstrip()))
        if group is None or not written:
            continue
        requirement = _requirement(positions, written.partition(" #")[0], begin, begin + len(written), group)
        if requirement is not None:
            found.append(requirement)
        if not group:
            insert = positions.pack(start + len(line.rstrip()))
    return ManifestFacts(path, positions.lines, "setup.cfg", tuple(found), (), insert)


def _cfg_group(section: str, option: str) -> str | None:
    if section == "options":
        return {"install_requires": "", "tests_require": "test"}.get(option)
    if section == "options.extras_require":
        return group_of(option) or option
    return None


def _setup_py(path: str, text: str) -> ManifestFacts:
    positions = Positions(text)
    found: list[Requirement] = []
    insert = 0
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ManifestFacts(path, positions.lines, "setup.py", (), (), 0)
    bound: dict[str, ast.expr] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            bound[node.targets[0].id] = node.value
    reader = _Literals(positions, bound)
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "setup"):
            continue
        for keyword in node.keywords:
            if keyword.arg == "install_requires":
                found += reader.strings(keyword.value, "")
                insert = reader.after_last(keyword.value)
            elif keyword.arg == "tests_require":
                found += reader.strings(keyword.value, "test")
            elif keyword.arg == "extras_require" and isinstance(extras := reader.value(keyword.value), ast.Dict):
                for key, value in zip(extras.keys, extras.values, strict=True):
                    name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "extra"
                    found += reader.strings(value, group_of(name) or name)
    return ManifestFacts(path, positions.lines, "setup.py", tuple(found), (), insert)


class _Literals:
    """Lists of strings in setup.py, one name away at most."""

    def __init__(self, positions: Positions, bound: dict[str, ast.expr]) -> None:
        self.positions = positions
        self.bound = bound
        self.lines = positions.text.split("\n")

    def value(self, node: ast.expr) -> ast.expr:
        return self.bound.get(node.id, node) if isinstance(node, ast.Name) else node

    def offset(self, line: int, column: int) -> int:
        """The offset in characters of a position that counts bytes."""
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="ignore"))
        return self.positions.starts[line - 1] + column

    def strings(self, node: ast.expr, group: str) -> list[Requirement]:
        node = self.value(node)
        found: list[Requirement] = []
        if isinstance(node, (ast.List, ast.Tuple)):
            for item in node.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    start = self.offset(item.lineno, item.col_offset)
                    end = self.offset(item.end_lineno or item.lineno, item.end_col_offset or 0)
                    requirement = _requirement(self.positions, item.value, start, end, group)
                    if requirement is not None:
                        found.append(requirement)
        return found

    def after_last(self, node: ast.expr) -> int:
        node = self.value(node)
        if not isinstance(node, ast.List):
            return 0
        if not node.elts:
            return self.positions.pack(self.offset(node.lineno, node.col_offset) + 1)
        last = node.elts[-1]
        return self.positions.pack(self.offset(last.end_lineno or last.lineno, last.end_col_offset or 0))
