"""The rules: found by looking into every module under `pitfall_lint.rules`, checked, selected and told their options.

Nothing imports a rule by its name: a file laid into `rules/` is a rule of the next run.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pitfall_lint.config import Config, nearest
from pitfall_lint.errors import ConfigError, InternalError
from pitfall_lint.finding import Severity
from pitfall_lint.rule import Rule

_CODE = re.compile(r"[A-Z]{3}\d{3}\Z")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_PREFIX = re.compile(r"[A-Z]{1,3}\d{0,3}\Z")
_FAMILY = re.compile(
    r"(?:FLK[1-5]?|DJG[1-4]?|PFL)\Z"
)  # the families of the catalogue, whether or not a rule of theirs is there yet
ALL = "ALL"
ALWAYS = ("PFL001", "PFL003")  # what the linter says about itself and unreadable files, unless it is ignored by name


@cache
def rules() -> tuple[type[Rule], ...]:
    """Every rule, sorted by code."""
    catalogue = importlib.import_module("pitfall_lint.rules")
    return collect(catalogue.__path__, catalogue.__name__)


def collect(path: Sequence[str], package: str) -> tuple[type[Rule], ...]:
    """The rules in a package of rules, sorted by code; InternalError where one breaks the contract."""
    found: dict[str, type[Rule]] = {}
    names: dict[str, str] = {}
    for module in _modules(path, package + "."):
        try:
            namespace = vars(importlib.import_module(module))
        except Exception as error:
            raise InternalError(f"the rules in {module} cannot be imported: {type(error).__name__}: {error}") from error
        for value in namespace.values():
            if not (
                isinstance(value, type)
                and issubclass(value, Rule)
                and value.__module__ == module
                and "code" in vars(value)
            ):
                continue
            _check(value, module)
            if value.code in found or value.name in names:
                other = found[value.code] if value.code in found else found[names[value.name]]
                raise InternalError(f"{module} and {other.__module__} both hold a rule {value.code} ({value.name})")
            found[value.code] = value
            names[value.name] = value.code
    return tuple(found[code] for code in sorted(found))


def _modules(path: Sequence[str], prefix: str) -> Iterator[str]:
    for module in sorted(pkgutil.iter_modules(path, prefix), key=lambda item: item.name):
        if module.ispkg:
            package = importlib.import_module(module.name)
            yield from _modules(package.__path__, module.name + ".")
        else:
            yield module.name


def _check(rule: type[Rule], module: str) -> None:
    if not _CODE.match(rule.code):
        raise InternalError(f"{module}: {rule.code!r} is not a code (three capitals, three digits)")
    if not _NAME.match(getattr(rule, "name", "")):
        raise InternalError(f"{module}: {rule.code} has no kebab-case name")
    if not (rule.__doc__ or "").strip():
        raise InternalError(f"{module}: {rule.code} has no docstring, which is its documentation")


def find(code_or_name: str) -> type[Rule] | None:
    """The rule with that code (in any case) or that name."""
    wanted = code_or_name.strip()
    return next((rule for rule in rules() if wanted.upper() == rule.code or wanted.lower() == rule.name), None)


def strength(selector: str, rule: type[Rule]) -> int:
    """How narrowly a selector names a rule: 0 not at all, 1 `ALL`, more for a longer prefix, most for the code or
    name.
    """
    if selector in (rule.code, rule.name):
        return 10
    if selector == ALL:
        return 1
    return 1 + len(selector) if _PREFIX.match(selector) and rule.code.startswith(selector) else 0


def strongest(selectors: Sequence[str], rule: type[Rule]) -> int:
    """The strength of the narrowest of the selectors that name a rule."""
    return max((strength(selector, rule) for selector in selectors), default=0)


def is_selected(config: Config, rule: type[Rule]) -> bool:
    """Whether a rule runs: the narrower selector wins, and among equals `ignore`."""
    chosen = strongest((*config.select, *config.extend_select), rule)
    if rule.code in ALWAYS:
        chosen = max(chosen, 1)
    return chosen > strongest(config.ignore, rule)


def select(config: Config) -> tuple[Rule, ...]:
    """The rules of a run, with their options; ConfigError where the configuration names a rule or an option that does
    not exist.
    """
    validate(config)
    tables = {table.key: table.options for table in config.tables}
    return tuple(
        rule(_options(rule, {**tables.get(rule.name, {}), **tables.get(rule.code, {})}))
        for rule in rules()
        if is_selected(config, rule)
    )


def severity_of(config: Config, rule: type[Rule]) -> Severity | None:
    """The severity that the configuration gives a rule: that of the narrowest selector."""
    best, severity = 0, None
    for entry in config.severity:
        found = strength(entry.selector, rule)
        if found > best:
            best, severity = found, entry.severity
    return severity


# ------------------------------------------------------------------ validation


def validate(config: Config) -> None:
    """Refuse selectors, rule tables and options that do not exist."""
    for key, selectors in (
        ("select", config.select),
        ("extend-select", config.extend_select),
        ("ignore", config.ignore),
    ):
        for selector in selectors:
            _known(config, selector, key)
    for per_file in config.per_file_ignores:
        for selector in per_file.selectors:
            _known(config, selector, "per-file-ignores", per_file.pattern)
    for entry in config.severity:
        _known(config, entry.selector, "severity", entry.selector)
    for table in config.tables:
        rule = next((rule for rule in rules() if table.key in (rule.code, rule.name)), None)
        if rule is None:
            from pitfall_lint.config import KEYS

            hint = nearest(table.key, (*KEYS, *(rule.name for rule in rules())))
            raise ConfigError(f"unknown key `{table.key}`: neither a setting nor a rule{hint}", *config.at(table.key))
        for option, value in table.options.items():
            _check_option(config, rule, table.key, option, value)


def _known(config: Config, selector: str, *keys: str) -> None:
    if any(strength(selector, rule) for rule in rules()) or selector == ALL or _FAMILY.match(selector):
        return
    choices = (*(rule.name for rule in rules()), *(rule.code.lower() for rule in rules()))
    hint = nearest(selector, choices)
    if selector.upper() != selector and any(strength(selector.upper(), rule) for rule in rules()):
        hint = f"; did you mean `{selector.upper()}`?"
    raise ConfigError(f"`{keys[0]}` names no rule: `{selector}`{_codes_in_capitals(hint)}", *config.at(*keys))


def _codes_in_capitals(hint: str) -> str:
    return re.sub(r"`([a-z]{3}\d{3})`", lambda found: f"`{found[1].upper()}`", hint)


def _check_option(config: Config, rule: type[Rule], key: str, option: str, value: Any) -> None:
    if option not in rule.options:
        hint = nearest(option, tuple(rule.options)) or (
            f"; it has {', '.join(f'`{known}`' for known in sorted(rule.options))}" if rule.options else "; it has none"
        )
        raise ConfigError(f"rule {rule.code} ({rule.name}) has no option `{option}`{hint}", *config.at(key, option))
    wanted = _type_of(rule.options[option])
    if not _fits(value, rule.options[option]):
        raise ConfigError(
            f"option `{option}` of rule {rule.code} must be {wanted}, not {value!r}", *config.at(key, option)
        )


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    if isinstance(default, (list, tuple, set, frozenset)):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, type(default))


def _type_of(default: Any) -> str:
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, int):
        return "a whole number"
    if isinstance(default, float):
        return "a number"
    return "a string" if isinstance(default, str) else "a table" if isinstance(default, dict) else "a list of strings"


def _options(rule: type[Rule], table: dict[str, Any]) -> dict[str, Any]:
    """A rule's options in the type of their defaults (TOML knows lists only)."""
    return {
        option: type(rule.options[option])(value)
        if isinstance(rule.options[option], (tuple, set, frozenset, float))
        else value
        for option, value in table.items()
    }
