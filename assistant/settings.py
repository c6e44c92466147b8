"""The one frozen Settings and the only reader of the environment."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
CORPUS_EMBEDDER = "corpus"


@dataclass(frozen=True, slots=True)
class Hotline:
    """Whom a reader can call. Any part may be empty."""

    name: str = ""
    phone: str = ""
    hours: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.phone)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """A cross-encoder that is asked whether reworded sentences follow from their quotes; without a model there is none.

    line: from which number on it is believed, 0 while nobody has measured it.
    """

    model: str = ""
    line: float = 0.0
    device: str = "cpu"

    def __bool__(self) -> bool:
        return bool(self.model)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """A language model behind an OpenAI-compatible endpoint; without base_url and model there is none.

    seconds: for a whole reply. first: seconds until it begins. concurrency: replies at the same time. longest: tokens of a
    reply. daily: tokens a day, 0 for no limit. extra: further fields of each request, as JSON.
    """

    base_url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    seconds: float = 20.0
    first: float = 8.0
    concurrency: int = 4
    longest: int = 800
    daily: int = 0
    extra: str = field(default="", repr=False)
    judge: JudgeSettings = JudgeSettings()

    def __bool__(self) -> bool:
        return bool(self.base_url)

    def fields(self) -> dict[str, Any]:
        """`extra` as the mapping it was checked to be."""
        return dict(json.loads(self.extra)) if self.extra else {}


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """How an embedding model other than the corpus embedder is used.

    query_prompt, document_prompt: put before each question and each passage, None for the model's own, "" for none.
    dimensions: how many of the first numbers of a vector are kept, 0 for all. onnx: a file inside the model's folder that is
    run by ONNX Runtime, "" for torch. batch: texts at a time. device: as torch names it. threads: of ONNX Runtime. The last
    three change how fast vectors come; the others change the vectors.
    """

    query_prompt: str | None = None
    document_prompt: str | None = None
    dimensions: int = 0
    batch: int = 32
    device: str = "cpu"
    onnx: str = ""
    threads: int = 1


@dataclass(frozen=True, slots=True)
class RerankerSettings:
    """A cross-encoder that reads question and passage together; without model there is none.

    top: how many of the first hits it orders anew. seconds: within which it must have done so. device: as torch names it.
    """

    model: str = ""
    top: int = 24
    seconds: float = 1.5
    device: str = "cpu"

    def __bool__(self) -> bool:
        return bool(self.model)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a deployment may set.

    embedding: `corpus`, or a sentence-transformers model by name or folder. today: ISO date, None for the clock.
    database: address of the desk's data. retention_days: how long answers and the personal data of closed cases are kept
    before `purge` removes them.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    corpus: Path = ROOT / "corpus"
    index: Path = ROOT / "index"
    embedding: str = CORPUS_EMBEDDER
    embedding_options: EmbeddingOptions = EmbeddingOptions()
    reranker: RerankerSettings = RerankerSettings()
    today: str | None = None
    hotline: Hotline = Hotline()
    database: str = f"sqlite:///{ROOT / 'var' / 'desk.sqlite'}"
    retention_days: int = 365
    llm: ModelSettings = ModelSettings()

    def as_of(self) -> str:
        """Today as an ISO date: the one set, else the clock's."""
        return self.today or datetime.date.today().isoformat()


def iso_date(value: str, name: str) -> str:
    """`value` if it is a calendar date, else SettingsError naming the setting or option."""
    try:
        return datetime.date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise SettingsError(f"{name} is «{value}», which is not a date.", "Write it as YYYY-MM-DD.") from None


def _port(value: str) -> int:
    if value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"PORT is «{value}», which is not a port number.", "Set it to a number from 1 to 65535.")


def _whole(value: str, name: str, least: int, most: int, example: int) -> int:
    """A whole number within limits. Raises SettingsError naming the setting."""
    if value.isascii() and value.isdigit() and len(value) <= 15 and least <= int(value) <= most:
        return int(value)
    raise SettingsError(f"{name} is «{value}», which is not a whole number from {least} to {most}.",
                        f"Set it to a number such as {example}.")


def _seconds(value: str, name: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if 0.1 <= seconds <= 600:
        return seconds
    raise SettingsError(f"{name} is «{value}», which is not a number of seconds from 0.1 to 600.", "Set it to a number such as 20.")


def _threads(value: str) -> int:
    """Of OMP_NUM_THREADS, which belongs to others too and may be a list: its first number, else 1."""
    first = value.split(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and 0 < int(first[:6]) <= 1024 else 1


def _share(value: str, name: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if 0 <= share <= 1:
        return share
    raise SettingsError(f"{name} is «{value}», which is not a number from 0 to 1.", "Set it to a number such as 0.9.")


def _is_endpoint(value: str) -> bool:
    """Whether this is an http address with a host and nothing that could be a secret."""
    try:
        address = urlsplit(value)
        port = address.port
    except ValueError:
        return False
    return (address.scheme in {"http", "https"} and bool(address.hostname) and not address.username and not address.password
            and not address.query and not address.fragment and port != 0 and value.isascii() and value.isprintable() and " " not in value)


def _llm(get: Callable[..., str | None]) -> ModelSettings:
    """The language model; its parts only make sense together."""
    default = ModelSettings()
    base_url, model, extra = (get("ASSISTANT_LLM_BASE_URL") or "", get("ASSISTANT_LLM_MODEL") or "", get("ASSISTANT_LLM_EXTRA") or "")
    if base_url and not _is_endpoint(base_url):
        raise SettingsError("ASSISTANT_LLM_BASE_URL is not the address of an endpoint.",
                            "Write it as https://host/v1, without user name and query; the key belongs into ASSISTANT_LLM_API_KEY.")
    if bool(base_url) != bool(model):
        missing = "ASSISTANT_LLM_MODEL" if base_url else "ASSISTANT_LLM_BASE_URL"
        raise SettingsError(f"{missing} is not set, so the language model cannot be asked.", f"Set {missing}, or neither of the two.")
    try:
        fields = json.loads(extra) if extra else {}
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise SettingsError("ASSISTANT_LLM_EXTRA is not a JSON object.", 'Write it as {"name": value}, or unset it.')
    key = get("ASSISTANT_LLM_API_KEY") or ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError("ASSISTANT_LLM_API_KEY holds characters that no key has.", "Copy the key again, without quotes and spaces.")
    llm = ModelSettings(
        base_url, model, key,
        _seconds(get("ASSISTANT_LLM_TIMEOUT") or str(default.seconds), "ASSISTANT_LLM_TIMEOUT"),
        _seconds(get("ASSISTANT_LLM_FIRST_TOKEN") or str(default.first), "ASSISTANT_LLM_FIRST_TOKEN"),
        _whole(get("ASSISTANT_LLM_CONCURRENCY") or str(default.concurrency), "ASSISTANT_LLM_CONCURRENCY", 1, 256, 4),
        _whole(get("ASSISTANT_LLM_MAX_TOKENS") or str(default.longest), "ASSISTANT_LLM_MAX_TOKENS", 50, 100_000, 800),
        _whole(get("ASSISTANT_LLM_DAILY_TOKENS") or str(default.daily), "ASSISTANT_LLM_DAILY_TOKENS", 0, 10**12, 1_000_000), extra,
        JudgeSettings(get("ASSISTANT_LLM_JUDGE") or "", _share(get("ASSISTANT_LLM_JUDGE_LINE") or "0", "ASSISTANT_LLM_JUDGE_LINE"),
                      get("ASSISTANT_LLM_JUDGE_DEVICE") or default.judge.device))
    if llm.first > llm.seconds:
        raise SettingsError("ASSISTANT_LLM_FIRST_TOKEN is longer than ASSISTANT_LLM_TIMEOUT.", "Raise the second, or lower the first.")
    return llm


def _prompt(value: str, name: str) -> str | None:
    """A prompt as it stands, spaces included; in double quotes it is read as a JSON string ("" is no prompt at all)."""
    if not value.strip():
        return None
    quoted = value.strip()
    if not quoted.startswith('"'):
        return value
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise SettingsError(f"{name} begins with a double quote but is not a string of JSON.",
                            'Write it without quotes, or as "query: " with both quotes and \\n for a new line.') from None


def _hotline(value: str) -> Hotline:
    """`name | phone | hours`."""
    parts = [p.strip() for p in value.split("|")]
    if len(parts) > 3:
        raise SettingsError("ASSISTANT_HOTLINE has more than three parts.", "Write it as «name | phone | hours».")
    return Hotline(*parts)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from the environment; unset or empty variables take the default. Raises SettingsError."""
    get = {k: v.strip() for k, v in environment.items() if v.strip()}.get
    default = Settings()
    today = get("ASSISTANT_TODAY")
    vectors, reranker = default.embedding_options, default.reranker
    device = get("ASSISTANT_EMBEDDING_DEVICE") or vectors.device
    return Settings(
        host=get("HOST", default.host) or default.host,
        port=_port(get("PORT", str(default.port)) or ""),
        corpus=Path(get("ASSISTANT_CORPUS") or default.corpus),
        index=Path(get("ASSISTANT_INDEX") or default.index),
        embedding=get("ASSISTANT_EMBEDDING") or default.embedding,
        embedding_options=EmbeddingOptions(
            # The space that ends "query: " belongs to it, so these two are not stripped.
            _prompt(environment.get("ASSISTANT_EMBEDDING_QUERY_PROMPT") or "", "ASSISTANT_EMBEDDING_QUERY_PROMPT"),
            _prompt(environment.get("ASSISTANT_EMBEDDING_DOCUMENT_PROMPT") or "", "ASSISTANT_EMBEDDING_DOCUMENT_PROMPT"),
            _whole(get("ASSISTANT_EMBEDDING_DIMENSIONS") or "0", "ASSISTANT_EMBEDDING_DIMENSIONS", 0, 65536, 512),
            _whole(get("ASSISTANT_EMBEDDING_BATCH") or str(vectors.batch), "ASSISTANT_EMBEDDING_BATCH", 1, 4096, vectors.batch),
            device, get("ASSISTANT_EMBEDDING_ONNX") or "",
            _threads(get("OMP_NUM_THREADS") or "")),
        reranker=RerankerSettings(
            get("ASSISTANT_RERANKER") or "",
            _whole(get("ASSISTANT_RERANKER_TOP") or str(reranker.top), "ASSISTANT_RERANKER_TOP", 2, 200, reranker.top),
            _seconds(get("ASSISTANT_RERANKER_SECONDS") or str(reranker.seconds), "ASSISTANT_RERANKER_SECONDS"),
            get("ASSISTANT_RERANKER_DEVICE") or device),
        today=iso_date(today, "ASSISTANT_TODAY") if today else None,
        hotline=_hotline(get("ASSISTANT_HOTLINE") or ""),
        database=get("DATABASE_URL") or default.database,
        retention_days=_whole(get("ASSISTANT_RETENTION_DAYS") or str(default.retention_days), "ASSISTANT_RETENTION_DAYS", 1, 36500, 365),
        llm=_llm(get),
    )
