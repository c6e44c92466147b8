"""`doctor`: what is missing or wrong in this installation, one line a check, each with its remedy."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import socket
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assistant import __version__
from assistant.commands import doctor_models
from assistant.commands.finding import Finding
from assistant.corpus.library import corpus_digest, examine
from assistant.desk.database import Database, database_exists
from assistant.desk.migrating import newest, revision
from assistant.errors import AssistantError, IndexMissing
from assistant.index.manifest import REBUILD, read_manifest, verify
from assistant.settings import ROOT, Settings

PYTHONS = ((3, 11), (3, 13))
SETUP = "Run «make setup»."
#: Parts of a setting's name whose value is never printed.
_SECRET = re.compile(r"key|token|secret|password|extra", re.I)
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help='print {"ok", "version", "checks", "settings"}')


def python_version(version: tuple[int, int]) -> Finding:
    """Whether this Python is one that the pinned packages are made for."""
    said = ".".join(map(str, version))
    if PYTHONS[0] <= version <= PYTHONS[1]:
        return Finding("ok", f"Python {said}")
    return Finding("fail", f"Python {said} is not supported.", "Use Python 3.11, 3.12 or 3.13 and run «make setup» again.")


def pinned(lock: str) -> dict[str, str]:
    """Package → version that the text of a lock file pins for this Python and this machine."""
    out: dict[str, str] = {}
    for line in lock.splitlines():
        if not line or line[0] in " #":
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate():
            out[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return out


def installed() -> dict[str, str]:
    """Package → version of everything installed; nothing is imported."""
    return {canonicalize_name(d.metadata["Name"]): d.version for d in metadata.distributions() if d.metadata["Name"]}


def packages(root: Path, have: Mapping[str, str]) -> Iterator[Finding]:
    """What pyproject.toml declares and requirements.lock pins, against what is installed."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        pins = pinned((root / "requirements.lock").read_text(encoding="utf-8"))
        needed = [Requirement(line) for line in project["dependencies"]]
        extras = {extra: [Requirement(line) for line in lines]
                  for extra, lines in project.get("optional-dependencies", {}).items()}
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidRequirement):
        yield Finding("warn", "pyproject.toml or requirements.lock cannot be read, so versions were not compared.",
                      "Start the program in a complete copy of the repository.")
        return
    wrong = 0
    for requirement in needed:
        name = canonicalize_name(requirement.name)
        version = have.get(name)
        if version is None:
            yield Finding("fail", f"{requirement.name} is not installed.", SETUP)
        elif not requirement.specifier.contains(version, prereleases=True):
            yield Finding("fail", f"{requirement.name} is {version}; {requirement.specifier} is needed.", SETUP)
        elif name in pins and version != pins[name]:
            yield Finding("warn", f"{requirement.name} is {version}; the tests ran with {pins[name]}.", SETUP)
        else:
            continue
        wrong += 1
    if not wrong:
        yield Finding("ok", f"{len(needed)} packages, all at the pinned versions")
    for extra, requirements in extras.items():
        missing = [r.name for r in requirements if canonicalize_name(r.name) not in have]
        if missing:
            yield Finding("warn", f"For {extra} these are missing: {', '.join(missing)}.", f"Only needed for {extra}: {SETUP}")


def cuda(have: Mapping[str, str], wanted: bool = False) -> Finding:
    """Whether GPU packages came along by mistake. wanted: a model is set to run on a GPU."""
    found = sorted(n for n in have if n.startswith(("nvidia-", "cuda-")) or n == "triton")
    if found and wanted:
        return Finding("ok", f"torch {have.get('torch', '-')} with {len(found)} CUDA packages")
    if not found:
        return Finding("ok", f"torch {have.get('torch', '-')} without CUDA packages")
    return Finding("warn", f"{len(found)} CUDA packages are installed, which nothing here uses.",
                   "README.md, Installation, says how to install torch without them.")


def corpus(settings: Settings) -> Finding:
    """Whether every record can be read and passes review."""
    try:
        found = examine(settings.corpus)
    except AssistantError as error:
        return Finding("fail", error.problem, error.remedy)
    if found.complaints:
        return Finding("fail", f"The corpus has {len(found.complaints)} complaints.", "Run «python -m assistant check».")
    if not found.raws:
        return Finding("fail", f"The corpus at {settings.corpus} holds no record.", "Set ASSISTANT_CORPUS to the right folder.")
    return Finding("ok", f"corpus: {len(found.raws)} records, 0 complaints")


def index(settings: Settings) -> Finding:
    """Whether the index is there, untouched, and made from this corpus with this embedder."""
    try:
        manifest = read_manifest(settings.index)
        verify(settings.index, manifest)
    except IndexMissing as error:
        return Finding("warn", error.problem, f"{error.remedy} «make run» does so by itself.")
    except AssistantError as error:
        return Finding("fail", error.problem, error.remedy)
    if not manifest.embedder.made_with(settings.embedding, settings.embedding_options):
        what = (f"with the embedder {manifest.embedder.name}, not {settings.embedding}"
                if manifest.embedder.name != settings.embedding else "with other prompts or dimensions than are set")
        return Finding("warn", f"The index was built {what}; it answers as it was built.", REBUILD)
    try:
        stale = manifest.corpus != corpus_digest(settings.corpus)
    except OSError:
        stale = True
    if stale:
        return Finding("warn", "The index is older than the corpus.", REBUILD)
    return Finding("ok", f"index: {manifest.passages} passages, verified, made from this corpus")


def index_folder(settings: Settings) -> Finding:
    """Whether a new index could be written."""
    place = settings.index
    while not place.exists() and place != place.parent:
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK):
        return Finding("ok", f"{settings.index} can be written")
    return Finding("warn", f"{settings.index} cannot be written, so the index cannot be built anew.",
                   "Give this user the right to write there, or set ASSISTANT_INDEX to another folder.")


def database(settings: Settings) -> Finding:
    """Whether the desk's data can be read and have the form that this program writes."""
    try:
        if not database_exists(settings.database):
            return Finding("ok", "the desk's database will be made when the server starts")
        opened = Database(settings.database)
        try:
            found = revision(opened)
        finally:
            opened.close()
    except AssistantError as error:
        return Finding("fail", error.problem, error.remedy)
    if found != newest():
        return Finding("warn", f"The desk's database has revision {found or 'none'}, this program writes {newest()}.",
                       "Start the server, or run «python -m assistant migrate».")
    return Finding("ok", f"desk: {opened.url.get_backend_name()}, revision {found}")


def address(settings: Settings) -> Finding:
    """Whether the server could listen."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        return Finding("fail", f"HOST is «{settings.host}», which is not an address of this machine.",
                       "Set it to 127.0.0.1, or to 0.0.0.0 to serve the network.")
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # as the server does; elsewhere the option means sharing the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen(1)
        except OSError as error:
            return Finding("warn", f"Port {settings.port} on {settings.host} cannot be used now ({error.strerror}).",
                           "If it is not this assistant already running, set PORT to a free port.")
    return Finding("ok", f"port {settings.port} on {settings.host} is free")


def in_force(settings: Settings) -> dict[str, str]:
    """The settings in words; values that could be secret are not shown."""
    out: dict[str, str] = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = [(name, " ".join(map(str, held.values())) if isinstance(held, dict) and held["model"] else held)
                     for name, held in dataclasses.asdict(value).items() if value and not (isinstance(held, dict) and not held["model"])]
            text = " | ".join("(set, not shown)" if _SECRET.search(part) else str(held) for part, held in parts if held)
        else:
            text = "" if value is None else str(value)
        if _SECRET.search(field.name):
            text = "(set, not shown)" if text else ""
        out[field.name] = _PASSWORD_IN_URL.sub("(not shown)@", text) or "-"
    return out


def examine_installation(settings: Settings) -> list[Finding]:
    """Every check in order."""
    have = installed()
    on_gpu = any(device != "cpu" for device in (settings.embedding_options.device, settings.reranker.device, settings.llm.judge.device))
    return [python_version(sys.version_info[:2]), *packages(ROOT, have), cuda(have, on_gpu), corpus(settings), index(settings),
            index_folder(settings), *doctor_models.embedding(settings), *doctor_models.still_needed(settings),
            doctor_models.reranker(settings), doctor_models.language_model(settings), doctor_models.judge(settings), database(settings),
            address(settings)]


def run(options: argparse.Namespace, settings: Settings) -> int:
    findings = examine_installation(settings)
    failed = any(f.state == "fail" for f in findings)
    if options.json:
        data = {"ok": not failed, "version": __version__, "checks": findings, "settings": in_force(settings)}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
        return int(failed)
    for finding in findings:
        print(f"{finding.state:<6}{finding.what}{'  ' + finding.remedy if finding.remedy else ''}")
    print("\nsettings in force (README.md names the variables)")
    for name, value in in_force(settings).items():
        print(f"      {name:<20}{value}")
    return int(failed)
