"""Fixtures that many tests share: a small corpus with its index, and the real library with its own."""

from __future__ import annotations

import os

# Before torch, faiss or transformers are imported: one thread for the same bytes each time, and no look-ups.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import atexit
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from assistant.answering.answerer import Answerer
from assistant.assemble import make_answerer
from assistant.corpus.library import Library, corpus_digest, load_library
from assistant.errors import AssistantError
from assistant.index.build import build_index
from assistant.index.load import LoadedIndex, load_index
from assistant.index.manifest import read_manifest
from assistant.index.words import TOKENIZER
from assistant.settings import ROOT
from tests.tiny_models import bi_encoder, cross_encoder

# Examples come from a fixed seed, so that a run says the same on every machine; timing is no matter of correctness.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=60,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("suite")

# No test ever touches the database of the deployment in whose folder it runs.
_SCRATCH = tempfile.mkdtemp(prefix="assistant-tests-")
os.environ["DATABASE_URL"] = f"sqlite:///{_SCRATCH}/desk.sqlite"
atexit.register(shutil.rmtree, _SCRATCH, ignore_errors=True)

TESTS = Path(__file__).resolve().parent
TODAY = "2026-11-22"


@pytest.fixture(scope="session")
def small_corpus() -> Path:
    """Four records and a vocabulary of their own. Read only: change a copy."""
    return TESTS / "corpus_small"


@pytest.fixture
def corpus_copy(small_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the small corpus to change."""
    return shutil.copytree(small_corpus, tmp_path / "corpus")


@pytest.fixture(scope="session")
def small_library(small_corpus: Path) -> Library:
    return load_library(small_corpus)


@pytest.fixture(scope="session")
def small_root(small_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small corpus' index. Read only: change a copy."""
    root = tmp_path_factory.mktemp("small") / "index"
    build_index(small_library, root)
    return root


@pytest.fixture
def root_copy(small_root: Path, tmp_path: Path) -> Path:
    """A copy of the small index to change."""
    return shutil.copytree(small_root, tmp_path / "index")


@pytest.fixture(scope="session")
def small(small_root: Path) -> LoadedIndex:
    return load_index(small_root)


@pytest.fixture(scope="session")
def small_answerer(small: LoadedIndex) -> Answerer:
    return make_answerer(small)


def _fresh(root: Path) -> bool:
    """Whether the index at `root` was built from the corpus as it is now, by the default embedder."""
    try:
        manifest = read_manifest(root)
    except AssistantError:
        return False
    return (manifest.corpus == corpus_digest(ROOT / "corpus") and manifest.tokenizer == TOKENIZER
            and manifest.embedder.name == "corpus" and manifest.embedder.trained_on == manifest.corpus)


@pytest.fixture(scope="session")
def real_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the real library's index: the one in use when it is current, else one built for this session."""
    if _fresh(ROOT / "index"):
        return ROOT / "index"
    root = tmp_path_factory.mktemp("real") / "index"
    build_index(load_library(ROOT / "corpus"), root)
    return root


@pytest.fixture(scope="session")
def real(real_root: Path) -> LoadedIndex:
    return load_index(real_root)


@pytest.fixture(scope="session")
def answerer(real: LoadedIndex) -> Answerer:
    """Answers from the real library."""
    return make_answerer(real)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer with prompts of its own; the folder is read only."""
    return bi_encoder(tmp_path_factory.mktemp("tiny") / "encoder", prompts={"query": "query: ", "passage": "passage: "})


@pytest.fixture(scope="session")
def tiny_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder; the folder is read only."""
    return cross_encoder(tmp_path_factory.mktemp("tiny") / "reranker")


@pytest.fixture(scope="session")
def tiny_root(small_library: Library, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small corpus' index as built with the small transformer. Read only: change a copy."""
    root = tmp_path_factory.mktemp("tiny-index") / "index"
    build_index(small_library, root, str(tiny_encoder))
    return root


@pytest.fixture(scope="session")
def tiny(tiny_root: Path) -> LoadedIndex:
    return load_index(tiny_root)
