"""Sentence-transformers models small enough to be made in a test: random weights, a tokenizer of characters.

They know nothing of any language; what they prove is that folders, prompts, pooling and dimensions are read as saved.
"""

from __future__ import annotations

from pathlib import Path

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_CHARACTERS = "充电宝出口日本美国欧盟是菱形还圆需要什么证书认标准池锂有效期年碳足迹abcdefghijklmnopqrstuvwxyz0123456789:?"


def _tokenizer(longest: int = 256):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = [*SPECIAL, *_CHARACTERS, *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz0123456789")]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest, **names)


def _config(size: int, words: int, **more: int):
    from transformers import BertConfig

    return BertConfig(vocab_size=words, hidden_size=size, num_hidden_layers=1, num_attention_heads=2,
                      intermediate_size=2 * size, max_position_embeddings=256, **more)


def bi_encoder(folder: Path, seed: int = 1, prompts: dict[str, str] | None = None, pooling: str = "mean", size: int = 32) -> Path:
    """A model that turns texts into vectors of `size` numbers, saved into `folder`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    torch.manual_seed(seed)
    tokenizer, bare = _tokenizer(), folder.parent / f"{folder.name}-bare"
    BertModel(_config(size, len(tokenizer))).save_pretrained(bare)
    tokenizer.save_pretrained(bare)
    modules = [Transformer(str(bare)), Pooling(size, pooling_mode=pooling)]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder), create_model_card=False)
    return folder


def cross_encoder(folder: Path, seed: int = 1, numbers: int = 1, labels: tuple[str, ...] = ()) -> Path:
    """A model that gives each pair of texts so many numbers, or one for each label, saved into `folder`."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    config = _config(32, len(tokenizer), num_labels=len(labels) or numbers)
    if labels:
        config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    model = BertForSequenceClassification(config)
    with torch.no_grad():  # as initialised, every pair gets nearly the same number
        model.classifier.weight.mul_(200)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def export_onnx(folder: Path) -> Path:
    """The network of the bi-encoder in `folder` as ONNX, put into that folder as hubs do."""
    import torch
    from transformers import BertModel

    class Body(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(folder).eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state

    ids = torch.randint(5, 40, (2, 9))
    sizes = {0: torch.export.Dim("texts", min=1, max=512), 1: torch.export.Dim("tokens", min=2, max=256)}
    path = folder / "onnx" / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(Body().eval(), (ids, torch.ones_like(ids), torch.zeros_like(ids)), str(path), input_names=names, output_names=["last_hidden_state"],
                      dynamic_shapes=(sizes, sizes, sizes), dynamo=True, verbose=False)
    return folder
