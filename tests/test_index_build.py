"""The index: reproducible, incremental, crash-safe, checked on load, followed by a running program."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.assemble import make_answerer
from assistant.corpus.library import Library, load_library
from assistant.errors import CorpusError, IndexDamaged, IndexMissing
from assistant.index.build import build_index
from assistant.index.load import Live, LoadedIndex, load_index
from assistant.index.manifest import FORMAT, NAME, Manifest, read_manifest
from assistant.settings import ROOT

CIRCLE = "regimes/asia/jp-pse-circle.md"
QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
SUFFIXES = {".json", ".safetensors", ".faiss", ".term", ".idx", ".pos", ".fast", ".store", ".fieldnorm", ".lock"}
#: For each line on standard input: a process of its own builds two libraries in turn, over and over, and is killed with
#: SIGKILL that many seconds after its first build was in force. Forked, so that five kills cost the imports only once.
BUILD_AND_KILL = """
import os, signal, sys, time
from pathlib import Path
from assistant.corpus.library import load_library
from assistant.index.build import build_index
root, libraries = Path(sys.argv[1]), [load_library(Path(p)) for p in sys.argv[2:]]
for line in sys.stdin:
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        while True:
            for library in libraries:
                build_index(library, root)
                os.write(into, b".")
    started = os.read(out, 1)
    time.sleep(float(line))
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    os.close(out), os.close(into)
    print("killed" if started and os.WIFSIGNALED(status) else "ended", flush=True)
"""


def _add_statement(corpus: Path) -> None:
    path = corpus / CIRCLE
    path.write_text(path.read_text(encoding="utf-8") + (
        "\n## gaps\n- 没有查到圆形PSE的办理费用,请向日本经济产业省确认。\n"
        "  No fee for the circle PSE was found; ask METI.\n"), encoding="utf-8")


def _edit_manifest(root: Path, **changes: object) -> None:
    path = root / NAME
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def _comparable(manifest: Manifest) -> dict[str, object]:
    """The manifest without what the keyword engine names at random: its segment files, and the folder named after them."""
    files = {name: digest for name, digest in manifest.files.items() if not name.startswith("words/")}
    return {"format": manifest.format, "corpus": manifest.corpus, "records": manifest.records, "files": files,
            "passages": manifest.passages, "embedder": manifest.embedder, "tokenizer": manifest.tokenizer,
            "words": sorted(Path(n).suffix for n in manifest.files if n.startswith("words/"))}


def test_the_same_corpus_gives_the_same_index(small_library: Library, small: LoadedIndex, tmp_path: Path) -> None:
    manifest = build_index(small_library, tmp_path / "again")
    assert _comparable(manifest) == _comparable(small.manifest)
    again = load_index(tmp_path / "again")
    for text in (QUESTION, "power bank", "ISO 14067"):
        assert again.words.search(text, 20) == small.words.search(text, 20)


def test_a_fresh_build_gives_the_same_bytes_as_the_first(root_copy: Path, small_library: Library, small: LoadedIndex) -> None:
    assert _comparable(build_index(small_library, root_copy, fresh=True)) == _comparable(small.manifest)


def test_the_manifest_says_what_the_index_was_made_from(small: LoadedIndex, small_library: Library) -> None:
    manifest = small.manifest
    assert manifest.format == FORMAT and manifest.corpus == small_library.digest
    assert manifest.records == {r.id: r.digest for r in small_library.records}
    assert manifest.passages == len(small.passages) == small.words.count == small.vectors.count
    assert manifest.embedder.trained_on == small_library.digest and manifest.embedder.name == "corpus"


def test_unchanged_passages_keep_their_vectors_and_the_model(
        root_copy: Path, small: LoadedIndex, corpus_copy: Path) -> None:
    _add_statement(corpus_copy)
    manifest = build_index(load_library(corpus_copy), root_copy)
    changed = load_index(root_copy)
    assert manifest.corpus != small.manifest.corpus
    assert manifest.embedder == small.manifest.embedder
    new = set(changed.passages) - set(small.passages)
    assert new == {"jp-pse-circle#gaps.zh", "jp-pse-circle#gaps.en"}
    for passage in small.passages:
        np.testing.assert_array_equal(changed.vectors.vector(passage), small.vectors.vector(passage))
    assert changed.words.search("办理费用", 1)[0][0] == "jp-pse-circle#gaps.zh"


def test_a_changed_passage_gets_a_new_vector_and_a_removed_record_is_gone(
        root_copy: Path, small: LoadedIndex, corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    path.write_text(path.read_text(encoding="utf-8").replace("并保存记录", "并长期保存全部记录"), encoding="utf-8")
    (corpus_copy / "standards" / "iso-14067.md").unlink()
    build_index(load_library(corpus_copy), root_copy)
    changed = load_index(root_copy)
    assert not np.array_equal(changed.vectors.vector("jp-pse-circle#route.zh"), small.vectors.vector("jp-pse-circle#route.zh"))
    np.testing.assert_array_equal(changed.vectors.vector("jp-pse-circle#route.en"), small.vectors.vector("jp-pse-circle#route.en"))
    assert not any(p.startswith("iso-14067") for p in changed.passages)
    assert changed.vectors.vector("iso-14067#summary.zh") is None
    assert all(not i.startswith("iso-14067") for i, _ in changed.words.search("ISO 14067 碳足迹", 50))


def test_the_model_is_made_anew_when_much_is_new(root_copy: Path, small: LoadedIndex, corpus_copy: Path) -> None:
    for path in corpus_copy.rglob("*.md"):
        path.write_text(path.read_text(encoding="utf-8").replace("的", "之"), encoding="utf-8")
    manifest = build_index(load_library(corpus_copy), root_copy)
    assert manifest.embedder.revision != small.manifest.embedder.revision
    assert manifest.embedder.trained_on == manifest.corpus


def test_a_broken_record_leaves_the_old_index_in_force(root_copy: Path, small: LoadedIndex, corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    path.write_text(path.read_text(encoding="utf-8").replace("kind: mandatory\n", ""), encoding="utf-8")
    before = (root_copy / NAME).read_bytes()
    with pytest.raises(CorpusError):
        build_index(load_library(corpus_copy), root_copy)
    assert (root_copy / NAME).read_bytes() == before
    assert load_index(root_copy).manifest == small.manifest


def test_a_build_that_fails_leaves_the_old_index_and_no_litter(
        root_copy: Path, small: LoadedIndex, corpus_copy: Path) -> None:
    _add_statement(corpus_copy)

    def fail(step: str) -> None:
        if step == "library":
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        build_index(load_library(corpus_copy), root_copy, progress=fail)
    assert load_index(root_copy).manifest == small.manifest
    assert [p.name for p in root_copy.iterdir() if p.name.startswith(".building-")] == []


def test_an_empty_library_is_not_put_in_force(tmp_path: Path, small_library: Library) -> None:
    with pytest.raises(IndexDamaged, match="no record"):
        build_index(Library((), small_library.vocabulary, "sha256:0"), tmp_path / "index")
    assert not (tmp_path / "index" / NAME).exists()


def test_a_killed_build_leaves_an_index_that_loads(
        root_copy: Path, small_corpus: Path, corpus_copy: Path, small_library: Library) -> None:
    _add_statement(corpus_copy)
    held = {small_library.digest, load_library(corpus_copy).digest}
    chance = random.Random(20261122)
    command = [sys.executable, "-c", BUILD_AND_KILL, str(root_copy), str(small_corpus), str(corpus_copy)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdin is not None and builder.stdout is not None
        for _ in range(5):
            builder.stdin.write(f"{chance.uniform(0.0, 0.5)}\n")
            builder.stdin.flush()
            assert builder.stdout.readline() == "killed\n"
            index = load_index(root_copy)
            assert index.manifest.corpus in held
            assert index.words.search(QUESTION, 1) and index.vectors.count == len(index.passages)
        builder.stdin.close()
    build_index(small_library, root_copy)
    manifest = read_manifest(root_copy)
    assert {p.name for p in root_copy.iterdir() if p.is_dir()} == {manifest.folder}


def test_a_build_of_another_live_process_is_left_alone(root_copy: Path, small_library: Library) -> None:
    theirs, dead = root_copy / f".building-{os.getppid()}", root_copy / ".building-999999999"
    theirs.mkdir()
    dead.mkdir()
    build_index(small_library, root_copy)
    assert theirs.exists() and not dead.exists()


def test_no_index_is_a_sentence_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing) as caught:
        load_index(tmp_path)
    assert "python -m assistant index" in caught.value.remedy


def _names(root: Path) -> list[str]:
    return sorted(read_manifest(root).files)


def test_any_changed_file_is_noticed(root_copy: Path) -> None:
    names = _names(root_copy)
    assert len(names) > 8
    folder = root_copy / read_manifest(root_copy).folder
    for name in names:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if content else b"x")
        with pytest.raises(IndexDamaged) as caught:
            load_index(root_copy)
        assert name in caught.value.problem and "python -m assistant index" in caught.value.remedy
        (folder / name).write_bytes(content)
    load_index(root_copy)


def test_any_missing_file_is_noticed(root_copy: Path) -> None:
    folder = root_copy / read_manifest(root_copy).folder
    for name in _names(root_copy):
        (folder / name).rename(root_copy / "aside")
        with pytest.raises(IndexDamaged, match="lacks its file"):
            load_index(root_copy)
        (root_copy / "aside").rename(folder / name)
    shutil.rmtree(folder)
    with pytest.raises(IndexDamaged):
        load_index(root_copy)


@pytest.mark.parametrize(("changes", "what"), [
    ({"format": FORMAT - 1}, f"format {FORMAT - 1}"), ({"format": FORMAT + 1}, f"format {FORMAT + 1}"),
    ({"passages": 7}, "should hold 7 passages"), ({"folder": "index-nowhere"}, "lacks its file"),
    ({"format": "new"}, "cannot be read"), ({"files": None}, "cannot be read")])
def test_a_manifest_that_does_not_fit_is_noticed(root_copy: Path, changes: dict[str, object], what: str) -> None:
    _edit_manifest(root_copy, **changes)
    with pytest.raises(IndexDamaged, match=what) as caught:
        load_index(root_copy)
    assert "python -m assistant index" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_manifest_that_is_no_manifest_is_noticed(root_copy: Path, content: bytes) -> None:
    (root_copy / NAME).write_bytes(content)
    with pytest.raises(IndexDamaged):
        load_index(root_copy)


def test_a_model_other_than_the_one_noted_is_noticed(root_copy: Path) -> None:
    note = json.loads((root_copy / NAME).read_text(encoding="utf-8"))["embedder"]
    _edit_manifest(root_copy, embedder={**note, "revision": "0" * 64})
    with pytest.raises(IndexDamaged, match="not the one"):
        load_index(root_copy)


def test_a_damaged_index_is_repaired_by_building_again(root_copy: Path, small_library: Library) -> None:
    folder = root_copy / read_manifest(root_copy).folder
    (folder / "passages.json").write_bytes(b"[]")
    with pytest.raises(IndexDamaged):
        load_index(root_copy)
    build_index(small_library, root_copy)
    assert len(load_index(root_copy).passages) == 30


def test_the_index_holds_no_pickle(small_root: Path) -> None:
    files = [p for p in small_root.rglob("*") if p.is_file()]
    assert files and {p.suffix for p in files} <= SUFFIXES
    protocols = {bytes([0x80, n]) for n in range(2, 6)}
    assert [p.name for p in files if p.read_bytes()[:2] in protocols] == []
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "assistant").rglob("*.py")]
    assert not any("import pickle" in s or "joblib" in s or "allow_pickle=True" in s or "torch.load" in s for s in sources)


def test_a_running_program_takes_up_a_new_index(root_copy: Path, corpus_copy: Path, small_library: Library) -> None:
    live = Live(root_copy, make_answerer, patience=60.0)
    first = live.current()
    assert live.current() is first
    _add_statement(corpus_copy)
    changed = load_library(corpus_copy)
    build_index(changed, root_copy)
    second = live.current()
    assert second is not first and live.problem is None and live.current() is second
    assert second.answer(QUESTION, (), "2026-11-22").library == changed.digest
    # The folder the first one was read from is gone; an answer already under way still ends well.
    assert first.answer(QUESTION, (), "2026-11-22").library == small_library.digest


def test_a_running_program_keeps_the_old_index_when_the_new_one_is_damaged(
        root_copy: Path, corpus_copy: Path, small_library: Library) -> None:
    live = Live(root_copy, make_answerer, patience=60.0)
    first = live.current()
    _edit_manifest(root_copy, passages=7)
    assert live.current() is first
    assert isinstance(live.problem, IndexDamaged)
    assert not live.current().answer(QUESTION, (), "2026-11-22").abstained
    (root_copy / NAME).unlink()
    assert live.current() is first and isinstance(live.problem, IndexMissing)
    build_index(small_library, root_copy)
    assert live.current() is not first and live.problem is None


class Slow:
    """Makes the first index at once, and the others only when they may go on."""

    def __init__(self) -> None:
        self.loading, self.go_on = threading.Event(), threading.Event()
        self.made: list[LoadedIndex] = []

    def __call__(self, index: LoadedIndex) -> LoadedIndex:
        if self.made:
            self.loading.set()
            assert self.go_on.wait(30)
        self.made.append(index)
        return index


def test_nobody_waits_long_for_an_index_that_takes_long_to_load(root_copy: Path, corpus_copy: Path) -> None:
    slow = Slow()
    live = Live(root_copy, slow, patience=0.1)
    first = live.current()
    _add_statement(corpus_copy)
    build_index(load_library(corpus_copy), root_copy)
    assert live.current() is first and slow.loading.wait(30) and live.current() is first
    slow.go_on.set()
    deadline = time.monotonic() + 30
    while live.current() is first and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live.current() is slow.made[1] and len(slow.made) == 2 and live.problem is None


def test_changes_that_follow_each_other_are_loaded_once(root_copy: Path) -> None:
    slow = Slow()
    live = Live(root_copy, slow, patience=0.05)
    for n in range(6):
        os.utime(root_copy / NAME, ns=(n + 1, n + 1))
        live.current()
        assert slow.loading.wait(30)
    slow.go_on.set()
    deadline = time.monotonic() + 30
    while (len(slow.made) < 3 or live.current() is not slow.made[-1]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(slow.made) == 3, "the first, the one that was under way, and the last"


def test_a_fault_nobody_foresaw_leaves_the_old_index_serving(root_copy: Path, corpus_copy: Path) -> None:
    def breaks(index: LoadedIndex) -> LoadedIndex:
        if index.manifest.corpus != first_corpus:
            raise RuntimeError("no more memory")
        return index

    first_corpus = read_manifest(root_copy).corpus
    live = Live(root_copy, breaks, patience=60.0)
    first = live.current()
    _add_statement(corpus_copy)
    build_index(load_library(corpus_copy), root_copy)
    assert live.current() is first and isinstance(live.problem, IndexDamaged) and "RuntimeError" in live.problem.problem


def test_a_program_cannot_start_on_a_damaged_index(root_copy: Path) -> None:
    (root_copy / NAME).write_bytes(b"{")
    with pytest.raises(IndexDamaged):
        Live(root_copy, make_answerer)
