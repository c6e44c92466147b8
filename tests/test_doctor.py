"""`doctor` finds what is wrong, names the remedy, and fails only when the assistant could not answer."""

from __future__ import annotations

import dataclasses
import json
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.commands import doctor, doctor_models
from assistant.corpus.library import Library
from assistant.index.build import build_index
from assistant.settings import ROOT, EmbeddingOptions, Hotline, RerankerSettings, Settings


def states(findings: list[doctor.Finding]) -> list[str]:
    return [f.state for f in findings]


@pytest.mark.parametrize(("version", "state"), [((3, 10), "fail"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "fail")])
def test_python_version(version: tuple[int, int], state: str) -> None:
    assert doctor.python_version(version).state == state


def test_lock_lines_for_other_systems_are_left_out() -> None:
    lock = ("# comment\nHere==1.0 \\\n    --hash=sha256:aa\nelse_where==2.0 ; sys_platform == 'emscripten' \\\n"
            "    --hash=sha256:bb\n")
    assert doctor.pinned(lock) == {"here": "1.0"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that needs two packages and, for dev, a third."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["one>=1", "two==2.0"]\n[project.optional-dependencies]\ndev = ["three"]\n')
    (tmp_path / "requirements.lock").write_text("one==1.5\nthree==3.0\n")
    return tmp_path


@pytest.mark.parametrize(("have", "expected"), [
    ({"one": "1.5", "two": "2.0+cpu", "three": "3.0"}, ["ok"]),
    ({"one": "1.5", "two": "2.0"}, ["ok", "warn"]),
    ({"one": "1.6", "two": "2.0", "three": "3.0"}, ["warn"]),
    ({"one": "0.9", "two": "2.0", "three": "3.0"}, ["fail"]),
    ({"one": "1.5", "three": "3.0"}, ["fail"]),
    ({}, ["fail", "fail", "warn"]),
])
def test_packages(project: Path, have: dict[str, str], expected: list[str]) -> None:
    findings = list(doctor.packages(project, have))
    assert states(findings) == expected
    assert all(f.remedy for f in findings if f.state != "ok")


def test_packages_without_a_project_file(tmp_path: Path) -> None:
    assert states(list(doctor.packages(tmp_path, {}))) == ["warn"]


def test_this_installation_has_its_packages() -> None:
    assert "fail" not in states(list(doctor.packages(ROOT, doctor.installed())))


def test_cuda_packages_are_noticed() -> None:
    assert doctor.cuda({"torch": "2.13.0+cpu"}).state == "ok"
    found = doctor.cuda({"torch": "2.13.0", "nvidia-cublas": "1", "triton": "3"})
    assert found.state == "warn" and "2 CUDA packages" in found.what
    assert doctor.cuda({"torch": "2.13.0", "nvidia-cublas": "1"}, wanted=True).state == "ok"


def test_corpus(small_corpus: Path, corpus_copy: Path, tmp_path: Path) -> None:
    assert doctor.corpus(Settings(corpus=small_corpus)).state == "ok"
    assert doctor.corpus(Settings(corpus=tmp_path / "nowhere")).state == "fail"
    record = next(corpus_copy.glob("regimes/**/*.md"))
    record.write_text("no header", encoding="utf-8")
    found = doctor.corpus(Settings(corpus=corpus_copy))
    assert found.state == "fail" and "check" in found.remedy


def test_index(small_corpus: Path, corpus_copy: Path, root_copy: Path, tmp_path: Path) -> None:
    settings = Settings(corpus=small_corpus, index=root_copy)
    assert doctor.index(settings).state == "ok"
    assert doctor.index(Settings(corpus=small_corpus, index=tmp_path / "none")).state == "warn"
    assert doctor.index(Settings(corpus=small_corpus, index=root_copy, embedding="other")).state == "warn"
    record = next(corpus_copy.glob("regimes/**/*.md"))
    record.write_text(record.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    stale = doctor.index(Settings(corpus=corpus_copy, index=root_copy))
    assert stale.state == "warn" and "older" in stale.what
    passages = next(root_copy.glob("index-*/passages.json"))
    passages.write_bytes(passages.read_bytes() + b" ")
    assert doctor.index(settings).state == "fail"


def test_index_of_other_prompts(small_corpus: Path, tiny_root: Path, tiny_encoder: Path) -> None:
    settings = Settings(corpus=small_corpus, index=tiny_root, embedding=str(tiny_encoder))
    assert doctor.index(settings).state == "ok"
    other = dataclasses.replace(settings, embedding_options=EmbeddingOptions(query_prompt="ask: "))
    found = doctor.index(other)
    assert found.state == "warn" and "other prompts" in found.what and "python -m assistant index" in found.remedy


def test_embedding(small_root: Path, tiny_root: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    def found(**settings: Any) -> doctor.Finding:
        return next(iter(doctor_models.embedding(Settings(**settings))))

    corpus = found(index=small_root)
    assert corpus.state == "ok" and "128 dimensions" in corpus.what and "matches the index" in corpus.what
    assert found(index=tmp_path).state == "ok"
    same = found(index=tiny_root, embedding=str(tiny_encoder))
    assert same.state == "ok" and "32 dimensions" in same.what and "matches the index" in same.what
    for options in (EmbeddingOptions(dimensions=8), EmbeddingOptions(document_prompt="")):
        other = found(index=tiny_root, embedding=str(tiny_encoder), embedding_options=options)
        assert other.state == "warn" and "built with another" in other.what and "python -m assistant index" in other.remedy
    for root, state in ((tmp_path, "fail"), (small_root, "warn")):
        missing = found(index=root, embedding="BAAI/bge-m3")
        assert missing.state == state and "not on this machine" in missing.what and "ASSISTANT_EMBEDDING" in missing.remedy


def test_the_model_of_the_index_in_force(small_library: Library, small_root: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    build_index(small_library, tmp_path / "index", str(folder))
    settings = Settings(index=tmp_path / "index")
    assert list(doctor_models.still_needed(settings)) == [] == list(doctor_models.still_needed(Settings(index=small_root)))
    shutil.rmtree(folder)
    assert states(list(doctor_models.still_needed(settings))) == ["fail"]


def test_reranker(tiny_reranker: Path) -> None:
    def found(model: str, seconds: float = 60.0) -> doctor.Finding:
        return doctor_models.reranker(Settings(reranker=RerankerSettings(model, 24, seconds)))

    assert found("").state == "ok"
    sound = found(str(tiny_reranker))
    assert sound.state == "ok" and "a pair in" in sound.what and "ms" in sound.what
    slow = found(str(tiny_reranker), 1e-6)
    assert slow.state == "warn" and "fused order would be kept" in slow.what and "ASSISTANT_RERANKER" in slow.remedy
    missing = found("BAAI/bge-reranker-nobody-has")
    assert missing.state == "fail" and "not on this machine" in missing.what and "ASSISTANT_RERANKER" in missing.remedy


def test_no_torch_for_the_default_installation(small_root: Path) -> None:
    program = ("import sys; from pathlib import Path; from assistant.commands import doctor_models; "
               "from assistant.settings import Settings; s = Settings(index=Path(sys.argv[1])); "
               "print([f.state for f in [*doctor_models.embedding(s), *doctor_models.still_needed(s), doctor_models.reranker(s)]], "
               "[m for m in ('torch', 'transformers', 'sentence_transformers', 'huggingface_hub') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", program, str(small_root)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['ok', 'ok'] []"


def test_index_folder(tmp_path: Path) -> None:
    assert doctor.index_folder(Settings(index=tmp_path / "a" / "b")).state == "ok"
    (tmp_path / "file").write_text("")
    assert doctor.index_folder(Settings(index=tmp_path / "file" / "index")).state == "warn"


def test_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        assert doctor.address(Settings(port=port)).state == "warn"
    assert doctor.address(Settings(port=port)).state == "ok"
    assert doctor.address(Settings(host="no address at all")).state == "fail"


@dataclass(frozen=True)
class WithSecrets(Settings):
    llm_api_key: str = "sk-1"
    database: str = "postgresql://desk:hunter2@db/cases"


def test_secrets_are_not_shown() -> None:
    shown = doctor.in_force(WithSecrets(hotline=Hotline("Desk", "025", "")))
    assert shown["hotline"] == "Desk | 025" and shown["today"] == "-"
    assert "sk-1" not in str(shown) and "hunter2" not in str(shown) and "db/cases" in shown["database"]


def test_command(small_corpus: Path, root_copy: Path) -> None:
    def call(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "assistant", "doctor", *options], capture_output=True, text=True,
                              cwd=ROOT, encoding="utf-8", env=environment)

    environment = {"PATH": "", "PYTHONUTF8": "1", "ASSISTANT_CORPUS": str(small_corpus),
                   "ASSISTANT_INDEX": str(root_copy), "ASSISTANT_HOTLINE": "Desk | 025"}
    sound = call("--json")
    data = json.loads(sound.stdout)
    assert sound.returncode == 0 and data["ok"] is True and data["settings"]["hotline"] == "Desk | 025"
    assert {c["state"] for c in data["checks"]} <= {"ok", "warn"}
    shutil.rmtree(next(root_copy.glob("index-*")))
    broken = call()
    assert broken.returncode == 1 and "\nfail  " in broken.stdout and "Traceback" not in broken.stderr
    assert "python -m assistant index" in broken.stdout
