"""A rule's docstring, read: into its page, the index of all pages, and the little projects that its examples show.

The format: a summary of one line, then the sections of `SECTIONS` in order, each title alone on its line after a blank
one. The text is Markdown. Code is fenced, or indented by four columns after a blank line. In it, a comment that holds
nothing but a path begins a file (`# books/views.py`, `{# templates/a.html #}`, `<!-- a.html -->`, `/* a.css */`); code
without one is `app.py`. `Better` shows only the files that change; `{# templates/a.html: removed #}` takes one away.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pitfall_lint.finding import Applicability, Severity
from pitfall_lint.rule import Rule

SECTIONS = ("What it finds", "Why it matters", "Example", "Better", "Fix", "Limits", "References")
OPTIONS = "Options"  # stands between Limits and References, in rules that have settings
FAMILIES = {
    "DJG1": "Django: queries",
    "DJG2": "Django: conventions",
    "DJG3": "Django: security settings",
    "DJG4": "Django: fit",
    "FLK1": "Flask: structure",
    "FLK2": "Flask: security",
    "FLK3": "Flask: reinvention",
    "FLK4": "Flask: queries",
    "FLK5": "Flask: fit",
    "PFL0": "The linter itself",
}
FIXES = {
    Applicability.SAFE: "safe, applied by `--fix`",
    Applicability.UNSAFE: "unsafe, applied by `--fix --unsafe-fixes`",
    Applicability.MANUAL: "manual, a worked suggestion",
}
UNNAMED = "app.py"
GENERATED = "<!-- Written by scripts/docs.py from the docstring of the rule: change it there. -->"

_SUFFIXES = "cfg|conf|css|env|htm|html|in|ini|j2|jinja|jinja2|js|json|lock|md|png|po|py|sh|svg|toml|txt|xml|yaml|yml"
_FILE = re.compile(
    r"^(?:#|\{#|<!--|/\*|//)\s*"
    rf"(?P<path>(?:[\w.@+-]+/)*(?:[\w.@+-]+\.(?:{_SUFFIXES})|\.\w[\w.-]*|Procfile|Dockerfile|Makefile))"
    r"(?P<removed>:\s*removed)?\s*(?:#\}|-->|\*/)?\s*$"
)
_LANGUAGES = {
    "py": "python",
    "html": "html+django",
    "htm": "html+django",
    "j2": "html+django",
    "jinja": "html+django",
    "jinja2": "html+django",
    "toml": "toml",
    "cfg": "ini",
    "ini": "ini",
    "yml": "yaml",
    "yaml": "yaml",
    "json": "json",
    "css": "css",
    "js": "javascript",
    "sh": "shell",
}
_URL = re.compile(r"https?://[^\s<>)\]]+")


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """A file that an example shows; `text` is None for one that is taken away."""

    path: str
    text: str | None
    named: bool = True

    @property
    def language(self) -> str:
        """What a fence calls it."""
        name = self.path.rpartition("/")[2]
        return "docker" if name == "Dockerfile" else _LANGUAGES.get(name.rpartition(".")[2], "text")


Block = str | ExampleFile  # a paragraph (or list) of Markdown, or a file


@dataclass(frozen=True, slots=True)
class Page:
    """What a rule's docstring says."""

    code: str
    name: str
    severity: Severity
    fixable: Applicability
    url: str
    summary: str
    sections: Mapping[str, tuple[Block, ...]]
    titles: tuple[str, ...]  # as they were met, repetitions included

    @property
    def family(self) -> str:
        """What the rule's neighbours have in common."""
        return FAMILIES.get(self.code[:4], "Others")


# -------------------------------------------------------------------- reading


def read(rule: type[Rule]) -> Page:
    """The page of a rule, however much of it there is; what is missing, `problems` says."""
    lines = inspect.cleandoc(rule.__doc__ or "").split("\n")
    summary, titles, texts = lines[0], [], dict[str, list[str]]()
    title = ""
    for number, line in enumerate(lines[1:], 1):
        if line in (*SECTIONS, OPTIONS) and not lines[number - 1].strip():
            title = line
            titles.append(line)
            texts.setdefault(line, [])
        else:
            texts.setdefault(title, []).append(line)
    sections = {title: tuple(_blocks(text)) for title, text in texts.items()}
    return Page(rule.code, rule.name, rule.severity, rule.fixable, rule({}).url, summary, sections, tuple(titles))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The paragraphs and files of one section, in order."""
    prose: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = re.match(r"(`{3,})", line)
        if fence or (line.startswith("    ") and (not prose or not prose[-1].strip())):
            if text := "\n".join(prose).strip("\n"):
                yield text
            prose = []
            code, at = _fenced(lines, at + 1, fence[1]) if fence else _indented(lines, at)
            yield from _files(code)
            continue
        prose.append(line.rstrip())
        at += 1
    if text := "\n".join(prose).strip("\n"):
        yield text


def _fenced(lines: Sequence[str], at: int, fence: str) -> tuple[list[str], int]:
    code = []
    while at < len(lines) and lines[at].rstrip() != fence:
        code.append(lines[at])
        at += 1
    return code, at + 1


def _indented(lines: Sequence[str], at: int) -> tuple[list[str], int]:
    code = []
    while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
        code.append(lines[at][4:])
        at += 1
    return code, at


def _files(lines: Iterable[str]) -> Iterator[ExampleFile]:
    """A code block's files."""
    path, named, kept = UNNAMED, False, list[str]()
    for line in lines:
        header = _FILE.match(line)
        if not header:
            kept.append(line)
            continue
        if any(kept):
            yield ExampleFile(path, _text(kept), named)
        kept = []
        if header["removed"]:
            yield ExampleFile(header["path"], None)
            path, named = UNNAMED, False
        else:
            path, named = header["path"], True
    if any(kept) or named:
        yield ExampleFile(path, _text(kept), named)


def _text(lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return text + "\n" if text else ""


def files(page: Page, section: str) -> dict[str, str]:
    """The little project that `Example` shows, or what `Better` makes of it."""
    project: dict[str, str] = {}
    for title in ("Example", "Better") if section == "Better" else (section,):
        for block in page.sections.get(title, ()):
            if isinstance(block, ExampleFile):
                if block.text is None:
                    project.pop(block.path, None)
                else:
                    project[block.path] = block.text
    return project


def references(page: Page) -> list[str]:
    """The addresses under `References`, in order."""
    texts = [block for block in page.sections.get("References", ()) if isinstance(block, str)]
    return [url.rstrip(".,") for text in texts for url in _URL.findall(text)]


def problems(rule: type[Rule]) -> list[str]:
    """What keeps a rule's docstring from being a page: empty for a good one."""
    page = read(rule)
    found = []
    if not page.summary.endswith("."):
        found.append("the first line is no sentence that ends with a full stop")
    expected = [*SECTIONS[:-1], *([OPTIONS] if rule.options else []), SECTIONS[-1]]
    if list(page.titles) != expected:
        found.append(f"the sections are {', '.join(page.titles) or 'none'}; expected {', '.join(expected)}")
    found += [f"`{title}` is empty" for title in page.titles if not page.sections[title]]
    for title in ("Example", "Better"):
        paths = [block.path for block in page.sections.get(title, ()) if isinstance(block, ExampleFile)]
        if not paths:
            found.append(f"`{title}` shows no code")
        found += [f"`{title}` shows {path} twice" for path in sorted(set(paths)) if paths.count(path) > 1]
    before = files(page, "Example")
    for block in page.sections.get("Better", ()):
        if isinstance(block, ExampleFile) and block.text is None and block.path not in before:
            found.append(f"`Better` removes {block.path}, which `Example` does not show")
    urls = references(page)
    if not urls:
        found.append("`References` names no page")
    found += [f"{url} is not https" for url in urls if not url.startswith("https://")]
    if urls and page.url != urls[0]:
        found.append(f"the rule's url is {page.url or 'empty'}, not the first reference {urls[0]}")
    text = "\n".join(block for block in page.sections.get(OPTIONS, ()) if isinstance(block, str))
    found += [f"`Options` does not name `{option}`" for option in rule.options if f"`{option}`" not in text]
    return found


# -------------------------------------------------------------------- writing


def markdown(page: Page) -> str:
    """The page as Markdown."""
    parts = [
        f"# {page.name} ({page.code})",
        page.summary,
        f"Severity: **{page.severity.value}** · Fix: {FIXES[page.fixable]} · Family: {page.family}",
    ]
    if extra := page.sections.get("", ()):
        parts += _written(extra)
    for title in dict.fromkeys(page.titles):
        parts.append(f"## {title}")
        parts += _written(page.sections[title])
    return "\n\n".join(part for part in parts if part) + "\n"


def _written(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, str):
            yield block
        elif block.text is None:
            yield f"`{block.path}` is removed."
        else:
            fence = "````" if "```" in block.text else "```"
            name = f"`{block.path}`\n\n" if block.named else ""
            yield f"{name}{fence}{block.language}\n{block.text}{fence}"


def index(pages: Iterable[Page]) -> str:
    """The page that lists all others, a table a family."""
    families: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda page: page.code):
        families.setdefault(page.family, []).append(page)
    parts = [GENERATED, "# Rules"]
    for family, members in families.items():
        rows = [
            f"| [{page.code}]({page.code}.md) | {page.name} | {page.severity.value} | {page.fixable.value} | "
            f"{page.summary.replace('|', chr(92) + '|')} |"
            for page in members
        ]
        parts.append(f"## {family}")
        parts.append(
            "\n".join(["| code | name | severity | fix | what it finds |", "| --- | --- | --- | --- | --- |", *rows])
        )
    return "\n\n".join(parts) + "\n"


def documentation(rules: Iterable[type[Rule]]) -> dict[str, str]:
    """Every file of docs/rules: its name and its text."""
    pages = [read(rule) for rule in rules]
    return {
        **{f"{page.code}.md": f"{GENERATED}\n\n{markdown(page)}" for page in pages},
        "README.md": index(pages),
    }
