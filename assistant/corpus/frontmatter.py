"""A record file cut into its YAML header and its Markdown body, with line numbers for every value.

YAML is composed with the C parser and every scalar kept as text, so `NO` stays Norway and `1.10` stays 1.10; the
schema converts. Duplicate keys are refused: the later one would silently win.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong in a file. line: counted from 1; field: where in the file, in words."""

    file: str
    line: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.problem} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str) and the line of every path in it."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of `path`, or of its nearest ancestor that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class YamlProblem(Exception):
    """The text is not the YAML we read. line: counted from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def read_yaml(text: str, first_line: int = 1) -> Document:
    """Parse YAML text into plain data. first_line: the file's line on which `text` begins. Raises YamlProblem."""
    lines: dict[Path, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlProblem(first_line + (mark.line if mark else 0), str(error.problem or error.context)) from None
    except yaml.YAMLError as error:  # a forbidden control character has no mark
        raise YamlProblem(first_line, str(error).splitlines()[0]) from None

    def plain(node: yaml.Node | None, path: Path) -> Any:
        if node is None:
            return None
        lines[path] = first_line + node.start_mark.line
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [plain(child, (*path, i)) for i, child in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise YamlProblem(first_line + key_node.start_mark.line, "a key is not plain text")
            if key in out:
                raise YamlProblem(first_line + key_node.start_mark.line, f"the key «{key}» stands twice")
            out[key] = plain(value_node, (*path, key))
            lines[(*path, key)] = first_line + key_node.start_mark.line
        return out

    return Document(plain(node, ()), lines)


def split(text: str) -> tuple[str, int, str, int]:
    """(header, its first line, body, its first line). Raises YamlProblem when the fences are missing."""
    lines = text.split("\n")
    if not lines or lines[0].strip() != "---":
        raise YamlProblem(1, "the file does not begin with a line «---»")
    for i in range(1, len(lines)):
        if lines[i].strip() == "---":
            return "\n".join(lines[1:i]), 2, "\n".join(lines[i + 1 :]), i + 2
    raise YamlProblem(len(lines), "the header is not closed by a line «---»")
