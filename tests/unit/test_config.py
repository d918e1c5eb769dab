"""The configuration: every key, every refusal with file, line and the nearest key, and which file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitfall_lint.config import KEYS, Config, PerFile, SeverityOf, load, row_of
from pitfall_lint.errors import ConfigError
from pitfall_lint.finding import Confidence, Severity


def configured(tmp_path: Path, text: str, name: str = "pyproject.toml") -> Config:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load(tmp_path)


def refused(tmp_path: Path, text: str, name: str = "pyproject.toml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text, name)
    return caught.value


def test_every_key(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
[tool.pitfall-lint]
select = ["DJG", "FLK101"]
extend-select = ["PFL"]
ignore = ["n-plus-one-to-one"]
exclude = ["gen/"]
extend-exclude = ["*_pb2.py"]
force-exclude = true
fail-on = "warning"
min-confidence = "high"
baseline = "baseline.json"
cache-dir = ".cache/pitfalls"
output-format = "json"
target-django = "5.2"

[tool.pitfall-lint.per-file-ignores]
"tests/*" = ["DJG1"]

[tool.pitfall-lint.severity]
DJG1 = "error"

[tool.pitfall-lint.single-file-app]
routes = 30
""",
    )
    assert config.select == ("DJG", "FLK101")
    assert config.extend_select == ("PFL",)
    assert config.ignore == ("n-plus-one-to-one",)
    assert config.exclude == ("gen/",)
    assert config.extend_exclude == ("*_pb2.py",)
    assert config.force_exclude
    assert config.fail_on is Severity.WARNING
    assert config.min_confidence is Confidence.HIGH
    assert (config.baseline, config.cache_dir, config.output_format) == ("baseline.json", ".cache/pitfalls", "json")
    assert config.target_django == (5, 2)
    assert config.per_file_ignores == (PerFile("tests/*", ("DJG1",)),)
    assert config.severity == (SeverityOf("DJG1", Severity.ERROR),)
    assert [(table.key, table.options) for table in config.tables] == [("single-file-app", {"routes": 30})]
    assert config.path == str(tmp_path / "pyproject.toml")
    assert len(KEYS) == 14


def test_nothing_configured(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()
    assert configured(tmp_path, "[tool.ruff]\nselect = 1\n") == Config()
    assert configured(tmp_path, "[project]\nname = 'uses-pitfall-lint'\n") == Config()
    assert Config().select == ("ALL",)
    assert Config().min_confidence is Confidence.MEDIUM


def test_own_file_wins(tmp_path: Path) -> None:
    configured(tmp_path, '[tool.pitfall-lint]\nselect = ["DJG"]\nignore = ["DJG101"]\n')
    config = configured(tmp_path, 'select = ["FLK"]\n', "pitfall-lint.toml")
    assert config.select == ("FLK",)
    assert config.ignore == ()


def test_isolated_and_named(tmp_path: Path) -> None:
    configured(tmp_path, '[tool.pitfall-lint]\nselect = ["DJG"]\n')
    (tmp_path / "other.toml").write_text('select = ["FLK"]\n')
    (tmp_path / "shared.toml").write_text('[tool.pitfall-lint]\nselect = ["PFL"]\n')
    assert load(tmp_path, isolated=True) == Config()
    assert load(tmp_path, file=tmp_path / "other.toml").select == ("FLK",)
    assert load(tmp_path, file=tmp_path / "shared.toml").select == ("PFL",)
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path, file=tmp_path / "none.toml")


def test_the_command_line_wins(tmp_path: Path) -> None:
    configured(tmp_path, '[tool.pitfall-lint]\nselect = ["DJG"]\nignore = ["DJG101"]\n')
    config = load(tmp_path, overrides={"select": ["FLK"], "fail-on": "error"})
    assert (config.select, config.ignore, config.fail_on) == (("FLK",), ("DJG101",), Severity.ERROR)
    with pytest.raises(ConfigError, match="command line: `fail-on` must be one of info, warning, error, not 'loud'"):
        load(tmp_path, overrides={"fail-on": "loud"})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("selct = ['DJG']", "unknown key `selct`; did you mean `select`?"),
        ("per_file_ignores = 1", "unknown key `per_file_ignores`; did you mean `per-file-ignores`?"),
        ("zzz = 1", "unknown key `zzz`"),
        ("select = 'DJG'", "`select` must be a list of strings, not 'DJG'"),
        ("ignore = [1]", "`ignore` must be a list of strings, not [1]"),
        ("fail-on = 'loud'", "`fail-on` must be one of info, warning, error, not 'loud'"),
        ("min-confidence = true", "`min-confidence` must be one of low, medium, high, not true"),
        ("force-exclude = 'yes'", "`force-exclude` must be true or false, not 'yes'"),
        ("baseline = 3", "`baseline` must be a string, not 3"),
        ("cache-dir = ''", "`cache-dir` must be a string, not ''"),
        ("target-django = 5.2", '`target-django` must be a version such as "5.2", not 5.2'),
        ("per-file-ignores = ['a']", "`per-file-ignores` must be a table of pattern = [rules], not ['a']"),
        ("severity = 'error'", "`severity` must be a table of rule = severity, not 'error'"),
        ("severity = { DJG1 = 'loud' }", "`severity` must be one of info, warning, error, not {'DJG1': 'loud'}"),
    ],
)
def test_refusals_say_where(tmp_path: Path, line: str, message: str) -> None:
    error = refused(tmp_path, f"[project]\nname = 'x'\nselect = 1\n\n[tool.pitfall-lint]\nexclude = []\n{line}\n")
    assert error.message == message
    assert error.path == str(tmp_path / "pyproject.toml")
    assert error.row == 7


def test_format_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "output-format = 'xml'\n", "pitfall-lint.toml").message.startswith(
        "`output-format` must be"
    )


@pytest.mark.parametrize(
    ("text", "row"), [("[tool.pitfall-lint]\nselect = [\n", 3), ("[tool.pitfall-lint]\nselect = = 1\n", 2)]
)
def test_broken_toml(tmp_path: Path, text: str, row: int) -> None:
    error = refused(tmp_path, text)
    assert error.message.startswith("is not valid TOML: ")
    assert error.row is None or abs(error.row - row) <= 1


def test_broken_files(tmp_path: Path) -> None:
    (tmp_path / "pitfall-lint.toml").write_bytes(b"select = ['\xff']\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path)


def test_broken_toml_that_is_not_about_us_is_no_error(tmp_path: Path) -> None:
    assert configured(tmp_path, "[tool.ruff\n") == Config()


def test_byte_order_mark(tmp_path: Path) -> None:
    assert configured(tmp_path, '\ufeff[tool.pitfall-lint]\nselect = ["FLK"]\n').select == ("FLK",)


def test_a_table_is_wanted(tmp_path: Path) -> None:
    assert refused(tmp_path, "[tool]\npitfall-lint = 3\n").message == "`tool.pitfall-lint` must be a table"


def test_rows() -> None:
    text = 'select = 1\n[tool.pitfall-lint]\n"select" = 1\n[tool.pitfall-lint.severity]\nDJG1 = 2\nx = { a = 1 }\n'
    assert row_of(text, ("select",)) == 3
    assert row_of(text, ("severity", "DJG1")) == 5
    assert row_of(text, ("severity", "none")) == 4
    assert row_of(text, ("x", "a")) == 6
    assert row_of(text, ("none",)) is None
    assert row_of(None, ("select",)) is None
