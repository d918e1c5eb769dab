"""Begins a rule: `scripts/new_rule.py DJG116 some-pitfall` writes its module, its folder of fixtures and its changelog
fragment, and says what is left.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pitfall_lint import registry

CHECKOUT = Path(__file__).resolve().parents[1]
FAMILIES = {"DJG": "django", "FLK": "flask", "PFL": "general"}

RULE = '''"""{code}: what this module looks for, in a sentence or two, and what it leaves to other rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class {cls}(Rule):
    """The pitfall in one sentence.

    What it finds

    ...

    Why it matters

    ...

    Example

        # app.py
        ...

    Better

        # app.py
        ...

    Fix

    ...

    Limits

    ...

    References

    - https://docs.djangoproject.com/ or https://flask.palletsprojects.com/: the page that the rule rests on
    """

    code = "{code}"
    name = "{name}"
    severity = Severity.WARNING
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """Ask the project; yield `self.found(place, message, fix=...)`."""
        yield from ()
'''
CLEAN = "# What looks like the pitfall and is none: begin here, and let cases like this one outnumber the others.\n"
LEFT = """Left to do:
  {rule}: the question to ask the project, the docstring (it becomes the page, and its Example and Better are linted)
  {fixtures}/: the clean cases, then those that `# expect: {code} "words"`, then their `.fixed` twins
  {fragment}: one sentence for the user
  python scripts/docs.py, to write the page
  python scripts/bench.py and scripts/corpus.py, to quote in the change"""


def main(arguments: list[str]) -> int:
    """Write the files; 2 where the code or the name is wrong or taken."""
    if len(arguments) != 2 or not re.fullmatch(r"(DJG|FLK|PFL)\d{3}", arguments[0]):
        print("usage: new_rule.py CODE name, such as DJG116 some-pitfall", file=sys.stderr)
        return 2
    code, name = arguments
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        print(f"{name}: a name is in kebab-case", file=sys.stderr)
        return 2
    for taken in registry.rules():
        if code == taken.code or name == taken.name:
            print(f"{taken.code} {taken.name} exists already; codes and names are never reused", file=sys.stderr)
            return 2
    module = name.replace("-", "_")
    rule = CHECKOUT / "rules" / FAMILIES[code[:3]] / f"{module}.py"
    fixtures = CHECKOUT / "tests" / "fixtures" / f"{code}_{module}"
    fragment = CHECKOUT / "changelog.d" / f"{code}.md"
    written = {
        rule: RULE.format(code=code, name=name, cls="".join(word.capitalize() for word in name.split("-"))),
        fixtures / "clean.py": CLEAN,
        fragment: f"New rule {code} `{name}`: ...\n",
    }
    for path, text in written.items():
        if path.exists():
            print(f"{path} exists already", file=sys.stderr)
            return 2
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(CHECKOUT)}")
    shown = {
        key: path.relative_to(CHECKOUT)
        for key, path in (("rule", rule), ("fixtures", fixtures), ("fragment", fragment))
    }
    print(LEFT.format(code=code, **shown))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
