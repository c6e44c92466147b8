"""The server answers without torch: what `serve` imports, loads and runs must not pull it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from assistant.settings import ROOT

_PROGRAM = """
import json, os, sys
from assistant.commands import serve
from assistant.assemble import make_desk
from assistant.service.server import make_application
from assistant.settings import read_settings
desk = make_desk(read_settings(os.environ))
make_application(desk)
answer = desk.live.current().answer("充电宝出口日本PSE是菱形还是圆形?", (), "2026-11-22")
heavy = ("torch", "sentence_transformers", "transformers", "gradio", "faiss")
print(json.dumps({"citations": len(answer.citations), "loaded": [name for name in heavy if name in sys.modules],
                  "threads": os.environ["OMP_NUM_THREADS"], "offline": os.environ["HF_HUB_OFFLINE"],
                  "analytics": os.environ["GRADIO_ANALYTICS_ENABLED"]}))
"""


def test_the_server_imports_no_torch(real_root: Path) -> None:
    environment = {k: v for k, v in os.environ.items()
                   if k not in {"OMP_NUM_THREADS", "HF_HUB_OFFLINE", "GRADIO_ANALYTICS_ENABLED"}}
    done = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
                          check=False, env={**environment, "ASSISTANT_INDEX": str(real_root), "PYTHONUTF8": "1"})
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["citations"] > 0
    assert said["loaded"] == ["gradio", "faiss"]
    assert (said["threads"], said["offline"], said["analytics"]) == ("1", "1", "False")
