"""Where the files of a downloaded model are, and what they are. Nothing here waits for a network that is not there.

A model is looked for as a folder, then in the cache of the hub. Only when it is in neither and HF_HUB_OFFLINE is not
set is a download tried, after one short question whether the hub can be reached: left to themselves the libraries ask
seventy seconds long.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import SettingsError

log = logging.getLogger(__name__)
#: Seconds that the hub may take to say that it has the model.
ANSWERS_WITHIN = 3.0
#: What a model is read from, beside its weights.
_PLAIN = frozenset({".json", ".jinja", ".txt", ".model"})
_WEIGHTS = (".safetensors", ".bin")
#: Copies of the weights for other engines, which nothing here reads.
_ELSEWHERE = frozenset({"onnx", "openvino", "coreml"})
_NOT_FETCHED = ["onnx/*", "openvino/*", "coreml/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf", "*.tflite"]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part in _ELSEWHERE for part in inside):
            yield path


def _weights(folder: Path) -> list[Path]:
    """The files with the numbers of the model: safetensors where there are any, as the libraries choose."""
    for suffix in _WEIGHTS:
        found = [p for p in _files(folder) if p.suffix == suffix]
        if found:
            return found
    return []


def is_whole(folder: Path) -> bool:
    """Whether the folder holds a model with all its weights; a download that was cut off leaves parts."""
    if not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()) or not _weights(folder):
        return False
    for listed in folder.glob("*.safetensors.index.json"):
        try:
            parts = set(json.loads(listed.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False
        if not all((folder / str(part)).is_file() for part in parts):
            return False
    return True


def fingerprint(folder: Path) -> str:
    """sha256 over every file that the model's results depend on; a gigabyte takes about two seconds."""
    digest = hashlib.sha256()
    for path in sorted({*_weights(folder), *(p for p in _files(folder) if p.suffix in _PLAIN)}):
        with path.open("rb") as stream:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def copy_fingerprint(folder: Path, file: str) -> str:
    """sha256 over a copy of the weights for another engine and its further files (model.onnx_data, model.onnx.data)."""
    digest, first = hashlib.sha256(), folder / file
    for path in sorted(p for p in first.parent.iterdir() if p.name.startswith(first.name) and p.is_file()):
        with path.open("rb") as stream:
            digest.update(path.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def find_model(name: str, variable: str, sort: str, download: bool = True, command: str = "index") -> Path:
    """The folder of a model, downloaded first where that is allowed.

    name: folder, or name on the hub. variable: the setting that names it. sort: what such a model is called.
    download: False to look only. command: of ours, that loads this model where it may be downloaded.
    Raises SettingsError within seconds when it cannot be had.
    """
    here = Path(name).expanduser()
    if here.is_dir():
        if is_whole(here):
            return here
        raise SettingsError(f"The folder {name} holds no {sort}.",
                            f"Set {variable} to the folder that holds config.json, the tokenizer and the weights.")
    # Half a second to import, which the default installation does not spend.
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    # Names without an owner are those of sentence-transformers itself.
    names = [name] if "/" in name else [f"sentence-transformers/{name}", name]
    try:
        for candidate in names:
            try:
                folder = Path(huggingface_hub.snapshot_download(candidate, local_files_only=True))
            except (huggingface_hub.errors.LocalEntryNotFoundError, FileNotFoundError):
                continue
            if is_whole(folder):
                return folder
    except HFValidationError:
        raise SettingsError(f"{variable} is «{name}», which is neither a folder here nor the name of a model.",
                            f"Set {variable} to an existing folder, or to a name such as BAAI/bge-m3.") from None
    if not download or huggingface_hub.is_offline_mode():
        raise SettingsError(f"The {sort} «{name}» is not on this machine, and nothing is downloaded here.", (
            f"Set {variable} to a folder that holds it, or run «HF_HUB_OFFLINE=0 python -m assistant {command}» with a network."))
    return _download(names, variable, sort)


def _download(names: list[str], variable: str, sort: str) -> Path:
    import huggingface_hub  # deferred as above
    from huggingface_hub.errors import RepositoryNotFoundError

    for name in names:
        try:
            held = huggingface_hub.HfApi().model_info(name, timeout=ANSWERS_WITHIN)
        except RepositoryNotFoundError:
            continue
        except Exception as error:  # network, certificate, proxy and rights: no common type
            raise SettingsError(
                f"The {sort} «{name}» is not on this machine, and the hub cannot be asked for it ({type(error).__name__}).",
                f"Set {variable} to a folder that holds the model, or try again with a network.") from None
        files = [s.rfilename for s in held.siblings or ()]
        doubled = ["*.bin", "*.pt"] if any(f.endswith(".safetensors") for f in files) else []
        log.warning("downloading the %s %s from the hub", sort, name)
        try:
            return Path(huggingface_hub.snapshot_download(name, ignore_patterns=[*_NOT_FETCHED, *doubled]))
        except Exception as error:  # as above, and a full disk
            raise SettingsError(f"The {sort} «{name}» could not be downloaded ({type(error).__name__}).",
                                "Try again: what was downloaded is kept, and the rest is fetched.") from None
    raise SettingsError(f"There is no {sort} «{names[-1]}»: no folder here, and none of that name on the hub.",
                        f"Mend {variable}, or set it to the folder of a model.")


def first_line(error: Exception) -> str:
    """What a library says of a failure, short enough for one sentence."""
    lines = str(error).strip().splitlines() or ["no reason given"]
    return lines[0][:160].rstrip(".: ")
