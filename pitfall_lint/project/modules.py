"""Which dotted name each Python file is imported by: source roots, packages, namespace packages.

A file may have several names, one for each source root above it; the one that the project's own imports use is its
`name`. What a name
within a module stands for is the business of `symbols`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pitfall_lint.facts.records import PythonFacts
from pitfall_lint.language import Body, Class, For, Function, If, Import, Let, Try, While, With


class Module:
    """One Python file as a module. `root` is the source root (a folder, "" for the project's) that `name` counts from.
    """

    __slots__ = ("dotted", "facts", "is_package", "name", "package", "path", "root", "state")

    def __init__(self, name: str, path: str, facts: PythonFacts, root: str, is_package: bool) -> None:
        self.name = name
        self.path = path
        self.facts = facts
        self.root = root
        self.is_package = is_package
        self.package = name if is_package else name.rpartition(".")[0]
        self.state: Any = None  # what `symbols` knows about it

    def __repr__(self) -> str:
        return f"Module({self.name!r}, {self.path!r})"


_LEAVES = (Import, Let, Function, Class)


def statements(body: Body) -> Iterator[Any]:
    """The statements of `body` and of the blocks in it (if, try, with, loops), but not of functions and classes."""
    for node in body:
        yield node
        if isinstance(node, _LEAVES):
            continue
        if isinstance(node, If):
            yield from statements(node.body)
            yield from statements(node.orelse)
        elif isinstance(node, Try):
            yield from statements(node.body)
            for handler in node.handlers:
                yield from statements(handler.body)
            yield from statements(node.orelse)
            yield from statements(node.final)
        elif isinstance(node, With):
            yield from statements(node.body)
        elif isinstance(node, (For, While)):
            yield from statements(node.body)
            yield from statements(node.orelse)


class Modules:
    """All Python files of a project as modules, found by path or by dotted name."""

    def __init__(self, python: Mapping[str, PythonFacts]) -> None:
        self.python = python
        self.by_path: dict[str, Module] = {}
        self.by_name: dict[str, Module] = {}
        self._named: dict[str, list[tuple[str, Module]]] = {}
        self._found: dict[tuple[str, str], Module | None] = {}
        self._packages: set[str] = {path.rpartition("/")[0] for path in python if path.endswith("__init__.py")}
        self.roots: tuple[str, ...] = tuple(self._find_roots())
        self._build()

    # ------------------------------------------------------------ source roots

    def _find_roots(self) -> list[str]:
        strong = {""}
        folders = {path.rpartition("/")[0] for path in self.python}
        if "src" not in self._packages and any(folder == "src" or folder.startswith("src/") for folder in folders):
            strong.add("src")
        strong |= {
            path.rpartition("/")[0]
            for path in self.python
            if path.endswith("manage.py") and path.rpartition("/")[2] == "manage.py"
        }
        weak: dict[str, set[str]] = {}
        for package in self._packages:
            if package:
                parent, _, name = package.rpartition("/")
                if parent not in strong and parent not in self._packages:
                    weak.setdefault(parent, set()).add(name)
        if weak:
            strong |= self._voted(weak, strong)
        # Nearest first, so that the first root that holds a file is its deepest.
        return sorted(strong, key=lambda root: (-root.count("/") - bool(root), root))

    def _voted(self, weak: Mapping[str, set[str]], strong: set[str]) -> set[str]:
        """The folders of packages that imports count from: `apps/shop/__init__.py` may be imported as `shop` or, by
        namespace, as `apps.shop`.
        """
        heads: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for facts in self.python.values():
            for node in statements(facts.body):
                if type(node) is Import and node.level == 0:
                    head, _, rest = node.module.partition(".")
                    heads[head] += 1
                    pairs[f"{head}.{rest.partition('.')[0] or node.name or ''}"] += 1
        roots = set()
        for folder, names in weak.items():
            above = max((root for root in strong if not root or folder.startswith(root + "/")), key=len)
            inside = folder[len(above) + 1 :] if above else folder
            last = inside.rpartition("/")[2]
            direct = sum(heads[name] for name in names)
            if "/" in inside:
                spaced = sum(pairs[f"{last}.{name}"] for name in names) + heads[inside.partition("/")[0]]
            else:
                spaced = sum(pairs[f"{inside}.{name}"] for name in names)
            if direct > spaced or not inside.replace("/", "_").isidentifier():
                roots.add(folder)
        return roots

    # --------------------------------------------------------------- the index

    def _build(self) -> None:
        named = self._named
        roots_of: dict[str, list[str]] = {}
        for path, facts in self.python.items():
            folder, _, file = path.rpartition("/")
            if not file.endswith(".py"):
                continue
            is_package = file == "__init__.py"
            roots = roots_of.get(folder)
            if roots is None:
                roots = roots_of[folder] = [
                    root for root in self.roots if not root or folder == root or folder.startswith(root + "/")
                ]
            stem = folder if is_package else path[:-3]
            names = [(root, (stem[len(root) + 1 :] if root else stem).replace("/", ".")) for root in roots]
            root, name = next(((root, name) for root, name in names if name), ("", folder.rpartition("/")[2]))
            module = Module(name, path, facts, root, is_package)
            self.by_path[path] = module
            for other_root, other in names:
                if other:
                    named.setdefault(other, []).append((other_root, module))
            if name not in self.by_name:
                self.by_name[name] = module
        # A package and a module of one name (`a/__init__.py`, `a.py`): the package wins, as in Python. Two
        # projects' modules of one name: both stay.
        for module in self.by_path.values():
            first = self.by_name[module.name]
            if first is not module:
                if module.is_package and not first.is_package and module.root == first.root:
                    self.by_name[module.name] = module
                    self.by_name[first.path] = first
                else:
                    self.by_name[module.path] = module
        self.namespaces: frozenset[str] = frozenset(self._namespaces())

    def _namespaces(self) -> Iterator[str]:
        seen: set[str] = set()
        for name in self._named:
            parent = name.rpartition(".")[0]
            while parent and parent not in seen:
                seen.add(parent)
                if parent not in self._named:
                    yield parent
                parent = parent.rpartition(".")[0]

    def find(self, dotted: str, near: Module | None = None) -> Module | None:
        """The module that `import dotted` gives within `near`; of several projects' the one beside it."""
        candidates = self._named.get(dotted)
        if candidates is None:
            return None
        if near is None and len(candidates) == 1:
            return candidates[0][1]
        key = (dotted, near.root if near is not None else "")
        if key not in self._found:
            self._found[key] = self._choose(candidates, near)
        return self._found[key]

    def _choose(self, candidates: list[tuple[str, Module]], near: Module | None) -> Module | None:
        if near is None:
            return min(
                candidates, key=lambda entry: (entry[1].root != entry[0], len(entry[0]), not entry[1].is_package)
            )[1]
        home = near.root
        fitting = [
            (root, module)
            for root, module in candidates
            # A project's folder sees its own modules and those of the roots above it; what lies outside
            # every project sees all.
            if not home
            or not root
            or root == home
            or home.startswith(root + "/")
            or root == "src"
            or not self._is_project(root)
        ]
        if not fitting:
            return None
        return min(
            fitting, key=lambda entry: (entry[0] != home, not entry[1].is_package, -len(entry[0]) if entry[0] else 0)
        )[1]

    def _is_project(self, root: str) -> bool:
        return f"{root}/manage.py" in self.python


def classes_in(body: Body) -> Iterator[Class]:
    """The classes of a module or class body, in order, nested ones after their owner."""
    for node in statements(body):
        if type(node) is Class:
            yield node
            yield from classes_in(node.body)


def functions_in(body: Body) -> Iterator[tuple[Function, Class | None]]:
    """The functions of a module or class body with the class that owns each; functions within functions are left out.
    """
    for node in statements(body):
        if type(node) is Function:
            yield node, None
        elif type(node) is Class:
            for function, owner in functions_in(node.body):
                yield function, owner or node
