"""Embedding models of sentence-transformers: prompts, dimensions, identity, and what is said when one cannot be had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import IndexDamaged, SettingsError
from assistant.index.centred import FILE as means
from assistant.index.centred import LEAST, CentredEmbedder
from assistant.index.kept import FILE, KeptEmbedder
from assistant.index.model_files import ANSWERS_WITHIN, find_model, fingerprint, is_whole
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.settings import ROOT, EmbeddingOptions, read_settings
from tests.tiny_hub import files_of, tiny_hub
from tests.tiny_models import bi_encoder

TEXT = "充电宝出口日本 power bank 2026"


@pytest.fixture(scope="module")
def own(tiny_encoder: Path) -> TransformerEmbedder:
    """The small model with the prompts it was saved with."""
    return TransformerEmbedder(str(tiny_encoder))


def _edit(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_each_side_has_the_prompt_saved_with_the_model(own: TransformerEmbedder, tiny_encoder: Path) -> None:
    plain = TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(query_prompt="", document_prompt=""))
    assert (own.query_prompt, own.document_prompt) == ("query: ", "passage: ")
    np.testing.assert_allclose(own.encode_queries([TEXT]), plain.encode([f"query: {TEXT}"]), atol=1e-6)
    np.testing.assert_allclose(own.encode([TEXT]), plain.encode([f"passage: {TEXT}"]), atol=1e-6)
    assert not np.allclose(own.encode([TEXT]), own.encode_queries([TEXT]), atol=1e-3)
    np.testing.assert_array_equal(plain.encode([TEXT]), plain.encode_queries([TEXT]))


def test_prompts_that_are_set_take_the_place_of_the_models_own(own: TransformerEmbedder, tiny_encoder: Path) -> None:
    asked = TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(query_prompt="passage: ", document_prompt="query: "))
    np.testing.assert_allclose(asked.encode_queries([TEXT]), own.encode([TEXT]), atol=1e-6)
    np.testing.assert_allclose(asked.encode([TEXT]), own.encode_queries([TEXT]), atol=1e-6)


def test_a_default_prompt_counts_where_a_side_has_none(tmp_path: Path) -> None:
    folder = bi_encoder(tmp_path / "model", prompts={"query": "query: ", "all": "text: "})
    _edit(folder, "config_sentence_transformers.json", default_prompt_name="all")
    embedder = TransformerEmbedder(str(folder))
    assert (embedder.query_prompt, embedder.document_prompt) == ("query: ", "text: ")


def test_shortened_vectors_are_the_first_numbers_scaled_again(own: TransformerEmbedder, tiny_encoder: Path) -> None:
    short = TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(dimensions=8))
    whole = own.encode([TEXT])[0, :8]
    assert short.dimensions == 8
    np.testing.assert_allclose(short.encode([TEXT])[0], whole / np.linalg.norm(whole), atol=1e-5)
    assert np.linalg.norm(short.encode_queries([TEXT])[0]) == pytest.approx(1.0, abs=1e-5)


def test_pooling_is_that_of_the_model(tmp_path: Path) -> None:
    vectors = [TransformerEmbedder(str(bi_encoder(tmp_path / pooling, pooling=pooling))).encode([TEXT])
               for pooling in ("mean", "cls")]
    assert not np.allclose(*vectors, atol=1e-2)


def test_whatever_changes_vectors_changes_the_revision(own: TransformerEmbedder, tiny_encoder: Path, tmp_path: Path) -> None:
    def revision(folder: Path, **options: object) -> str:
        return TransformerEmbedder(str(folder), EmbeddingOptions(**options)).revision  # type: ignore[arg-type]

    changed = [revision(tiny_encoder, query_prompt="ask: "), revision(tiny_encoder, document_prompt=""),
               revision(tiny_encoder, dimensions=8), revision(bi_encoder(tmp_path / "seed", seed=2)),
               revision(bi_encoder(tmp_path / "cls", pooling="cls"))]
    assert len({own.revision, *changed}) == 6
    # A copy elsewhere, other notes beside it and another batch are the same model.
    copy = shutil.copytree(tiny_encoder, tmp_path / "copy")
    (copy / "README.md").write_text("about", encoding="utf-8")
    (copy / "onnx").mkdir()
    (copy / "onnx" / "config.json").write_text("{}", encoding="utf-8")
    assert revision(copy, batch=3) == own.revision


def test_batches_do_not_change_vectors(own: TransformerEmbedder, tiny_encoder: Path) -> None:
    one = TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(batch=1))
    texts = [TEXT * n for n in range(1, 6)]
    np.testing.assert_allclose(one.encode(texts), own.encode(texts), atol=1e-5)


def test_many_threads_get_the_vectors_of_one(own: TransformerEmbedder) -> None:
    texts = [f"{TEXT} {n}" for n in range(24)]
    expected = {text: own.encode([text])[0] for text in texts}
    with ThreadPoolExecutor(8) as pool:
        for text, row in zip(texts, pool.map(lambda t: own.encode([t])[0], texts), strict=True):
            np.testing.assert_array_equal(row, expected[text])


def test_half_precision_weights_are_read(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = bi_encoder(tmp_path / "whole")
    SentenceTransformer(str(folder), device="cpu").bfloat16().save(str(tmp_path / "half"), create_model_card=False)
    half = TransformerEmbedder(str(tmp_path / "half"))
    rows = half.encode([TEXT])
    assert rows.dtype == np.float32 and np.linalg.norm(rows[0]) == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(rows, TransformerEmbedder(str(folder)).encode([TEXT]), atol=0.02)


def test_more_dimensions_than_there_are_is_an_error(tiny_encoder: Path) -> None:
    with pytest.raises(SettingsError, match="32 dimensions") as caught:
        TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(dimensions=64))
    assert "ASSISTANT_EMBEDDING_DIMENSIONS" in caught.value.remedy


@pytest.mark.parametrize("lacking", ["model.safetensors", "config.json"])
def test_a_folder_without_a_whole_model_is_an_error(tiny_encoder: Path, tmp_path: Path, lacking: str) -> None:
    folder = shutil.copytree(tiny_encoder, tmp_path / "part")
    for name in {lacking, "modules.json"} if lacking == "config.json" else {lacking}:
        (folder / name).unlink()
    assert is_whole(tiny_encoder) and not is_whole(folder)
    with pytest.raises(SettingsError, match="holds no embedding model") as caught:
        TransformerEmbedder(str(folder))
    assert "ASSISTANT_EMBEDDING" in caught.value.remedy


def test_a_part_of_the_weights_is_no_whole_model(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_encoder, tmp_path / "part")
    listed = folder / "model.safetensors.index.json"
    listed.write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}), encoding="utf-8")
    assert not is_whole(folder)
    (folder / "model-2.safetensors").write_bytes(b"")
    assert is_whole(folder)
    listed.write_text("[]", encoding="utf-8")
    assert not is_whole(folder)


@pytest.mark.parametrize(("name", "content"), [("model.safetensors", b"x" * 64), ("modules.json", b"{"), ("config.json", b"[]")])
def test_a_damaged_model_is_an_error_in_one_line(tiny_encoder: Path, tmp_path: Path, name: str, content: bytes) -> None:
    folder = shutil.copytree(tiny_encoder, tmp_path / "damaged")
    (folder / name).write_bytes(content)
    with pytest.raises(SettingsError, match="cannot be loaded on cpu") as caught:
        TransformerEmbedder(str(folder))
    assert "\n" not in caught.value.problem and len(caught.value.problem) < 500


def test_a_lack_of_memory_is_an_error_with_the_remedy(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = TransformerEmbedder(str(tiny_encoder))

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore about it")

    monkeypatch.setattr(embedder._model, "encode", full)
    for encode in (embedder.encode, embedder.encode_queries):
        with pytest.raises(SettingsError, match="failed on cpu") as caught:
            encode([TEXT])
        assert "More about" not in caught.value.problem and "ASSISTANT_EMBEDDING_BATCH" in caught.value.remedy


def test_a_device_that_is_not_there_is_an_error(tiny_encoder: Path) -> None:
    with pytest.raises(SettingsError, match="on nowhere"):
        TransformerEmbedder(str(tiny_encoder), EmbeddingOptions(device="nowhere"))


def _hub(cache: Path, model: str, files: Path) -> Path:
    """A model in a cache of the hub, as a download leaves it there."""
    entry = cache / f"models--{model.replace('/', '--')}"
    (entry / "refs").mkdir(parents=True)
    (entry / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    return shutil.copytree(files, entry / "snapshots" / ("0" * 40))


_FIND = """
import sys, time
from assistant.errors import SettingsError
from assistant.index.model_files import find_model
began = time.perf_counter()
try:
    print(find_model(sys.argv[1], "ASSISTANT_EMBEDDING", "embedding model"))
except SettingsError as error:
    print(error.problem, "|", error.remedy)
print(time.perf_counter() - began)
assert "torch" not in sys.modules and "sentence_transformers" not in sys.modules
"""


def _find(name: str, cache: Path, **environment: str) -> tuple[str, float]:
    """What `find_model` says in a process with this environment, and after how many seconds."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_")) and "proxy" not in k.lower()}
    done = subprocess.run([sys.executable, "-c", _FIND, name], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
                          env={**kept, "HF_HUB_CACHE": str(cache), "PYTHONUTF8": "1", **environment}, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    said, seconds = done.stdout.strip().rsplit("\n", 1)
    return said, float(seconds)


def test_a_model_in_the_cache_of_the_hub_is_found_without_a_network(tiny_encoder: Path, tmp_path: Path) -> None:
    held = _hub(tmp_path, "some/encoder", tiny_encoder)
    plain = _hub(tmp_path, "sentence-transformers/plain", tiny_encoder)
    for offline in ("0", "1"):  # what is here is not asked for again
        assert _find("some/encoder", tmp_path, HF_HUB_OFFLINE=offline)[0] == str(held)
    assert _find("plain", tmp_path, HF_HUB_OFFLINE="1")[0] == str(plain)
    (held / "model.safetensors").unlink()
    assert "is not on this machine" in _find("some/encoder", tmp_path, HF_HUB_OFFLINE="1")[0]


@pytest.mark.parametrize("name", ["BAAI/bge-m3", "no-such-model"])
def test_a_model_that_is_not_here_is_said_at_once(name: str, tmp_path: Path) -> None:
    said, seconds = _find(name, tmp_path, HF_HUB_OFFLINE="1")
    assert f"«{name}» is not on this machine" in said and "HF_HUB_OFFLINE=0 python -m assistant index" in said
    assert seconds < 3


def test_a_hub_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    said, seconds = _find("BAAI/bge-m3", tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT="http://127.0.0.1:9")
    assert "the hub cannot be asked for it" in said and seconds < 6


def test_a_hub_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with tiny_hub("some/encoder", {}, silent=threading.Event()) as (address, _):
        said, seconds = _find("some/encoder", tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT=address)
    assert "the hub cannot be asked for it" in said and seconds < 3 * ANSWERS_WITHIN


def test_a_model_is_downloaded_where_that_is_allowed(tiny_encoder: Path, tmp_path: Path) -> None:
    files = {**files_of(tiny_encoder), "pytorch_model.bin": b"the same once more", "onnx/model.onnx": b"and again"}
    with tiny_hub("some/encoder", files) as (address, fetched):
        online = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": address}
        folder = Path(_find("some/encoder", tmp_path, **online)[0])
        assert sorted(fetched) == sorted(files_of(tiny_encoder))
        assert fingerprint(folder) == fingerprint(tiny_encoder)
        assert _find("some/encoder", tmp_path, **online)[0] == str(folder) and len(fetched) == len(files) - 2
        assert "none of that name on the hub" in _find("some/other", tmp_path, **online)[0]
        # What was cut off is fetched again, and nothing else.
        (folder / "model.safetensors").resolve().unlink()
        (folder / "model.safetensors").unlink()
        fetched.clear()
        assert _find("some/encoder", tmp_path, **online)[0] == str(folder) and fetched == ["model.safetensors"]


def test_what_is_no_name_of_a_model_is_an_error(tmp_path: Path) -> None:
    said, seconds = _find("./models/not there", tmp_path, HF_HUB_OFFLINE="0")
    assert "neither a folder here nor the name of a model" in said and seconds < 3


def test_the_command_says_that_a_model_is_missing(small_corpus: Path, root_copy: Path) -> None:
    environment = {"PATH": "", "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HF_HUB_CACHE": str(root_copy),
                   "ASSISTANT_CORPUS": str(small_corpus), "ASSISTANT_INDEX": str(root_copy), "ASSISTANT_EMBEDDING": "BAAI/bge-m3",
                   "DATABASE_URL": os.environ["DATABASE_URL"]}
    before = (root_copy / "manifest.json").read_bytes()
    done = subprocess.run([sys.executable, "-m", "assistant", "index"], cwd=ROOT, capture_output=True, text=True,
                          encoding="utf-8", env=environment, check=False, timeout=60)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "«BAAI/bge-m3» is not on this machine" in done.stderr and "ASSISTANT_EMBEDDING" in done.stderr
    assert (root_copy / "manifest.json").read_bytes() == before


def test_a_missing_model_costs_no_seconds(tmp_path: Path) -> None:
    began = time.perf_counter()
    with pytest.raises(SettingsError, match="not on this machine"):
        TransformerEmbedder("some/encoder-that-nobody-has")
    assert time.perf_counter() - began < 3
    with pytest.raises(SettingsError, match="not on this machine"):
        find_model("some/encoder-that-nobody-has", "ASSISTANT_EMBEDDING", "embedding model", download=False)


def test_the_fingerprint_is_that_of_the_content(tiny_encoder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "copy")
    assert fingerprint(copy) == fingerprint(tiny_encoder)
    weights = copy / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert fingerprint(copy) != fingerprint(tiny_encoder)


class Counter:
    """Another embedder that counts what it is asked to encode."""

    def __init__(self, inner: TransformerEmbedder) -> None:
        self._inner, self.texts, self.lock = inner, 0, threading.Lock()
        self.name, self.revision, self.dimensions = inner.name, inner.revision, inner.dimensions

    def encode(self, texts: list[str]) -> np.ndarray:
        self.texts += len(texts)
        return self._inner.encode(texts)

    def encode_queries(self, texts: list[str]) -> np.ndarray:
        self.texts += len(texts)
        return self._inner.encode_queries(texts)


def test_kept_vectors_are_looked_up_on_their_own_side(own: TransformerEmbedder, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    kept = KeptEmbedder(own).keep(["a", "b", "a"], ["a", "c"], lambda done, total: told.append((done, total)))
    assert told == [(2, 2), (2, 2)]
    kept.save(tmp_path)
    counter = Counter(own)
    again = KeptEmbedder.load(counter, tmp_path)
    np.testing.assert_array_equal(again.encode(["b", "a"]), kept.encode(["b", "a"]))
    np.testing.assert_allclose(again.encode_queries(["a"]), own.encode_queries(["a"]), atol=1e-6)
    assert counter.texts == 0
    mixed = again.encode(["a", "new"])
    assert counter.texts == 1
    np.testing.assert_allclose(mixed, own.encode(["a", "new"]), atol=1e-6)
    more = again.keep(["a", "d"], ["c"], lambda done, total: None)
    assert counter.texts == 2 and len(more.encode(["a", "d"])) == 2 and counter.texts == 2


@pytest.mark.parametrize("content", [None, b"", b"{}", b"x" * 100])
def test_damaged_kept_vectors_are_an_error(own: TransformerEmbedder, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(IndexDamaged) as caught:
        KeptEmbedder.load(own, tmp_path)
    assert "python -m assistant index" in caught.value.remedy


def test_the_middle_of_each_side_is_kept(own: TransformerEmbedder, tmp_path: Path) -> None:
    passages, questions = [f"{TEXT} {n}" for n in range(LEAST)], [f"why {n}?" for n in range(LEAST)]
    centred = CentredEmbedder.measured(own, passages, questions)
    for encode, bare, texts in ((centred.encode, own.encode, passages), (centred.encode_queries, own.encode_queries, questions)):
        away = bare(texts) - bare(texts).mean(axis=0)
        np.testing.assert_allclose(encode(texts), away / np.linalg.norm(away, axis=1, keepdims=True), atol=1e-4)
    centred.save(tmp_path)
    again = CentredEmbedder.load(own, tmp_path)
    np.testing.assert_array_equal(again.encode(passages), centred.encode(passages))
    assert not again.encode([""]).any() and again.revision == own.revision
    few = CentredEmbedder.measured(own, passages[: LEAST - 1], [])
    np.testing.assert_allclose(few.encode(passages), own.encode(passages), atol=1e-6)
    (tmp_path / means).unlink()
    with pytest.raises(IndexDamaged, match="mean vectors"):
        CentredEmbedder.load(own, tmp_path)


def test_settings_of_the_embedding_model() -> None:
    assert read_settings({}).embedding_options == EmbeddingOptions()
    read = read_settings({"ASSISTANT_EMBEDDING": "intfloat/multilingual-e5-small", "ASSISTANT_EMBEDDING_QUERY_PROMPT": "query: ",
                          "ASSISTANT_EMBEDDING_DOCUMENT_PROMPT": '"passage: "', "ASSISTANT_EMBEDDING_DIMENSIONS": "128",
                          "ASSISTANT_EMBEDDING_BATCH": "8", "ASSISTANT_EMBEDDING_DEVICE": "cuda:1"})
    assert read.embedding == "intfloat/multilingual-e5-small"
    assert read.embedding_options == EmbeddingOptions("query: ", "passage: ", 128, 8, "cuda:1")
    assert read.reranker.device == "cuda:1" and not read.reranker
    lines = read_settings({"ASSISTANT_EMBEDDING_QUERY_PROMPT": '"Instruct: find\\nQuery:"', "ASSISTANT_EMBEDDING_DOCUMENT_PROMPT": '""'})
    assert lines.embedding_options.query_prompt == "Instruct: find\nQuery:" and lines.embedding_options.document_prompt == ""


@pytest.mark.parametrize(("name", "value"), [
    ("QUERY_PROMPT", '"query: '), ("DIMENSIONS", "-1"), ("DIMENSIONS", "many"), ("BATCH", "0"), ("BATCH", "1.5")])
def test_settings_that_cannot_be_used_are_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({f"ASSISTANT_EMBEDDING_{name}": value})
    assert f"ASSISTANT_EMBEDDING_{name}" in caught.value.problem
