"""The corpus embedder: a real sentence-transformers StaticEmbedding model made from the corpus itself.

Deterministic: a BPE tokenizer (its trainer is deterministic), token vectors from a latent semantic analysis of
passages, then a short contrastive pass over pairs that the corpus gives for free (alias ↔ summary, typical question ↔
section, Chinese ↔ English). One thread and fixed seeds, so the same corpus gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import scipy.special
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

SEED = 20261122
SPECIAL = ["[UNK]", "[PAD]"]
#: Decay of the running mean and square of the gradient (Adam's usual ones).
_ADAM = (0.9, 0.999)
#: Rows updated at a time, so that they stay in the processor's cache (a third of the time of all at once).
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class EmbedderForm:
    """Parameters of the model; part of the manifest."""

    dimensions: int = 128
    vocabulary: int = 12_000
    epochs: int = 3
    batch: int = 256
    learning_rate: float = 0.02
    temperature: float = 0.08


def train_tokenizer(texts: Sequence[str], form: EmbedderForm) -> Tokenizer:
    """A BPE tokenizer over characters; Chinese runs are merged into the words the corpus repeats."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()])
    trainer = trainers.BpeTrainer(vocab_size=form.vocabulary, min_frequency=2, special_tokens=SPECIAL,
                                  show_progress=False, max_token_length=12)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _counts(tokenizer: Tokenizer, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
    """Occurrences, shape (texts, tokens)."""
    indptr, indices = [0], []
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        indices.extend(encoding.ids)
        indptr.append(len(indices))
    matrix = scipy.sparse.csr_matrix((np.ones(len(indices), dtype=np.float64), indices, indptr),
                                     shape=(len(texts), tokenizer.get_vocab_size()))
    matrix.sum_duplicates()
    return matrix


def _latent(counts: scipy.sparse.csr_matrix, dimensions: int) -> np.ndarray:
    """Token vectors, shape (tokens, dimensions): right singular vectors of the tf-idf matrix, scaled by idf."""
    documents, vocabulary = counts.shape
    frequency = np.bincount(counts.indices, minlength=vocabulary)
    idf = np.log((1 + documents) / (1 + frequency)) + 0.1
    weighted = counts.copy()
    weighted.data = 1 + np.log(weighted.data)
    weighted = weighted @ scipy.sparse.diags(idf)
    k = min(dimensions, min(weighted.shape) - 1)
    start = np.random.default_rng(SEED).standard_normal(min(weighted.shape))
    _, values, right = scipy.sparse.linalg.svds(weighted, k=k, v0=start)
    order = np.argsort(-values)
    right = right[order]
    right *= np.sign(right[np.arange(len(right)), np.argmax(np.abs(right), axis=1)])[:, None]
    vectors = np.zeros((vocabulary, dimensions), dtype=np.float32)
    vectors[:, :k] = (right.T * idf[:, None]).astype(np.float32)
    vectors[frequency == 0] = 0.0  # the decomposition leaves noise there, and noise scaled to length 1 is a direction
    scale = np.linalg.norm(vectors, axis=1).mean()
    return vectors / (scale or 1.0)


def _bags(tokenizer: Tokenizer, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
    """Rows that average token vectors, shape (texts, tokens); a text without a known token averages the unknown one."""
    ids = [e.ids or [0] for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    lengths = np.asarray([len(i) for i in ids])
    return scipy.sparse.csr_matrix((np.repeat(1 / lengths, lengths).astype(np.float32), np.concatenate(ids),
                                    np.concatenate([[0], np.cumsum(lengths)])),
                                   shape=(len(texts), tokenizer.get_vocab_size()))


def _contrastive_gradient(vectors: np.ndarray, bags: scipy.sparse.csr_matrix, temperature: float) -> np.ndarray:
    """Gradient, shape (tokens, dimensions), of the symmetric cross-entropy within a batch.

    bags: shape (2 n, tokens); rows i and n + i are the two texts of one pair.
    """
    means = bags @ vectors
    lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    units = means / lengths
    left, right = np.split(units, 2)
    similarity = left @ right.T / temperature
    wrong = (scipy.special.softmax(similarity, axis=1) + scipy.special.softmax(similarity, axis=0)) / 2
    np.fill_diagonal(wrong, wrong.diagonal() - 1)
    wrong /= len(wrong) * temperature
    pull = np.concatenate([wrong @ right, wrong.T @ left])
    pull -= units * (pull * units).sum(axis=1, keepdims=True)  # only the part that turns a unit vector counts
    return bags.T @ (pull / lengths)


def _contrast(tokenizer: Tokenizer, vectors: np.ndarray, pairs: Sequence[tuple[str, str]], form: EmbedderForm,
              progress: Callable[[str], None]) -> np.ndarray:
    """Vectors after a few epochs that pull both texts of a pair together and push the batch apart.

    Adam is written out here: importing torch and its optimisers takes longer than this whole function.
    """
    row = {text: i for i, text in enumerate(dict.fromkeys(side for pair in pairs for side in pair))}
    all_bags = _bags(tokenizer, list(row))
    sides = [all_bags[[row[p[side]] for p in pairs]] for side in (0, 1)]
    vectors = vectors.copy()
    mean, square, step = np.zeros_like(vectors), np.zeros_like(vectors), 0
    order = np.random.default_rng(SEED)
    for epoch in range(form.epochs):
        progress(f"contrastive pass {epoch + 1}/{form.epochs}")
        shuffled = order.permutation(len(pairs))
        for begin in range(0, len(shuffled), form.batch):
            rows = shuffled[begin : begin + form.batch]
            if len(rows) < 2:
                continue
            bags = scipy.sparse.vstack([side[rows] for side in sides], format="csr")
            gradient = _contrastive_gradient(vectors, bags, form.temperature)
            step += 1
            rate = form.learning_rate / (1 - _ADAM[0] ** step)
            for top in range(0, len(vectors), _BLOCK):
                block = slice(top, top + _BLOCK)
                g, m, s = gradient[block], mean[block], square[block]
                m += (1 - _ADAM[0]) * (g - m)
                s += (1 - _ADAM[1]) * (g * g - s)
                vectors[block] -= rate * m / (np.sqrt(s / (1 - _ADAM[1] ** step)) + 1e-8)
    return vectors


def make_corpus_embedder(texts: Sequence[str], pairs: Sequence[tuple[str, str]], folder: Path,
                         form: EmbedderForm = EmbedderForm(),
                         progress: Callable[[str], None] = lambda step: None) -> None:
    """Train on `texts` and `pairs` and save a sentence-transformers model into `folder`."""
    with threadpool_limits(limits=1):
        progress("tokenizer")
        # A section stands in one pair for each question that it answers: once is enough.
        tokenizer = train_tokenizer(list(dict.fromkeys((*texts, *(side for pair in pairs for side in pair)))), form)
        progress("latent semantic analysis")
        vectors = _latent(_counts(tokenizer, texts), form.dimensions)
        if pairs:
            vectors = _contrast(tokenizer, vectors, pairs, form, progress)
        vectors[: len(SPECIAL)] = 0.0  # what is unknown means nothing
    progress("saving the model")
    save_static_model(tokenizer, vectors, folder)


def save_static_model(tokenizer: Tokenizer, vectors: np.ndarray, folder: Path) -> None:
    """Write the folder that `SentenceTransformer(folder)` loads: one StaticEmbedding module.

    Written here rather than by sentence-transformers because importing it costs more than training the model; a test
    loads the folder with the real library and compares vectors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embedding.weight": np.ascontiguousarray(vectors, dtype=np.float32)}, str(folder / "model.safetensors"))
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]
    config = {"model_type": "SentenceTransformer", "prompts": {"query": "", "document": ""},
              "default_prompt_name": None, "similarity_fn_name": "cosine"}
    for name, content in (("modules.json", modules), ("config_sentence_transformers.json", config)):
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
