"""What every embedder must hold: one suite for the static reader and for sentence-transformers, on small models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.corpus.library import Library
from assistant.errors import IndexDamaged, SettingsError
from assistant.index.build import embedding_text, training_pairs
from assistant.index.centred import CentredEmbedder
from assistant.index.corpus_embedder import EmbedderForm, make_corpus_embedder, save_static_model, train_tokenizer
from assistant.index.embedder import Embedder, StaticEmbedder, unit
from assistant.index.kept import KeptEmbedder
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.passages import record_passages
from assistant.settings import ROOT

FORM = EmbedderForm(dimensions=32, vocabulary=800, epochs=2, batch=16)
TEXTS = ["充电宝出口日本PSE是菱形还是圆形?", "Which PSE mark does a power adapter need in Japan?", "ISO 14067", "圆形PSE", "锂电池 400Wh/L"]
#: Run in a process of its own; reads texts and pairs from argv[2], writes the model into argv[1].
MAKE = """
import json, sys
from pathlib import Path
from assistant.index.centred import CentredEmbedder
from assistant.index.corpus_embedder import EmbedderForm, make_corpus_embedder
texts, pairs = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
make_corpus_embedder(texts, pairs, Path(sys.argv[1]), EmbedderForm(dimensions=32, vocabulary=800, epochs=2, batch=16))
"""


def _material(library: Library) -> tuple[list[str], list[tuple[str, str]]]:
    return [embedding_text(p) for r in library.records for p in record_passages(r)], training_pairs(library.records)


def _make(library: Library, folder: Path) -> Path:
    make_corpus_embedder(*_material(library), folder, FORM)
    return folder


@pytest.fixture(scope="module")
def model(small_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _make(small_library, tmp_path_factory.mktemp("model") / "a")


@pytest.fixture(scope="module")
def embedders(model: Path, tiny_encoder: Path) -> dict[str, Embedder]:
    static = StaticEmbedder(model)
    return {"static": static, "transformer": TransformerEmbedder(str(model)), "prompted": TransformerEmbedder(str(tiny_encoder)),
            "centred": CentredEmbedder.measured(TransformerEmbedder(str(tiny_encoder)), [f"{t} {n}" for t in TEXTS for n in range(5)], []),
            "kept": KeptEmbedder(static).keep(TEXTS[:2], TEXTS[2:4], lambda done, total: None)}


@pytest.fixture(params=["static", "transformer", "prompted", "centred", "kept"])
def embedder(request: pytest.FixtureRequest, embedders: dict[str, Embedder]) -> Embedder:
    return embedders[request.param]


def test_one_row_of_unit_length_for_each_text(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions) == (len(TEXTS), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_text_without_tokens_is_a_row_of_zeros(embedder: Embedder) -> None:
    vectors = embedder.encode(["", TEXTS[0]])
    assert vectors.shape == (2, 32) and np.isfinite(vectors).all()
    assert not vectors[0].any() and vectors[1].any()


def test_no_texts_are_no_rows(embedder: Embedder) -> None:
    assert len(embedder.encode([])) == len(embedder.encode_queries([])) == 0


def test_questions_have_rows_of_the_same_form(embedder: Embedder) -> None:
    vectors = embedder.encode_queries(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    for text, row in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(embedder.encode_queries([text])[0], row, atol=1e-6)
    assert not embedder.encode_queries([" "]).any()


def test_a_row_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    together = embedder.encode(TEXTS)
    alone = np.concatenate([embedder.encode([t]) for t in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_same_text_has_the_same_vector_each_time(embedder: Embedder) -> None:
    np.testing.assert_array_equal(embedder.encode(TEXTS), embedder.encode(TEXTS))


def test_a_very_long_text_is_read(embedder: Embedder) -> None:
    assert np.linalg.norm(embedder.encode(["充电宝 power bank " * 2000])[0]) == pytest.approx(1.0, abs=1e-4)


def test_it_says_its_name_and_revision(embedder: Embedder, model: Path, tiny_encoder: Path) -> None:
    assert embedder.name in {"corpus", str(model), str(tiny_encoder)}
    assert len(embedder.revision) == 64


def test_our_reader_computes_what_sentence_transformers_computes(embedders: dict[str, Embedder], small_library: Library) -> None:
    texts = [*TEXTS, *(p.text for r in small_library.records for p in record_passages(r))]
    np.testing.assert_allclose(embedders["static"].encode(texts), embedders["transformer"].encode(texts), atol=1e-5)


def test_two_builds_give_the_same_bytes(model: Path, small_library: Library, tmp_path: Path) -> None:
    again = _make(small_library, tmp_path / "b")
    files = sorted(p.name for p in model.iterdir())
    assert files == sorted(p.name for p in again.iterdir())
    assert {"tokenizer.json", "model.safetensors", "modules.json"} <= set(files)
    assert [f for f in files if (model / f).read_bytes() != (again / f).read_bytes()] == []


def test_a_build_in_another_process_gives_the_same_bytes(model: Path, small_library: Library, tmp_path: Path) -> None:
    (tmp_path / "material.json").write_text(json.dumps(_material(small_library)), encoding="utf-8")
    subprocess.run([sys.executable, "-c", MAKE, str(tmp_path / "c"), str(tmp_path / "material.json")],
                   cwd=ROOT, check=True, timeout=120)
    assert [f.name for f in model.iterdir() if f.read_bytes() != (tmp_path / "c" / f.name).read_bytes()] == []


def test_training_brings_the_two_sides_of_a_pair_together(model: Path, small_library: Library, tmp_path: Path) -> None:
    texts, pairs = _material(small_library)
    make_corpus_embedder(texts, [], tmp_path / "untrained", FORM)

    def alike(folder: Path) -> float:
        embedder = StaticEmbedder(folder)
        left, right = (embedder.encode([p[side] for p in pairs]) for side in (0, 1))
        similarity = left @ right.T
        return float(np.mean(np.diag(similarity)) - np.mean(similarity))

    assert alike(model) > alike(tmp_path / "untrained")


def test_the_revision_changes_with_the_weights(model: Path, tmp_path: Path) -> None:
    tokenizer = train_tokenizer(TEXTS, EmbedderForm(vocabulary=50))
    one = np.ones((tokenizer.get_vocab_size(), 4), dtype=np.float32)
    for name, weights in (("a", one), ("b", one * 2)):
        save_static_model(tokenizer, weights, tmp_path / name)
    revisions = {StaticEmbedder(tmp_path / name).revision for name in ("a", "b")} | {StaticEmbedder(model).revision}
    assert len(revisions) == 3


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x00" * 100, None])
def test_a_damaged_or_missing_file_is_an_error_with_the_remedy(
        model: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    for file in model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexDamaged) as caught:
        StaticEmbedder(tmp_path)
    assert "python -m assistant index" in caught.value.remedy


def test_a_model_that_is_not_there_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        TransformerEmbedder(str(tmp_path / "nowhere"))
    assert "ASSISTANT_EMBEDDING" in caught.value.remedy


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_a_row_of_length_one_or_zero(embedders: dict[str, Embedder], texts: list[str]) -> None:
    lengths = np.linalg.norm(embedders["static"].encode(texts), axis=1)
    assert len(lengths) == len(texts)
    assert all(length == 0 or abs(length - 1) < 1e-5 for length in lengths)


def test_rows_of_zeros_stay_zeros() -> None:
    np.testing.assert_array_equal(unit(np.array([[3, 4], [0, 0]], dtype=np.float32)),
                                  np.array([[0.6, 0.8], [0, 0]], dtype=np.float32))
