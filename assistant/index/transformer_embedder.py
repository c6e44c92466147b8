"""Any sentence-transformers model as an embedder: prompts, pooling and dimensions as the model or the settings say."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from assistant.errors import SettingsError
from assistant.index.model_files import copy_fingerprint, find_model, fingerprint, first_line
from assistant.index.onnx_body import run_by_onnx
from assistant.settings import EmbeddingOptions

VARIABLE, SORT = "ASSISTANT_EMBEDDING", "embedding model"
ONNX = "ASSISTANT_EMBEDDING_ONNX"
#: How models call the prompts of their two sides; the first that says something counts.
QUERY_NAMES, DOCUMENT_NAMES = ("query",), ("document", "passage")
#: Questions whose vectors are kept: one question is encoded several times on its way to an answer.
KEPT_QUESTIONS = 256


class TransformerEmbedder:
    """A sentence-transformers model, by folder or hub name. One instance serves many threads, one after the other.

    options: prompts, dimensions, batch and device. Raises SettingsError when it cannot be had, loaded or used so.
    """

    def __init__(self, model: str, options: EmbeddingOptions = EmbeddingOptions()) -> None:
        # Looked for before the libraries below are imported, so that a missing model is said at once.
        folder = find_model(model, VARIABLE, SORT)
        try:
            # torch and sentence-transformers take seconds and 400 MB: only who sets another model pays for them.
            from sentence_transformers import SentenceTransformer

            # Half-precision weights are read as they are on a GPU; most processors compute far slower with them.
            precision = {"dtype": "float32"} if options.device == "cpu" else {}
            self._model: Any = SentenceTransformer(str(folder), device=options.device, local_files_only=True,
                                                   model_kwargs=precision)
            whole = int(self._model.get_embedding_dimension())
            if options.onnx:
                self._run_by_onnx(folder, options, whole)
        except SettingsError:
            raise
        except Exception as error:  # hub, file, format and device errors have no common type
            raise SettingsError(
                f"The {SORT} «{model}» cannot be loaded on {options.device} ({type(error).__name__}: {first_line(error)}).",
                f"Set {VARIABLE} to a sentence-transformers model that needs no code of its own, or unset it.") from None
        if options.dimensions > whole:
            raise SettingsError(f"The {SORT} «{model}» has {whole} dimensions, and {options.dimensions} are asked for.",
                                f"Set ASSISTANT_EMBEDDING_DIMENSIONS to at most {whole}, or unset it.")
        self.name = model
        self.dimensions = options.dimensions or whole
        self.query_prompt = self._prompt(options.query_prompt, QUERY_NAMES)
        self.document_prompt = self._prompt(options.document_prompt, DOCUMENT_NAMES)
        self.revision = hashlib.sha256(msgspec.json.encode(
            [fingerprint(folder), self.query_prompt, self.document_prompt, self.dimensions,
             *([copy_fingerprint(folder, options.onnx)] if options.onnx else [])])).hexdigest()
        self._options = options
        # Tokenizers set their padding in place and refuse a second thread that does so at the same time.
        self._lock = threading.Lock()
        self._questions: OrderedDict[str, np.ndarray] = OrderedDict()

    def _run_by_onnx(self, folder: Path, options: EmbeddingOptions, whole: int) -> None:
        remedy = f"Set {ONNX} to an .onnx file inside the model's folder (often onnx/model.onnx), or unset it; downloads from the hub leave such files out."
        # Not resolved: files of the hub's cache are links into its store, beside which their second files do not lie.
        file = folder / options.onnx
        if ".." in Path(options.onnx).parts or Path(options.onnx).is_absolute() or not file.is_file():
            raise SettingsError(f"{ONNX} is «{options.onnx}», which is no file of the {SORT}.", remedy)
        if options.device != "cpu":
            raise SettingsError(f"{ONNX} is set, and ASSISTANT_EMBEDDING_DEVICE is {options.device}.",
                                "ONNX is run on the processor: unset one of the two.")
        try:
            run_by_onnx(self._model[0], file, options.threads)
            width = self._model.encode(["a"], show_progress_bar=False).shape[1]
            if width != whole:
                raise ValueError(f"its vectors have {width} numbers, those of the model {whole}")
        except ImportError:
            raise SettingsError(f"{ONNX} is set, but onnxruntime is not installed.",
                                "Run «make setup», or install onnxruntime into the same environment.") from None
        except Exception as error:  # onnxruntime's errors have no common type
            raise SettingsError(f"The file {options.onnx} of the {SORT} cannot be used ({first_line(error)}).", remedy) from None

    def _prompt(self, asked: str | None, names: Sequence[str]) -> str:
        if asked is not None:
            return asked
        own: dict[str, str] = self._model.prompts or {}
        default = own.get(self._model.default_prompt_name or "", "")
        return next((own[name] for name in names if own.get(name)), default)

    def _rows(self, texts: Sequence[str], prompt: str, task: str) -> np.ndarray:
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        # A transformer has a vector for nothing at all; it would be alike to something.
        said = [i for i, text in enumerate(texts) if any(c.isalnum() for c in text)]
        if not said:
            return out
        try:
            # task: models with a router have different weights for their two sides.
            rows = self._model.encode([texts[i] for i in said], prompt=prompt, task=task, batch_size=self._options.batch,
                                      truncate_dim=self.dimensions, normalize_embeddings=True, show_progress_bar=False)
        except Exception as error:  # of torch or of ONNX Runtime, above all a lack of memory
            raise SettingsError(f"The {SORT} «{self.name}» failed on {self._options.device} ({first_line(error)}).",
                                "Set ASSISTANT_EMBEDDING_BATCH to a smaller number, or ASSISTANT_EMBEDDING_DEVICE to cpu.") from None
        out[said] = rows
        return out

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        with self._lock:
            return self._rows(texts, self.document_prompt, "document")

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        with self._lock:
            if len(texts) != 1:
                return self._rows(texts, self.query_prompt, "query")
            row = self._questions.pop(texts[0], None)
            if row is None:
                row = self._rows(texts, self.query_prompt, "query")
            self._questions[texts[0]] = row
            if len(self._questions) > KEPT_QUESTIONS:
                self._questions.popitem(last=False)
            return row.copy()

