"""The checks of `doctor` for the models that may be set. Nothing is downloaded, and without them no torch."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

from assistant.assemble import make_wording
from assistant.commands.finding import Finding
from assistant.errors import AssistantError
from assistant.index import transformer_embedder
from assistant.index.build import EMBEDDER_FOLDER
from assistant.index.embedder import Embedder, StaticEmbedder
from assistant.index.manifest import REBUILD, Manifest, read_manifest
from assistant.index.model_files import find_model
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.retrieval import cross_encoder
from assistant.retrieval.cross_encoder import CrossEncoderReranker
from assistant.retrieval.reranked import BATCH
from assistant.settings import CORPUS_EMBEDDER, JudgeSettings, Settings
from assistant.wording import judge as judging
from assistant.wording.judge import CrossEncoderJudge
from assistant.wording.language_model import Message, ModelFault

#: Seconds for a sentence from which on a judge holds up the answer.
SLOW = 0.5
_QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
#: As long as a usual section, so that the times say something.
_PASSAGE = "移动电源属于特定电气用品以外的电气用品,使用圆形PSE标志,由申报的事业者自行确认符合技术基准并保存记录。" * 6


def _in_force(settings: Settings) -> Manifest | None:
    try:
        return read_manifest(settings.index)
    except AssistantError:  # the check of the index says so
        return None


def embedding(settings: Settings) -> Iterator[Finding]:
    """Whether the embedding model that is set loads, and whether it is the one of the index in force."""
    manifest = _in_force(settings)
    note = manifest.embedder if manifest else None
    needed = note is None or note.name == settings.embedding
    try:
        began = time.perf_counter()
        if settings.embedding == CORPUS_EMBEDDER:
            if manifest is None or manifest.embedder.name != CORPUS_EMBEDDER:
                yield Finding("ok", "embedding: the corpus embedder, made with the index")
                return
            model: Embedder = StaticEmbedder(settings.index / manifest.folder / EMBEDDER_FOLDER)
        else:
            find_model(settings.embedding, transformer_embedder.VARIABLE, transformer_embedder.SORT, download=False)
            model = TransformerEmbedder(settings.embedding, settings.embedding_options)
        loaded = time.perf_counter()
        model.encode_queries([_QUESTION])
        asked = time.perf_counter()
    except AssistantError as error:
        # An index built with another model still answers.
        yield Finding("fail" if needed else "warn", error.problem, error.remedy)
        return
    said = (f"embedding: {model.name}, {model.dimensions} dimensions, loaded in {loaded - began:.1f} s, "
            f"a question in {(asked - loaded) * 1e3:.0f} ms")
    if note is None:
        yield Finding("ok", said)
    elif note.revision == model.revision:
        yield Finding("ok", f"{said}, matches the index")
    else:
        yield Finding("fail" if needed and note.made_with(settings.embedding, settings.embedding_options) else "warn",
                      f"{said}, but the index was built with another ({note.name}, {note.dimensions} dimensions).", REBUILD)


def still_needed(settings: Settings) -> Iterator[Finding]:
    """Whether an index in force that was built with another model than the one set still has that model."""
    manifest = _in_force(settings)
    if manifest is None or manifest.embedder.name in (CORPUS_EMBEDDER, settings.embedding):
        return
    try:
        find_model(manifest.embedder.name, transformer_embedder.VARIABLE, transformer_embedder.SORT, download=False)
    except AssistantError as error:
        yield Finding("fail", f"The index needs the embedding model that it was built with. {error.problem}", REBUILD)


def reranker(settings: Settings) -> Finding:
    """Whether the reranker that is set loads and is fast enough for the hits that it is to reread."""
    wanted = settings.reranker
    if not wanted:
        return Finding("ok", "no reranker is set")
    try:
        find_model(wanted.model, cross_encoder.VARIABLE, cross_encoder.SORT, download=False)
        began = time.perf_counter()
        model = CrossEncoderReranker(wanted.model, wanted.device)
        loaded = time.perf_counter()
        model.score(_QUESTION, [_PASSAGE])  # the first one of a process takes longer
        warm = time.perf_counter()
        model.score(_QUESTION, [_PASSAGE] * BATCH)
        each = (time.perf_counter() - warm) / BATCH
    except AssistantError as error:
        return Finding("fail", error.problem, error.remedy)
    said = f"reranker: {wanted.model}, loaded in {loaded - began:.1f} s, a pair in {each * 1e3:.0f} ms"
    if each * wanted.top <= wanted.seconds:
        return Finding("ok", said)
    fits = max(int(wanted.seconds / each), 0)
    return Finding("warn", f"{said}: {wanted.top} hits take {each * wanted.top:.1f} s, longer than the {wanted.seconds:g} s it "
                   "has, so the fused order would be kept.",
                   (f"Set ASSISTANT_RERANKER_TOP to {fits} or less" if fits > 1 else "Set ASSISTANT_RERANKER_SECONDS higher")
                   + ", or ASSISTANT_RERANKER_DEVICE to a GPU.")


def judge(settings: Settings) -> Finding:
    """Whether the judging model that is set loads, how long it takes, and whether its line is set."""
    wanted = settings.llm.judge
    if not wanted:
        return Finding("ok", "no judging model is set; reworded sentences have to keep to the words of their quotes")
    try:
        find_model(wanted.model, judging.VARIABLE, judging.SORT, download=False, command=judging.COMMAND)
        model = CrossEncoderJudge(wanted.model, wanted.device)
        model.follows(_PASSAGE, _QUESTION)  # the first one of a process takes longer
        began = time.perf_counter()
        model.follows(_PASSAGE, _QUESTION)
        each = time.perf_counter() - began
    except AssistantError as error:
        return Finding("fail", error.problem, error.remedy)
    said = f"judging model: {wanted.model}, a sentence in {each * 1e3:.0f} ms"
    if not wanted.line:
        return Finding("fail", f"{said}, but the line from which on it is believed is not set.",
                       "Run «python -m assistant evaluate --wording» and set ASSISTANT_LLM_JUDGE_LINE as it says.")
    if not settings.llm:
        return Finding("warn", f"{said}, but there is no language model whose sentences it could judge.",
                       "Set ASSISTANT_LLM_BASE_URL and ASSISTANT_LLM_MODEL, or unset ASSISTANT_LLM_JUDGE.")
    if each > SLOW:
        return Finding("warn", f"{said}: ten sentences would take {10 * each:.0f} s of the {settings.llm.seconds:g} s that a reply has.",
                       "Set ASSISTANT_LLM_JUDGE_DEVICE to a GPU, or take a smaller model.")
    return Finding("ok", said)


#: What to do about each way in which a language model fails.
MEND: dict[str, str] = {
    "down": "Start the model's server, and see that ASSISTANT_LLM_BASE_URL is its address and can be reached from here.",
    "slow": "Use a smaller model or a faster machine, or raise ASSISTANT_LLM_FIRST_TOKEN and ASSISTANT_LLM_TIMEOUT.",
    "unauthorised": "Set ASSISTANT_LLM_API_KEY to a key that this endpoint takes.",
    "rate-limit": "Ask for a higher limit at the endpoint, or lower ASSISTANT_LLM_CONCURRENCY.",
    "server-error": "See that ASSISTANT_LLM_MODEL is a model of this endpoint and that the address ends as its documents say (often /v1).",
    "malformed": "See that ASSISTANT_LLM_BASE_URL is an OpenAI-compatible endpoint that can stream.",
    "empty": "See that the model answers in the chat form; switch reasoning off with ASSISTANT_LLM_EXTRA (docs/models.md).",
}


def language_model(settings: Settings) -> Finding:
    """Whether the language model answers: one short question is put to it."""
    # Without its judge, which has a check of its own.
    wording = make_wording(dataclasses.replace(settings.llm, judge=JudgeSettings()))
    if wording is None:
        return Finding("ok", "no language model is set; answers are quotes")
    began, first, said = time.perf_counter(), 0.0, ""
    try:
        for piece in wording.model.reply((Message("user", "Reply with the one word: ready"),), 200):
            said += piece
            first = first or (time.perf_counter() - began if said else 0.0)
        if not said.strip():
            raise ModelFault("empty")
        if first > settings.llm.first:
            raise ModelFault("slow", f"first words after {first:.1f} s, {settings.llm.first:g} are allowed")
    except ModelFault as fault:
        return Finding("warn", f"The language model {wording.model.name} does not answer ({fault}); answers are quotes.",
                       MEND.get(fault.kind, "See docs/models.md."))
    return Finding("ok", f"language model {wording.model.name} answers in {time.perf_counter() - began:.1f} s")
