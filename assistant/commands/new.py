"""`new`: the template of a record, written where it belongs."""

from __future__ import annotations

import argparse
import re

from assistant.corpus.schema import FULL, REGIONS
from assistant.corpus.template import record_template
from assistant.errors import CorpusError
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", help="folder and id, such as regimes/asia/vn-cr or standards/iso-14064-1")


def run(options: argparse.Namespace, settings: Settings) -> int:
    parts = options.place.removesuffix(".md").strip("/").split("/")
    expected = 3 if parts[0] in {"regimes", "regulations"} else 2
    if parts[0] not in FULL or len(parts) != expected:
        raise CorpusError(f"«{options.place}» is not a place for a record.",
                          "Write regimes/<region>/<id>, regulations/<jurisdiction>/<id>, standards/<id>, programmes/<id> or guides/<id>.")
    if parts[0] == "regimes" and parts[1] not in REGIONS:
        raise CorpusError(f"«{parts[1]}» is not a region.", f"Use one of: {', '.join(REGIONS)}.")
    for part in parts[1:]:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", part):
            raise CorpusError(f"«{part}» is not an id.", "Use lower-case words joined by hyphens.")
    path = settings.corpus.joinpath(*parts).with_suffix(".md")
    if path.exists():
        raise CorpusError(f"{path} is already there.", "Choose another id, or edit that file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record_template(parts[0]), encoding="utf-8")
    print(path)
    return 0
