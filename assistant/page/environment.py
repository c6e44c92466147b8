"""What must stand in the environment before the libraries of the server are imported: import this module first.

OMP_NUM_THREADS: faiss searches a small index thirty times slower with two threads, and only reads this at import.
GRADIO_ANALYTICS_ENABLED, HF_HUB_OFFLINE: without them gradio and its hub client look up other hosts.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BEFORE_IMPORTS = {"OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}

for _name, _value in BEFORE_IMPORTS.items():
    os.environ.setdefault(_name, _value)


@contextmanager
def without_type_stubs() -> Iterator[None]:
    """While this is open, gradio writes no `.pyi` files for its own components.

    It parses its whole source and rewrites those files at every import, which is half of its import time and fails
    in a read-only installation. It skips classes whose file cannot be found (OSError), and that is what it is told.
    """
    find_file = inspect.getfile

    def getfile(item: Any) -> str:
        if isinstance(item, type) and item.__module__.startswith("gradio."):
            raise OSError("no type stubs while serving")
        return find_file(item)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = find_file


with without_type_stubs():
    import gradio  # noqa: F401  (imported here so that every later import of gradio finds it loaded)
