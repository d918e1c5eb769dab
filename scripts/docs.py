"""Writes what the docstrings of the rules say into docs/rules/ and into README.md's table of rules.

`--check` writes nothing; it names what is stale, exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pitfall_lint import catalogue, registry

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / "docs" / "rules"
README = CHECKOUT / "README.md"
BEGIN, END = "<!-- rules: written by scripts/docs.py -->\n", "<!-- end of rules -->\n"


def written() -> dict[Path, str]:
    """What there is."""
    return {path: path.read_text(encoding="utf-8") for path in (*FOLDER.glob("*.md"), README)}


def fresh(readme: str) -> dict[Path, str]:
    """What there should be."""
    pages = {FOLDER / name: text for name, text in catalogue.documentation(registry.rules()).items()}
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {**pages, README: f"{before}{BEGIN}{table()}{END}{after}"}


def table() -> str:
    """A line a rule."""
    lines = ["| code | name | severity | fix | what it finds |", "| --- | --- | --- | --- | --- |"]
    for rule in registry.rules():
        page = catalogue.read(rule)
        summary = page.summary.replace("|", "\\|")
        link = f"[{page.code}](docs/rules/{page.code}.md)"
        lines.append(f"| {link} | {page.name} | {page.severity.value} | {page.fixable.value} | {summary} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages and the table, or check them."""
    old = written()
    new = fresh(old[README])
    changed = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    for path in changed:
        name = path.relative_to(CHECKOUT)
        if "--check" in sys.argv[1:]:
            print(f"{name} is stale: run scripts/docs.py")
        elif path in new:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new[path], encoding="utf-8")
            print(f"{name} written")
        else:
            path.unlink()
            print(f"{name} removed")
    return int("--check" in sys.argv[1:] and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
