"""The vocabulary: what is read, what is complained of, and the real one's own soundness."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.vocabulary import read_vocabulary
from assistant.index.load import LoadedIndex


def _edit(root: Path, name: str, old: str, new: str) -> Path:
    path = root / "vocabulary" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return root / "vocabulary"


def test_the_small_vocabulary_reads_without_a_complaint(small_corpus: Path) -> None:
    vocabulary, complaints = read_vocabulary(small_corpus / "vocabulary")
    assert complaints == []
    assert [p.id for p in vocabulary.products][:2] == ["power-bank", "lithium-ion-battery"]
    assert vocabulary.products[0].synonyms.all() == ("移动电源", "portable charger")
    assert vocabulary.products[0].hs == ("8507.60",)


def test_norway_is_a_market_and_standard_names_come_with_it(small_corpus: Path) -> None:
    vocabulary, _ = read_vocabulary(small_corpus / "vocabulary")
    markets = {m.id: m for m in vocabulary.markets}
    assert markets["NO"].name.zh == "挪威" and markets["NO"].codes == ("NO",)
    assert markets["JP"].name.en == "Japan" and "XK" in markets and "EU" not in markets
    assert "英国" in markets["GB"].aliases and "United Kingdom" in markets["GB"].aliases
    assert vocabulary.expand_places(("EU", "DE", "GB"))[-1] == "GB"
    assert vocabulary.expand_places(("EU", "DE")).count("DE") == 1
    assert vocabulary.products_with("mains") == ("external-power-supply", "fuse")


@pytest.mark.parametrize(("name", "old", "new", "what"), [
    ("products.yml", "category: batteries", "category: nowhere", "category «nowhere» is unknown"),
    ("products.yml", "traits: [electrical, mains]", "traits: [wet]", "trait «wet» is unknown"),
    ("products.yml", "- 锂电池", "- 移动电源", "also belongs to power-bank"),
    ("products.yml", "id: fuse", "id: power-bank", "this id stands twice"),
    ("products.yml", "category: batteries", "kategory: batteries", "is not a field of this list"),
    ("marks.yml", "    en: circle PSE mark\n", "", "ield required"),
    ("papers.yml", "- id: eu-ce-doc", "- id: [", "."),
    ("traits.yml", "- id: electrical", "id: electrical", "."),
])
def test_a_fault_in_the_vocabulary_is_a_complaint_with_file_and_remedy(
        corpus_copy: Path, name: str, old: str, new: str, what: str) -> None:
    _, complaints = read_vocabulary(_edit(corpus_copy, name, old, new))
    found = [c for c in complaints if what in c.problem]
    assert found, [str(c) for c in complaints]
    assert Path(found[0].file).name == name and found[0].line >= 1 and found[0].remedy.endswith(".")


def test_a_missing_file_is_a_complaint(corpus_copy: Path) -> None:
    (corpus_copy / "vocabulary" / "marks.yml").unlink()
    _, complaints = read_vocabulary(corpus_copy / "vocabulary")
    assert [(Path(c.file).name, c.line) for c in complaints] == [("marks.yml", 1)]


def test_a_file_that_is_not_a_list_is_a_complaint(corpus_copy: Path) -> None:
    (corpus_copy / "vocabulary" / "marks.yml").write_text("pse: circle\n", encoding="utf-8")
    _, complaints = read_vocabulary(corpus_copy / "vocabulary")
    assert [c.problem for c in complaints] == ["is not a list."]


def test_the_real_vocabulary_is_as_large_and_as_bilingual_as_promised(real: LoadedIndex) -> None:
    vocabulary = real.library.vocabulary
    assert len(vocabulary.products) >= 120
    assert all(p.name.zh and p.name.en and (p.synonyms.zh or p.synonyms.en) for p in vocabulary.products)
    assert all(m.label.zh and m.label.en for m in vocabulary.marks)
    named = {a for r in real.library.records for a in r.authority}
    assert named <= {a.id for a in vocabulary.authorities}
