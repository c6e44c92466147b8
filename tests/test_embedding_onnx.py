"""An embedding model whose network ONNX Runtime computes: the same vectors, another identity, clear refusals."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from assistant.assemble import make_answerer
from assistant.commands import doctor_models
from assistant.corpus.library import Library
from assistant.errors import SettingsError
from assistant.index.build import build_index
from assistant.index.load import load_index
from assistant.index.manifest import read_manifest
from assistant.index.model_files import copy_fingerprint
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.settings import EmbeddingOptions, Settings, read_settings
from tests.tiny_models import bi_encoder, export_onnx

FILE = "onnx/model.onnx"
TEXTS = ["充电宝出口日本PSE是菱形还是圆形?", "battery", "", "欧盟电池需要什么认证 " * 9]
TODAY = "2026-11-22"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(bi_encoder(tmp_path_factory.mktemp("onnx") / "encoder", prompts={"query": "query: ", "passage": "passage: "}))


def renamed(network: Path, to: Path, output: str) -> None:
    """The same network with another name for what it gives."""
    proto = onnx.load(str(network))
    before = proto.graph.output[0].name
    for node in proto.graph.node:
        node.output[:] = [output if name == before else name for name in node.output]
    proto.graph.output[0].name = output
    onnx.save(proto, str(to))


def test_the_vectors_are_those_of_torch(model: Path) -> None:
    torch, other = TransformerEmbedder(str(model)), TransformerEmbedder(str(model), EmbeddingOptions(onnx=FILE, batch=2))
    for ours, theirs in ((other.encode(TEXTS), torch.encode(TEXTS)), (other.encode_queries(TEXTS[:1]), torch.encode_queries(TEXTS[:1]))):
        assert ours.dtype == np.float32 and np.allclose(ours, theirs, atol=1e-5)
    assert (other.query_prompt, other.dimensions) == (torch.query_prompt, torch.dimensions)
    assert other.revision != torch.revision, "vectors of the one are not mixed with those of the other"
    assert not sum(p.numel() for p in other._model[0].model.parameters()), "torch keeps no second copy of the weights"


def test_an_index_is_asked_as_it_was_built(model: Path, small_library: Library, tmp_path: Path) -> None:
    options = EmbeddingOptions(onnx=FILE, threads=2)
    build_index(small_library, tmp_path / "index", str(model), options=options)
    note = read_manifest(tmp_path / "index").embedder
    assert note.onnx == FILE and note.made_with(str(model), options) and not note.made_with(str(model), EmbeddingOptions())
    # A server that is set otherwise still asks it through ONNX Runtime.
    index = load_index(tmp_path / "index", EmbeddingOptions(threads=2))
    assert index.embedder.revision == note.revision
    assert make_answerer(index).answer("充电宝出口日本PSE是菱形还是圆形?", (), TODAY).citations
    (model / "onnx" / "other.onnx").write_bytes((model / FILE).read_bytes() + b"")
    assert not note.made_with(str(model), EmbeddingOptions(onnx="onnx/other.onnx"))


@pytest.mark.parametrize(("file", "why"), [
    ("onnx/none.onnx", "is no file"), ("../encoder/onnx/model.onnx", "is no file"), ("/etc/hostname", "is no file"),
    ("config.json", "cannot be used"), ("onnx/pooled.onnx", "it gives pooled")])
def test_what_is_no_network_is_refused_in_a_sentence(model: Path, tmp_path: Path, file: str, why: str) -> None:
    folder = shutil.copytree(model, tmp_path / "encoder")
    if "pooled" in file:
        renamed(folder / FILE, folder / file, "pooled")
    with pytest.raises(SettingsError, match=why) as refused:
        TransformerEmbedder(str(folder), EmbeddingOptions(onnx=file))
    assert "ASSISTANT_EMBEDDING_ONNX" in refused.value.remedy


def test_a_network_of_another_width_is_refused(model: Path, tmp_path: Path) -> None:
    wide = bi_encoder(tmp_path / "wide", size=64)
    shutil.copytree(model / "onnx", wide / "onnx")
    with pytest.raises(SettingsError, match="have 32 numbers, those of the model 64"):
        TransformerEmbedder(str(wide), EmbeddingOptions(onnx=FILE))


def test_files_that_are_links_are_read_beside_their_links(model: Path, tmp_path: Path) -> None:
    """As the hub keeps them: snapshots of links into a store of files without names."""
    snapshot, store = tmp_path / "snapshot", tmp_path / "store"
    store.mkdir()
    for i, path in enumerate(sorted(p for p in model.rglob("*") if p.is_file())):
        blob, link = store / f"blob{i}", snapshot / path.relative_to(model)
        shutil.copy(path, blob)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    linked = TransformerEmbedder(str(snapshot), EmbeddingOptions(onnx=FILE))
    assert linked.revision == TransformerEmbedder(str(model), EmbeddingOptions(onnx=FILE)).revision
    weights = max((snapshot / "onnx").glob("model.onnx*"), key=lambda p: p.stat().st_size)
    weights.resolve().write_bytes(weights.read_bytes() + b"0")
    assert copy_fingerprint(snapshot, FILE) != copy_fingerprint(model, FILE)


def test_it_runs_on_the_processor_and_needs_its_package(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match="onnxruntime is not installed"):
        TransformerEmbedder(str(model), EmbeddingOptions(onnx=FILE))


def test_settings_and_doctor(model: Path, tmp_path: Path) -> None:
    read = read_settings({"ASSISTANT_EMBEDDING": str(model), "ASSISTANT_EMBEDDING_ONNX": FILE, "OMP_NUM_THREADS": "3,1"})
    assert (read.embedding_options.onnx, read.embedding_options.threads) == (FILE, 3)
    assert read_settings({"OMP_NUM_THREADS": "many"}).embedding_options.threads == 1
    found = list(doctor_models.embedding(Settings(index=tmp_path, embedding=str(model), embedding_options=read.embedding_options)))
    assert [f.state for f in found] == ["ok"]
    missing = EmbeddingOptions(onnx="onnx/none.onnx")
    found = list(doctor_models.embedding(Settings(index=tmp_path, embedding=str(model), embedding_options=missing)))
    assert found[0].state == "fail" and "ASSISTANT_EMBEDDING_ONNX" in found[0].remedy
