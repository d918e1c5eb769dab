"""The configuration: `[tool.pitfall-lint]` in pyproject.toml, or pitfall-lint.toml, and what the command line sets,
as one frozen `Config`.

Every key is checked for its name and its type, and a wrong one is refused with its file, its line and the nearest key
that exists. Whether a selector or a rule's table names a rule is the registry's to say (`registry.select`), so that a
run answered from the cache imports no rules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pitfall_lint.discover import CONFIG_FILE
from pitfall_lint.errors import ConfigError
from pitfall_lint.finding import Confidence, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMATS = ("full", "concise", "json", "json-lines", "grouped", "github", "gitlab", "sarif", "junit", "html")
COMMAND_LINE = "command line"


class PerFile(msgspec.Struct, frozen=True):
    """Rules that are not reported in the files that a pattern (as in .gitignore) matches."""

    pattern: str
    selectors: tuple[str, ...]


class SeverityOf(msgspec.Struct, frozen=True):
    """The severity of the rules that a selector names, where it is not the rule's own."""

    selector: str
    severity: Severity


class RuleTable(msgspec.Struct, frozen=True):
    """The table of one rule's options, under the key it was written with (a code or a name)."""

    key: str
    options: dict[str, Any]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is told. Selectors are codes (`DJG101`), prefixes (`DJG1`), names (`n-plus-one-to-one`) or `ALL`."""

    select: tuple[str, ...] = ("ALL",)
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    per_file_ignores: tuple[PerFile, ...] = ()
    severity: tuple[SeverityOf, ...] = ()
    fail_on: Severity = Severity.INFO
    min_confidence: Confidence = Confidence.MEDIUM
    baseline: str | None = None
    cache_dir: str | None = None
    output_format: str | None = None
    target_django: tuple[int, int] | None = None
    tables: tuple[RuleTable, ...] = ()
    path: str | None = None  # the file it was read from

    def at(self, *keys: str) -> tuple[str | None, int | None]:
        """The file, and the row where it can be found, of a key: where an error about it is."""
        if self.path is None or self.path == COMMAND_LINE:
            return self.path, None
        try:
            text = Path(self.path).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return self.path, None
        return self.path, row_of(text, keys)


# ------------------------------------------------------------- what a key takes

_Reader = Callable[[Any], Any]


class _Wrong(Exception):
    """What a value should have been."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _Wrong("a string")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("true or false")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise _Wrong("a list of strings")
    return tuple(value)


def _one_of(*choices: str) -> _Reader:
    def read(value: Any) -> str:
        if value not in choices:
            raise _Wrong(f"one of {', '.join(choices)}")
        return str(value)

    return read


def _severity(value: Any) -> Severity:
    return Severity(_one_of(*(item.value for item in Severity))(value))


def _confidence(value: Any) -> Confidence:
    return Confidence(_one_of(*(item.value for item in Confidence))(value))


def _per_file_ignores(value: Any) -> tuple[PerFile, ...]:
    if not isinstance(value, Mapping):
        raise _Wrong("a table of pattern = [rules]")
    return tuple(PerFile(pattern, _texts(selectors)) for pattern, selectors in value.items())


def _severities(value: Any) -> tuple[SeverityOf, ...]:
    if not isinstance(value, Mapping):
        raise _Wrong("a table of rule = severity")
    return tuple(SeverityOf(selector, _severity(severity)) for selector, severity in value.items())


def _version(value: Any) -> tuple[int, int]:
    major, _, minor = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not major.isdigit() or not minor.isdigit():
        raise _Wrong('a version such as "5.2"')
    return int(major), int(minor)


_KEYS: Mapping[str, _Reader] = {
    "select": _texts,
    "extend-select": _texts,
    "ignore": _texts,
    "exclude": _texts,
    "extend-exclude": _texts,
    "force-exclude": _flag,
    "per-file-ignores": _per_file_ignores,
    "severity": _severities,
    "fail-on": _severity,
    "min-confidence": _confidence,
    "baseline": _text,
    "cache-dir": _text,
    "output-format": _one_of(*FORMATS),
    "target-django": _version,
}
KEYS = tuple(_KEYS)


# -------------------------------------------------------------------- reading


def load(
    root: Path, *, file: Path | None = None, isolated: bool = False, overrides: Mapping[str, Any] | None = None
) -> Config:
    """The configuration of the project at `root`: from `file` where one is named, else from pitfall-lint.toml, else
    from pyproject.toml. `overrides` are the command line's: the same keys and values as in the file.
    """
    config = Config()
    if file is not None:
        config = _read(file, named=True)
    elif not isolated:
        for candidate in (root / CONFIG_FILE, root / "pyproject.toml"):
            if candidate.is_file():
                config = _read(candidate, named=False)
                if config.path is not None:
                    break
    if not overrides:
        return config
    told = _checked(overrides, COMMAND_LINE, None)
    return msgspec.structs.replace(config, **told)


def _read(file: Path, *, named: bool) -> Config:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", str(file)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error.reason} at byte {error.start}", str(file)) from error
    if not named and file.name != CONFIG_FILE and "pitfall-lint" not in text:
        return Config()
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", str(file), _row_in(str(error))) from error
    if file.name == "pyproject.toml" or (named and "pitfall-lint" in table.get("tool", {})):
        tools = table.get("tool", {})
        if not isinstance(tools, dict) or "pitfall-lint" not in tools:
            return Config()
        table = tools["pitfall-lint"]
        if not isinstance(table, dict):
            raise ConfigError("`tool.pitfall-lint` must be a table", str(file), row_of(text, ("pitfall-lint",)))
    return Config(**_checked(table, str(file), text), path=str(file))


def _checked(table: Mapping[str, Any], path: str, text: str | None) -> dict[str, Any]:
    """The arguments of `Config` that a table stands for."""
    known: dict[str, Any] = {}
    tables: list[RuleTable] = []
    for key, value in table.items():
        reader = _KEYS.get(key)
        if reader is not None:
            try:
                known[key.replace("-", "_")] = reader(value)
            except _Wrong as wrong:
                raise ConfigError(f"`{key}` must be {wrong}, not {_shown(value)}", path, row_of(text, (key,))) from None
        elif isinstance(value, dict):
            tables.append(RuleTable(key, value))
        else:
            raise ConfigError(f"unknown key `{key}`{nearest(key, KEYS)}", path, row_of(text, (key,)))
    if tables:
        known["tables"] = tuple(tables)
    return known


def _shown(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


def nearest(word: str, choices: tuple[str, ...]) -> str:
    """`; did you mean X?`, or nothing where nothing is near."""
    import difflib

    near = difflib.get_close_matches(word.lower().replace("_", "-"), choices, 1, 0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def row_of(text: str | None, keys: tuple[str, ...]) -> int | None:
    """The row of a key (of the innermost of `keys`, below the others) in a TOML text, as far as a look at its lines
    can say.
    """
    import re

    if text is None or not keys:
        return None
    lines = text.splitlines()
    first = 0
    for at, line in enumerate(lines):
        if re.match(r"""\s*\[\s*tool\s*\.\s*["']?pitfall-lint""", line):
            first = at
            break
    row = None
    for key in keys:
        quoted = rf"""["']?{re.escape(key)}["']?"""
        spot = re.compile(rf"\s*{quoted}\s*(?:=|\.)|\s*\[[^\]]*{quoted}\s*(?:\]|\.)|.*[{{,]\s*{quoted}\s*=")
        found = next((at for at in range(first, len(lines)) if spot.match(lines[at])), None)
        if found is None:
            return row
        first, row = found, found + 1
    return row


def _row_in(message: str) -> int | None:
    import re

    found = re.search(r"line (\d+)", message)
    return int(found[1]) if found else None
