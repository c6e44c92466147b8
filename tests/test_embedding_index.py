"""An index built with another embedding model: rebuilt on change beside the one in force, weighed, loaded as it was built."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from assistant.assemble import make_answerer, make_legs
from assistant.commands import index as command
from assistant.commands import serve
from assistant.corpus.library import Library, load_library
from assistant.errors import BatchError, IndexDamaged, SettingsError
from assistant.evaluation.calibration import ALONE, FEWEST, WEIGHTS, calibrate, usable
from assistant.evaluation.measures import ranking
from assistant.evaluation.questions import GoldQuestion, read_questions
from assistant.index.build import KEPT_FOLDER, build_index
from assistant.index.centred import CentredEmbedder
from assistant.index.kept import KeptEmbedder
from assistant.index.load import Live, LoadedIndex, load_index
from assistant.index.manifest import NAME, FusionNote, Manifest, read_manifest
from assistant.retrieval.retriever import VECTOR_WEIGHT, FusedRetriever, Retriever
from assistant.settings import ROOT, EmbeddingOptions, Settings
from assistant.types import Hit
from tests.tiny_models import bi_encoder

QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
TODAY = "2026-11-22"


@pytest.fixture
def tiny_copy(tiny_root: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_root, tmp_path / "index")


def _vectors(index: LoadedIndex) -> dict[str, np.ndarray]:
    return {p: index.vectors.vector(p) for p in index.passages}


def test_the_manifest_says_how_the_vectors_were_made(tiny: LoadedIndex, tiny_encoder: Path, small: LoadedIndex) -> None:
    note = tiny.manifest.embedder
    assert (note.name, note.dimensions, note.trained_on) == (str(tiny_encoder), 32, "")
    assert note.made_with(str(tiny_encoder), EmbeddingOptions(batch=1, device="cuda"))
    assert not note.made_with(str(tiny_encoder), EmbeddingOptions(query_prompt=""))
    assert not note.made_with(str(tiny_encoder), EmbeddingOptions(dimensions=16))
    assert not note.made_with("corpus", EmbeddingOptions())
    assert small.manifest.embedder.made_with("corpus", EmbeddingOptions(dimensions=16))
    assert any(name.startswith(KEPT_FOLDER) for name in tiny.manifest.files)
    assert not any(name.startswith(KEPT_FOLDER) for name in small.manifest.files)


def test_answers_come_from_an_index_of_another_model(tiny: LoadedIndex) -> None:
    answer = make_answerer(tiny).answer(QUESTION, (), TODAY)
    assert answer.citations and "jp-pse-circle" in {c.record for c in answer.citations}


def test_statements_and_typical_questions_are_not_encoded_again(tiny: LoadedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(tiny.embedder, KeptEmbedder)
    encoded: list[str] = []
    monkeypatch.setattr(tiny.embedder.inner, "encode", lambda texts: encoded.extend(texts) or np.zeros((len(texts), 32)))
    make_answerer(tiny).view.warm()
    assert encoded == []


def test_another_prompt_or_fewer_dimensions_are_another_index(
        tiny_copy: Path, tiny: LoadedIndex, small_library: Library, tiny_encoder: Path) -> None:
    manifest = build_index(small_library, tiny_copy, str(tiny_encoder), options=EmbeddingOptions(document_prompt="", dimensions=8))
    short = load_index(tiny_copy)  # asked without these options: the index knows its own
    assert manifest.embedder.revision != tiny.manifest.embedder.revision
    assert short.embedder.dimensions == short.vectors.dimensions == 8
    assert make_answerer(short).answer(QUESTION, (), TODAY).citations


def test_another_model_is_another_index_and_the_same_one_keeps_its_vectors(
        tiny_copy: Path, tiny: LoadedIndex, small_library: Library, tiny_encoder: Path, corpus_copy: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    manifest = build_index(small_library, tiny_copy, str(tiny_encoder), counted=lambda done, total: told.append((done, total)))
    assert manifest.embedder == tiny.manifest.embedder
    path = corpus_copy / "regimes/asia/jp-pse-circle.md"
    path.write_text(path.read_text(encoding="utf-8").replace("并保存记录", "并长期保存全部记录"), encoding="utf-8")
    told.clear()
    build_index(load_library(corpus_copy), tiny_copy, str(tiny_encoder), counted=lambda done, total: told.append((done, total)))
    before, after = _vectors(tiny), _vectors(load_index(tiny_copy))
    assert [p for p in before if not np.array_equal(before[p], after[p])] == ["jp-pse-circle#route.zh"]
    assert told[0] == (1, 1)
    other = build_index(small_library, tiny_copy, str(bi_encoder(tmp_path / "other", seed=7)))
    assert other.embedder.revision != tiny.manifest.embedder.revision
    changed = _vectors(load_index(tiny_copy))
    assert not any(np.allclose(before[p], changed[p], atol=1e-3) for p in before)


def test_texts_with_nothing_in_common_are_not_alike(tiny: LoadedIndex, small: LoadedIndex) -> None:
    """A narrow cone of vectors is opened: otherwise every line drawn on likeness would be passed by everything."""
    texts = [p.text for p in tiny.passages.values()]
    assert isinstance(tiny.embedder, KeptEmbedder) and isinstance(tiny.embedder.inner, CentredEmbedder)
    model = tiny.embedder.inner.inner

    def between(rows: np.ndarray) -> float:
        return float(np.mean((rows @ rows.T)[np.triu_indices(len(rows), 1)]))

    assert between(model.encode(texts)) > 0.5
    assert abs(between(tiny.embedder.encode(texts))) < 0.1


def test_a_model_changed_in_its_folder_is_noticed(
        tiny_encoder: Path, small_library: Library, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    build_index(small_library, tmp_path / "index", str(folder))
    shutil.rmtree(folder)
    with pytest.raises(SettingsError, match="needs the embedding model that it was built with") as caught:
        load_index(tmp_path / "index")
    assert "python -m assistant index" in caught.value.remedy
    bi_encoder(folder, seed=9)
    with pytest.raises(IndexDamaged, match="is not the one the index was built with") as damaged:
        load_index(tmp_path / "index")
    assert "python -m assistant index" in damaged.value.remedy


def test_a_server_keeps_answering_while_another_index_is_built(
        root_copy: Path, small_library: Library, tiny_encoder: Path) -> None:
    live = Live(root_copy, make_answerer, patience=60.0)
    first = live.current()
    midway, go_on = threading.Event(), threading.Event()

    def step(name: str) -> None:
        if name == "library":
            midway.set()
            assert go_on.wait(30)

    builder = threading.Thread(target=build_index, args=(small_library, root_copy, str(tiny_encoder), False, step))
    builder.start()
    assert midway.wait(60)
    assert live.current() is first and live.current().answer(QUESTION, (), TODAY).citations
    go_on.set()
    builder.join(60)
    second = live.current()
    assert second is not first and live.problem is None and second.answer(QUESTION, (), TODAY).citations
    assert read_manifest(root_copy).embedder.name == str(tiny_encoder)
    # Back again: the settings of the server never said anything else than the corpus embedder.
    build_index(small_library, root_copy)
    assert live.current() is not second and live.problem is None


def test_a_server_set_otherwise_says_what_to_do(small_root: Path, tiny_root: Path, tiny_encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serve._say_which_embedder(Settings(index=small_root))
    serve._say_which_embedder(Settings(index=tiny_root, embedding=str(tiny_encoder)))
    assert capsys.readouterr().err == ""
    for settings in (Settings(index=tiny_root), Settings(index=tiny_root, embedding=str(tiny_encoder),
                                                         embedding_options=EmbeddingOptions(document_prompt=""))):
        serve._say_which_embedder(settings)
        said = capsys.readouterr().err
        assert str(tiny_encoder) in said and "python -m assistant index" in said


def test_a_server_loads_a_model_once(tiny_copy: Path, corpus_copy: Path, tiny_encoder: Path) -> None:
    seen: list[LoadedIndex] = []
    live = Live(tiny_copy, lambda index: seen.append(index) or index, patience=60.0)
    path = corpus_copy / "regimes/asia/jp-pse-circle.md"
    path.write_text(path.read_text(encoding="utf-8").replace("并保存记录", "并长期保存全部记录"), encoding="utf-8")
    build_index(load_library(corpus_copy), tiny_copy, str(tiny_encoder))
    live.current()
    first, second = (index.embedder for index in seen)
    assert isinstance(first, KeptEmbedder) and isinstance(second, KeptEmbedder)
    assert isinstance(first.inner, CentredEmbedder) and isinstance(second.inner, CentredEmbedder)
    assert first.inner.inner is second.inner.inner


def test_a_server_keeps_the_old_index_when_the_model_of_the_new_one_is_not_here(
        root_copy: Path, small_library: Library, tiny_encoder: Path, tmp_path: Path) -> None:
    live = Live(root_copy, make_answerer, patience=60.0)
    first = live.current()
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    build_index(small_library, root_copy, str(folder))
    shutil.rmtree(folder)
    assert live.current() is first and isinstance(live.problem, SettingsError)
    assert live.current().answer(QUESTION, (), TODAY).citations


# --- the weight of the legs ---


def _gold(index: LoadedIndex) -> list[GoldQuestion]:
    """Each typical question and alias of the small library, asked for the section that it belongs to."""
    out = [GoldQuestion(f"{r.id}-{i}", q.language, "lookup", q.text, relevant=(f"{r.id}#{q.section}",))
           for r in index.library.records for i, q in enumerate(r.asked)]
    for r in index.library.records:
        sections = sorted({p.section for p in index.passages.values() if p.record == r.id})
        out += [GoldQuestion(f"{r.id}-{section}-{lang}", lang, "lookup", index.passages[f"{r.id}#{section}.{lang}"].text[:20],
                             relevant=(f"{r.id}#{section}",))
                for section in sections for lang in ("zh", "en")]
        out += [GoldQuestion(f"{r.id}-a{i}-{section}", "zh", "lookup", f"{alias} {section}", relevant=(f"{r.id}#{section}",))
                for i, alias in enumerate(r.aliases) for section in sections]
    return out


@pytest.fixture(scope="module")
def gold(small: LoadedIndex) -> list[GoldQuestion]:
    asked = usable(_gold(small), small.passages)
    assert len(asked) >= FEWEST
    return asked


def _measured(retriever: Retriever, gold: list[GoldQuestion]) -> float:
    return ranking(gold, {q.id: [(h.passage, h.score) for h in retriever.retrieve(q.question, 20, q.lang)] for q in gold})["nDCG@10"]


@pytest.mark.parametrize("which", ["small", "tiny"])
def test_the_weight_is_the_best_and_no_worse_than_the_better_leg(
        which: str, request: pytest.FixtureRequest, gold: list[GoldQuestion]) -> None:
    legs = make_legs(request.getfixturevalue(which))
    told: list[tuple[int, int]] = []
    note = calibrate(legs["words"], legs["vectors"], gold, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(gold), len(gold)) and note.questions == len(gold)
    assert note.fused >= max(note.words, note.vectors)
    assert note.weight in {*WEIGHTS, ALONE}
    assert note.fused == pytest.approx(_measured(FusedRetriever(legs["words"], legs["vectors"], note.weight), gold), abs=1e-4)
    for weight in WEIGHTS:
        assert note.fused >= _measured(FusedRetriever(legs["words"], legs["vectors"], weight), gold) - 1e-4


def test_a_leg_that_is_better_than_every_mixture_is_left_alone(small: LoadedIndex, gold: list[GoldQuestion]) -> None:
    legs = make_legs(small)

    wanted = {(q.question, f"{section}.{q.lang}") for q in gold for section in q.relevant}

    class Misleading:
        """Finds everything but what is asked for, all of it equally well."""

        def retrieve(self, text: str, k: int, language: str, within: object = None) -> list[Hit]:
            return [Hit(p.id, 1.0, (("words", 1.0),)) for p in small.passages.values()
                    if p.language == language and (text, p.id) not in wanted]

    note = calibrate(Misleading(), legs["vectors"], gold)
    assert note.weight == ALONE and note.fused == note.vectors > note.words


def test_questions_of_another_library_weigh_nothing(small: LoadedIndex, real_questions: list[GoldQuestion]) -> None:
    assert usable(real_questions, small.passages) == []
    few = _gold(small)[: FEWEST - 1]
    assert usable(few, small.passages) == []
    assert usable([], small.passages) == []


@pytest.fixture(scope="module")
def real_questions() -> list[GoldQuestion]:
    return read_questions(ROOT / "tests" / "evaluation" / "questions")


@pytest.fixture
def questions_file(gold: list[GoldQuestion], tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(q) for q in gold))
    return path


def _index(settings: Settings, library: Library, always: bool, questions: Path) -> Manifest:
    weigh = command.weighing(settings, always, lambda done, total: None, questions)
    return build_index(library, settings.index, settings.embedding, options=settings.embedding_options, weigh=weigh)


def test_another_model_is_weighed_once_and_the_weight_is_used(
        root_copy: Path, small_library: Library, tiny_encoder: Path, questions_file: Path, tmp_path: Path) -> None:
    settings = Settings(index=root_copy, embedding=str(tiny_encoder))
    found = _index(settings, small_library, False, questions_file).fusion
    assert found is not None and read_manifest(root_copy).fusion == found
    index = load_index(root_copy)
    legs = make_legs(index)
    ours = legs["fused"].retrieve(QUESTION, 8, "zh")
    assert ours == FusedRetriever(legs["words"], legs["vectors"], found.weight).retrieve(QUESTION, 8, "zh")
    # The same embedder keeps its weight, also where the questions are gone; --calibrate weighs it again.
    path = root_copy / NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["fusion"]["weight"] = 3.25
    path.write_text(json.dumps(manifest), encoding="utf-8")
    kept = _index(settings, small_library, False, tmp_path / "nowhere").fusion
    assert kept is not None and kept.weight == 3.25
    assert build_index(small_library, root_copy, str(tiny_encoder)).fusion == kept
    assert _index(settings, small_library, True, questions_file).fusion == found


def test_without_questions_of_this_library_the_weight_is_the_usual_one(
        root_copy: Path, small_library: Library, tiny_encoder: Path, tmp_path: Path) -> None:
    settings = Settings(index=root_copy, embedding=str(tiny_encoder))
    assert _index(settings, small_library, False, tmp_path / "nowhere").fusion is None
    assert _index(settings, small_library, True, ROOT / "tests" / "evaluation" / "questions").fusion is None
    with pytest.raises(BatchError):  # before anything is encoded, where they were asked for
        command.weighing(settings, True, lambda done, total: None, tmp_path / "nowhere")
    legs = make_legs(load_index(root_copy))
    assert legs["fused"].retrieve(QUESTION, 8, "zh") == FusedRetriever(
        legs["words"], legs["vectors"], VECTOR_WEIGHT).retrieve(QUESTION, 8, "zh")


def test_the_corpus_embedder_is_weighed_only_when_asked(root_copy: Path, small_library: Library, questions_file: Path) -> None:
    settings = Settings(index=root_copy)
    assert command.weighing(settings, False, lambda done, total: None, questions_file) is None
    assert _index(settings, small_library, False, questions_file).fusion is None
    found = _index(settings, small_library, True, questions_file).fusion
    assert found is not None and found.fused >= max(found.words, found.vectors)
    assert _index(settings, small_library, False, questions_file).fusion == found


def test_a_manifest_of_before_is_read(root_copy: Path) -> None:
    path = root_copy / NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["fusion"]
    for name in ("query_prompt", "document_prompt", "shortened_to"):
        del manifest["embedder"][name]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    index = load_index(root_copy)
    assert index.manifest.fusion is None and index.manifest.embedder.made_with("corpus", EmbeddingOptions())


def test_the_command_says_how_the_legs_are_weighed(
        small_corpus: Path, tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(corpus=small_corpus, index=tmp_path / "index", embedding=str(tiny_encoder))
    said = command.build_with_progress(settings)
    assert "32 dimensions" in said and f"vectors weigh {VECTOR_WEIGHT:g}" in said
    assert "done" in capsys.readouterr().err
    found = FusionNote(2.5, 120, 0.5, 0.6, 0.7)
    manifest = dataclasses.replace(read_manifest(settings.index), fusion=found)
    assert "vectors weigh 2.5, found on 120 gold questions: nDCG@10 0.700 (words 0.500, vectors 0.600)" in command._weight(manifest)


def test_the_second_bar_shows_the_time_left(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_SOON", 0.0)
    counting = command.Counting()
    for done, total in ((256, 600), (512, 600), (600, 600), (10, 20), (20, 20)):
        time.sleep(0.11)  # bars are drawn ten times a second at most
        counting(done, total)
    counting.close()
    shown = capsys.readouterr().err
    assert "512/600" in shown and "20/20" in shown and "<" in shown
