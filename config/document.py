"""One YAML file, read strictly, with the line of every key kept.

Owns parsing, `${NAME}` substitution and the mapping of mistakes to file, line and key. It never knows what a file
is about: the shapes do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from records.errors import ConfigurationError, Problem

KeyPath = tuple[str | int, ...]
Mistake = tuple[KeyPath, str, str]
"""Where in the file, what is wrong, what would be right."""

_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}]*\}?")

# The C parser, where the wheel has it, reads the 41 initiatives in a tenth of the time.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Shape(BaseModel):
    """Base of every shape: unknown keys are refused, values are not changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what is wrong between keys (an unknown channel, a name used twice): what one field cannot see."""
        return ()


ShapeT = TypeVar("ShapeT", bound=Shape)


@dataclass(slots=True)
class Document:
    """A parsed file: plain data, and the line of every key and list item.

    Attributes:
        path: as the user gave it.
        data: mappings, lists and scalars, with `${NAME}` replaced.
        lines: from key path to line, counted from 1.
        problems: what was wrong so far (duplicate keys, missing variables).
        secrets: the values that came from the environment, so that they can be masked wherever they show up.
    """

    path: str
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def line(self, path: KeyPath) -> int:
        """Return the line of ``path``, or of the nearest parent that stands in the file."""
        # pydantic puts names of union members between real keys: leave out what the file does not know.
        known: KeyPath = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines.get(known, 0)

    def add(self, path: KeyPath, message: str, hint: str = "") -> None:
        """Note a mistake at ``path``."""
        known = [part for i, part in enumerate(path) if i == 0 or not _is_union_member(part)]
        # A refused value may hold a secret, and messages end up in logs.
        for secret in self.secrets:
            message = message.replace(secret, "***")
        self.problems.append(Problem(self.path, self.line(path), dotted(known), message, hint))


def _is_union_member(part: str | int) -> bool:
    """Whether pydantic made ``part`` up to name a member of a union (``str``, ``AliasShape``, ``list[str]``)."""
    return isinstance(part, str) and (part in {"str", "int", "float", "bool"} or part[:1].isupper() or "[" in part)


def dotted(path: Iterable[str | int]) -> str:
    """Return ``path`` as people write it: ``sources[3].every``."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def read(path: Path, environ: Mapping[str, str], text: str | None = None) -> Document:
    """Read ``path`` (or ``text`` in its name) into a `Document`; never raises for what the file says.

    `${NAME}` in a string takes the value of the environment variable, `$$` is a dollar sign; a missing variable is
    a problem with its line.
    """
    document = Document(str(path))
    try:
        source = path.read_text(encoding="utf-8") if text is None else text
        node = yaml.compose(source, Loader=_Loader)
    except FileNotFoundError:
        document.add(
            (), "the file does not exist", "run `govwatch check` in the project folder, or name it by --config"
        )
    except (OSError, UnicodeDecodeError) as error:
        document.add((), f"the file cannot be read: {error}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        document.problems.append(Problem(document.path, line, "", f"not valid YAML: {error.problem or error.context}"))
    except yaml.YAMLError as error:
        document.add((), f"not valid YAML: {error}")
    else:
        document.data = _Builder(document, environ).build(node, ()) if node else {}
    return document


class _Builder:
    """Turns YAML nodes into plain data, keeping lines. Anchors are allowed; they cannot nest without end."""

    # A billion-laughs file expands aliases; a hand-written configuration stays far below this.
    _MOST_NODES = 500_000

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self._document = document
        self._environ = environ
        self._nodes = 0
        self._scalars = yaml.SafeLoader("")

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        self._nodes += 1
        if self._nodes > self._MOST_NODES:
            raise ConfigurationError([Problem(self._document.path, 0, "", "the file is too large, or aliases explode")])
        self._document.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                first = self._document.lines.get(here, 0)
                self._document.lines[here] = key_node.start_mark.line + 1
                self._document.add(here, "the key stands twice", f"first on line {first}")
                continue
            result[key] = self.build(value_node, here)
            self._document.lines[here] = key_node.start_mark.line + 1
        return result

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        # Times such as 07:30 would become base-60 integers, dates would become date objects: keep what was written.
        if node.tag in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int") and not _plain_int(node.value):
            return str(node.value)
        try:
            value = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._document.add(path, f"cannot be read: {getattr(error, 'problem', error)}")
            return None
        return self._expand(value, path) if isinstance(value, str) else value

    def _expand(self, text: str, path: KeyPath) -> str:
        def value_of(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            name = match[1]
            if name is None:
                self._document.add(path, f"'{match[0]}' is no variable", "write ${NAME}, or $$ for a dollar sign")
                return ""
            if name not in self._environ:
                self._document.add(
                    path, f"the environment variable {name} is not set", f"export {name}=..., or take this entry out"
                )
                return ""
            if self._environ[name]:
                self._document.secrets.add(self._environ[name])
            return self._environ[name]

        return _VARIABLE.sub(value_of, text)


def _plain_int(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]+", text) is not None and (text == "0" or not text.lstrip("+-").startswith("0"))


def shape(document: Document, model: type[ShapeT]) -> ShapeT | None:
    """Return the document's data as ``model``, or None with every mistake added to ``document.problems``."""
    if document.problems and document.data is None:
        return None
    try:
        result = model.model_validate(document.data)
    except ValidationError as error:
        for entry in error.errors():
            document.add(entry["loc"], *_say(entry, model))
        return None
    for path, message, hint in result.mistakes():
        document.add(path, message, hint)
    return None if document.problems else result


def _say(entry: Any, model: type[BaseModel]) -> tuple[str, str]:
    """Return the message and the hint for one of pydantic's errors."""
    kind, loc = entry["type"], entry["loc"]
    if kind == "extra_forbidden":
        wanted = _keys_at(model, loc[:-1])
        close = difflib.get_close_matches(str(loc[-1]), wanted, n=1)
        if close:
            return f"unknown key '{loc[-1]}'", f"did you mean '{close[0]}'?"
        return f"unknown key '{loc[-1]}'", "known keys: " + ", ".join(sorted(wanted)) if wanted else ""
    if kind == "missing":
        return f"the key '{loc[-1]}' is missing", ""
    if kind == "value_error":
        message, _, hint = str(entry["ctx"]["error"]).partition(" | ")
        return message, hint
    given = entry.get("input")
    shown = "" if isinstance(given, dict | list) or given is None else f", not {given!r}"
    return entry["msg"].replace("Input should be", "should be") + shown, ""


def _keys_at(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """Return the keys that ``model`` knows at ``loc``: the union over the shapes that may stand there."""
    shapes: list[type[BaseModel]] = [model]
    for part in loc:
        if isinstance(part, int) or _is_union_member(part):
            continue
        found: list[type[BaseModel]] = []
        for one in shapes:
            by_name = {(info.alias or name): info for name, info in one.model_fields.items()}
            if part in by_name:
                found.extend(_shapes_in(by_name[part].annotation))
        shapes = found or shapes
    return sorted({info.alias or name for one in shapes for name, info in one.model_fields.items()})


def _shapes_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in getattr(annotation, "__args__", ()) for found in _shapes_in(inner)]
