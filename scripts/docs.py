"""Writes docs/rules/ from the docstrings of the rules. `--check` writes nothing; it names stale pages, exit code 1."""

from __future__ import annotations

import sys
from pathlib import Path

from pitfall_lint import catalogue, registry

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "rules"


def stale(fresh: dict[str, str]) -> list[str]:
    """The pages that are missing, differ, or belong to no rule."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in {*fresh, *written} if fresh.get(name) != written.get(name))


def main() -> int:
    """Write the pages, or check them."""
    fresh = catalogue.documentation(registry.rules())
    changed = stale(fresh)
    if "--check" in sys.argv[1:]:
        print(
            "\n".join(f"docs/rules/{name} is stale: run scripts/docs.py" for name in changed) or "docs/rules is fresh"
        )
        return bool(changed)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in fresh:
            (FOLDER / name).write_text(fresh[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
        print(f"docs/rules/{name} {'written' if name in fresh else 'removed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
