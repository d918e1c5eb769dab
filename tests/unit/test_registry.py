"""The rules: found, checked, selected by code, prefix, name and ALL, and told options that fit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitfall_lint import registry
from pitfall_lint.config import Config, RuleTable, SeverityOf, load
from pitfall_lint.errors import ConfigError, InternalError
from pitfall_lint.finding import Severity
from pitfall_lint.rule import Rule


class One(Rule):
    """One."""

    code, name = "DJG901", "one-thing"
    options = {"routes": 20, "share": 0.5, "strict": False, "names": ("a",), "word": "x"}  # noqa: RUF012


class Two(Rule):
    """Two."""

    code, name = "DJG902", "two-things"


class Three(Rule):
    """Three."""

    code, name = "FLK901", "three-things"


class Unreadable(Rule):
    """Always."""

    code, name = "PFL001", "unreadable-file"


@pytest.fixture(autouse=True)
def _four_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "rules", lambda: (One, Two, Three, Unreadable))


def selected(**settings: object) -> list[str]:
    return [rule.code for rule in registry.select(Config(**settings))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, ["DJG901", "DJG902", "FLK901", "PFL001"]),
        ({"select": ("DJG",)}, ["DJG901", "DJG902", "PFL001"]),
        ({"select": ("DJG901",)}, ["DJG901", "PFL001"]),
        ({"select": ("two-things",)}, ["DJG902", "PFL001"]),
        ({"select": ("FLK9",), "extend_select": ("DJG902",)}, ["DJG902", "FLK901", "PFL001"]),
        ({"ignore": ("DJG",)}, ["FLK901", "PFL001"]),
        ({"ignore": ("DJG",), "extend_select": ("DJG901",)}, ["DJG901", "FLK901", "PFL001"]),
        ({"select": ("DJG901",), "ignore": ("DJG",)}, ["DJG901", "PFL001"]),
        ({"select": ("DJG",), "ignore": ("one-thing",)}, ["DJG902", "PFL001"]),
        ({"select": ("DJG901",), "ignore": ("DJG901",)}, ["PFL001"]),
        ({"select": ("DJG",), "ignore": ("PFL",)}, ["DJG901", "DJG902"]),
        ({"select": ("DJG",), "ignore": ("ALL",)}, ["DJG901", "DJG902"]),
        ({"select": ()}, ["PFL001"]),
    ],
)
def test_selection(settings: dict[str, object], codes: list[str]) -> None:
    assert selected(**settings) == codes


@pytest.mark.parametrize(
    ("key", "selector", "hint"),
    [
        ("select", "DJG999", ""),
        ("select", "one-think", "; did you mean `one-thing`?"),
        ("ignore", "djg901", "; did you mean `DJG901`?"),
        ("extend_select", "DJG90", None),
        ("select", "XYZ", ""),
        ("ignore", "", ""),
    ],
)
def test_selectors_that_name_nothing(key: str, selector: str, hint: str | None) -> None:
    if hint is None:
        assert selected(**{key: (selector,)})
        return
    with pytest.raises(ConfigError) as caught:
        selected(**{key: (selector,)})
    assert caught.value.message.startswith(f"`{key.replace('_', '-')}` names no rule: `{selector}`{hint}")


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        (
            "[one-think]\nroutes = 1\n",
            1,
            "unknown key `one-think`: neither a setting nor a rule; did you mean `one-thing`?",
        ),
        (
            "[severty]\nDJG901 = 'info'\n",
            1,
            "unknown key `severty`: neither a setting nor a rule; did you mean `severity`?",
        ),
        ("[one-thing]\nroute = 1\n", 2, "rule DJG901 (one-thing) has no option `route`; did you mean `routes`?"),
        ("[DJG902]\nx = 1\n", 2, "rule DJG902 (two-things) has no option `x`; it has none"),
        ("[one-thing]\nroutes = '3'\n", 2, "option `routes` of rule DJG901 must be a whole number, not '3'"),
        ("[one-thing]\nroutes = true\n", 2, "option `routes` of rule DJG901 must be a whole number, not True"),
        ("[one-thing]\nshare = 'x'\n", 2, "option `share` of rule DJG901 must be a number, not 'x'"),
        ("[one-thing]\nstrict = 1\n", 2, "option `strict` of rule DJG901 must be true or false, not 1"),
        ("[one-thing]\nnames = 'a'\n", 2, "option `names` of rule DJG901 must be a list of strings, not 'a'"),
        ("[one-thing]\nword = 1\n", 2, "option `word` of rule DJG901 must be a string, not 1"),
        ("[severity]\nDJH = 'info'\n", 2, "`severity` names no rule: `DJH`"),
        ("[per-file-ignores]\n'a.py' = ['NOPE']\n", 2, "`per-file-ignores` names no rule: `NOPE`"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, text: str, row: int, message: str) -> None:
    (tmp_path / "pitfall-lint.toml").write_text(text)
    config = load(tmp_path)
    with pytest.raises(ConfigError) as caught:
        registry.select(config)
    assert caught.value.message == message
    assert caught.value.path == str(tmp_path / "pitfall-lint.toml")
    assert caught.value.row == row


def test_options_reach_the_rule() -> None:
    tables = (RuleTable("one-thing", {"routes": 30, "names": ["b", "c"], "share": 1}),)
    rule = registry.select(Config(tables=tables))[0]
    assert rule.settings == {"routes": 30, "share": 1.0, "strict": False, "names": ("b", "c"), "word": "x"}
    assert registry.select(Config())[0].settings["routes"] == 20


def test_severity_of_the_narrowest() -> None:
    given = (
        SeverityOf("ALL", Severity.INFO),
        SeverityOf("one-thing", Severity.ERROR),
        SeverityOf("DJG", Severity.WARNING),
    )
    config = Config(severity=given)
    assert [registry.severity_of(config, rule) for rule in (One, Two, Three)] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.INFO,
    ]
    assert registry.severity_of(Config(), One) is None


def test_find() -> None:
    assert registry.find("djg901") is One
    assert registry.find(" one-thing ") is One
    assert registry.find("DJG90") is None


# -------------------------------------------------------------------- catalogue


def test_what_is_shipped() -> None:
    import pitfall_lint.rules

    rules = registry.collect(pitfall_lint.rules.__path__, "pitfall_lint.rules")
    codes = [rule.code for rule in rules]
    assert codes == sorted(set(codes))
    assert {"PFL001", "PFL002", "PFL003"} <= set(codes)
    assert len({rule.name for rule in rules}) == len(codes)


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "house_rules"
    (folder / "family").mkdir(parents=True)
    for place in (folder, folder / "family"):
        (place / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "house_rules"]:
        del sys.modules[name]


RULE = 'from pitfall_lint.rule import Rule\n\n\nclass R(Rule):\n    """Doc."""\n\n    code, name = "{}", "{}"\n'


def test_a_file_is_a_rule(catalogue: Path) -> None:
    (catalogue / "family/two.py").write_text(RULE.format("ABC002", "two"))
    (catalogue / "one.py").write_text(RULE.format("ABC001", "one"))
    (catalogue / "family/again.py").write_text("from house_rules.one import R\n")
    assert [rule.code for rule in registry.collect([str(catalogue)], "house_rules")] == ["ABC001", "ABC002"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.format("AB1", "one"), "is not a code"),
        (RULE.format("ABC001", "One_Thing"), "has no kebab-case name"),
        (RULE.format("ABC001", "one").replace('"""Doc."""', "x = 1"), "has no docstring"),
        (RULE.format("ABC002", "two"), "both hold a rule ABC002"),
        (RULE.format("ABC003", "two"), "both hold a rule ABC003"),
        ("import nothing_of_that_name\n", "cannot be imported: ModuleNotFoundError"),
        ("x = (\n", "cannot be imported: SyntaxError"),
    ],
)
def test_broken_contracts(catalogue: Path, text: str, message: str) -> None:
    (catalogue / "family/a.py").write_text(RULE.format("ABC002", "two"))
    (catalogue / "family/b.py").write_text(text)
    with pytest.raises(InternalError, match=message):
        registry.collect([str(catalogue)], "house_rules")
