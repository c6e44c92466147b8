"""What the documents say must be true of the program: made files up to date, names, links and pins that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.cli import COMMANDS
from assistant.corpus.template import reference_files
from assistant.evaluation.questions import GoldQuestion
from assistant.settings import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "index" / "README.md"])
READMES = ("README.md", "README.zh-CN.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(reference_files(ROOT)), ids=lambda p: p.name)
def test_made_files_are_up_to_date(path: Path) -> None:
    made = reference_files(ROOT)[path]
    assert path.read_text(encoding="utf-8") == made, "run «make docs»"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)", path.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("name", READMES)
def test_readme_lists_the_settings_that_are_read(name: str) -> None:
    read = set(re.findall(r'get\("([A-Z_]+)"', text_of("assistant/settings.py")))
    assert set(re.findall(r"^\| `([A-Z_]+)`", text_of(name), re.M)) == read


@pytest.mark.parametrize("name", READMES)
def test_readme_lists_the_commands(name: str) -> None:
    table = re.findall(r"^\| `([a-z]+)[ `]", text_of(name), re.M)
    assert sorted(table) == sorted(COMMANDS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_documents_name_targets_and_commands_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", text_of("Makefile"), re.M))
    assert {t for t in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)} <= targets
    assert {c for c in re.findall(r"python -m assistant ([a-z]+)", text)} <= set(COMMANDS)


@pytest.mark.parametrize("name", READMES)
def test_readme_installs_the_pinned_torch(name: str) -> None:
    pin = next(line for line in PROJECT["project"]["dependencies"] if line.startswith("torch"))
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+", pin)
    assert set(re.findall(r"torch==[\d.]+\d", text_of(name))) == {pin}


def test_gold_question_of_the_guide_has_the_form() -> None:
    blocks = re.findall(r"```json\n(.*?)```", text_of("CONTRIBUTING.md"), re.S)
    assert len(blocks) == 1
    question = msgspec.json.decode(blocks[0], type=GoldQuestion)
    assert question.expect_records and question.relevant
    described = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (`.*?) \|", text_of("CONTRIBUTING.md"), re.M))))
    assert described == set(GoldQuestion.__dataclass_fields__)


def test_changelog_has_a_place_for_changes() -> None:
    assert "## [Unreleased]" in text_of("CHANGELOG.md")


def locked() -> dict[str, list[Requirement]]:
    out: dict[str, list[Requirement]] = {}
    for line in LOCK.splitlines():
        if line and line[0] not in " #":
            requirement = Requirement(line.rstrip("\\ "))
            out.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return out


def test_lock_pins_all_that_is_declared_but_torch() -> None:
    pins = locked()
    extras = PROJECT["project"]["optional-dependencies"].values()
    declared = [*PROJECT["project"]["dependencies"], *(line for lines in extras for line in lines)]
    for line in declared:
        requirement = Requirement(line)
        if requirement.name == "torch":
            continue
        pinned = pins.get(canonicalize_name(requirement.name), [])
        assert pinned, f"{line} is not locked: run «make lock»"
        for pin in pinned:
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{line} against {version}: run «make lock»"


def test_lock_holds_hashes_and_neither_torch_nor_gpu_packages_nor_addresses() -> None:
    entries = re.split(r"^(?=[a-z])", LOCK, flags=re.M)[1:]
    assert len(entries) >= 100
    assert not [e.split()[0] for e in entries if "--hash=sha256:" not in e]
    assert not [name for name in locked() if name in {"torch", "triton"} or name.startswith(("nvidia-", "cuda-"))]
    assert "://" not in LOCK and "--index-url" not in LOCK and "--find-links" not in LOCK
