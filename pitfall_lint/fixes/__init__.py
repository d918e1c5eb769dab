"""Recipes become edits and moves (`expand`), edits new contents (`apply`), and contents reach the disk (`write`).

    expansion = Expander(source).expand(finding.fix)    # Expansion(edits, moves); raises CannotFix(reason, path)
    applied = apply(findings, source, unsafe=False, lint_again=lint)
    text = diff(applied.changed, applied.moves, source) # --diff: unified, with git's rename headers
    applied = write(applied, source)                    # --fix: the only function here that touches the disk

- `Expander` keeps what it read: use one for all findings of a run (reports show edits). A fix without a recipe expands
  to nothing; so does one whose relations are loaded already. `expand(fix, source)` is the same for a single fix.
- `apply` writes nothing. `lint(source) -> Sequence[Finding]` is called with a `source.Overlay` after every pass: the
  engine must read files through it, leave out those in `overlay.gone` and take up those in `overlay.added`. Without
  `lint_again` there is one pass, and what it cannot do is refused. `unchanged(path, data) -> bool` may say whether
  `data` is still what the findings were computed from.
- `Applied` holds `changed` (final path -> bytes), `moves`, `fixed` (findings), `refused` ((finding, reason) pairs),
  `passes`, and `remaining` (what the last lint found). `write` checks that no file changed since `apply` read it; what
  it could not write is in `refused` of the Applied that it returns.
- An Edit of a file that does not exist, with an empty span at line 1 column 0, creates it (empty content: empty file).
- Edit contents use `\\n`; the file's own newlines, encoding and byte order mark are kept.
"""

from pitfall_lint.errors import CannotFix
from pitfall_lint.fixes.apply import Applied, Refused, apply
from pitfall_lint.fixes.expand import Expander, Expansion, expand
from pitfall_lint.fixes.write import diff, write

__all__ = ["Applied", "CannotFix", "Expander", "Expansion", "Refused", "apply", "diff", "expand", "write"]
