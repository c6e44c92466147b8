"""The network of a sentence-transformers model run by ONNX Runtime instead of torch; tokens, pooling and prompts stay.

sentence-transformers' own way there leads through optimum, which does not work with the pinned transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

#: What exporters call the vectors of the tokens.
HIDDEN = ("last_hidden_state", "token_embeddings")
_KINDS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


def run_by_onnx(transformer: Any, file: Path, threads: int) -> None:
    """Lets ONNX Runtime compute what the first module of a sentence-transformers model computes, on the processor.

    transformer: that module; the weights that torch holds are let go. threads: for one call.
    Raises ImportError without onnxruntime, ValueError when the file is for another kind of model, and onnxruntime's errors.
    """
    import onnxruntime  # 20 MB that only who sets it needs

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    outputs = [o.name for o in session.get_outputs()]
    hidden = next((name for name in HIDDEN if name in outputs), None)
    if hidden is None:
        raise ValueError(f"it gives {', '.join(outputs)}, not {HIDDEN[0]}")
    unknown = [i.name for i in session.get_inputs() if i.name not in {"input_ids", "attention_mask", "token_type_ids"}]
    if unknown:
        raise ValueError(f"it asks for {', '.join(unknown[:3])}")
    transformer.model.forward = _forward(session, hidden)
    for weights in transformer.model.parameters():
        weights.data = weights.data.new_empty(0)  # the parameter itself stays: its device is asked for


def _forward(session: Any, hidden: str) -> Callable[..., dict[str, Any]]:
    kinds = {i.name: _KINDS.get(i.type, np.int64) for i in session.get_inputs()}

    def forward(**given: Any) -> dict[str, Any]:
        ids = given["input_ids"]
        feeds = {name: (given[name].numpy() if name in given else np.zeros(tuple(ids.shape))).astype(kind) for name, kind in kinds.items()}
        # A tensor of floats, made without importing torch.
        return {"last_hidden_state": ids.float().new_tensor(session.run([hidden], feeds)[0])}

    return forward
