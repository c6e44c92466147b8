"""A second opinion on sentences in other words: what it may let stand, what it never may, and how its line is found."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from assistant import cli
from assistant.answering.answerer import Answerer
from assistant.answering.invariants import breaches
from assistant.assemble import Wording, make_wording
from assistant.commands import doctor, doctor_models
from assistant.errors import SettingsError
from assistant.evaluation.rewordings import LINES, Verdict, best_line, judge_all, read_rewordings, standing
from assistant.figures import figures
from assistant.settings import JudgeSettings, ModelSettings, Settings, read_settings
from assistant.wording.checking import Checker
from assistant.wording.judge import CrossEncoderJudge, Opinion
from assistant.wording.sentences import Sentence
from tests.tiny_models import cross_encoder
from tests.wording.conftest import HERE, Clock, ScriptedModel
from tests.wording.test_checking import QUOTE, cited

TODAY = "2026-11-22"
LLM = {"ASSISTANT_LLM_BASE_URL": "http://127.0.0.1:8000/v1", "ASSISTANT_LLM_MODEL": "qwen"}


class Says:
    """A judge that gives every pair the same number. asked: the pairs."""

    name = "says"

    def __init__(self, number: float) -> None:
        self.number = number
        self.asked: list[tuple[str, str]] = []

    def follows(self, statement: str, sentence: str) -> float:
        self.asked.append((statement, sentence))
        return self.number


class Fails:
    name = "fails"

    def follows(self, statement: str, sentence: str) -> float:
        raise IndexError("index out of range in self")


@pytest.fixture(scope="module")
def three_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cross_encoder(tmp_path_factory.mktemp("judge") / "nli", labels=("contradiction", "neutral", "entailment"))


# --- the model ---


def test_an_entailment_label_gives_its_share(three_labels: Path) -> None:
    from sentence_transformers import CrossEncoder

    judge = CrossEncoderJudge(str(three_labels))
    pairs = [(QUOTE, "充电宝在日本标圆形PSE。"), ("欧盟要证书", "日本要标圆形"), ("a", "b")]
    bare = np.asarray(CrossEncoder(str(three_labels), device="cpu").predict(pairs, apply_softmax=True))
    assert [judge.follows(*pair) for pair in pairs] == pytest.approx(bare[:, 2].tolist(), abs=1e-5)


def test_a_model_with_one_number_will_do_and_one_with_other_labels_will_not(tiny_reranker: Path, tmp_path: Path) -> None:
    assert 0 <= CrossEncoderJudge(str(tiny_reranker)).follows(QUOTE, "充电宝标圆形PSE。") <= 1
    with pytest.raises(SettingsError, match="gives 3 numbers") as caught:
        CrossEncoderJudge(str(cross_encoder(tmp_path / "moods", labels=("good", "bad", "neither"))))
    assert "ASSISTANT_LLM_JUDGE" in caught.value.remedy and "entailment" in caught.value.remedy
    with pytest.raises(SettingsError, match="not on this machine"):
        CrossEncoderJudge("nobody/no-such-judge")


# --- what it may and may not ---


@pytest.mark.parametrize("text", [
    "在日本,充电宝算锂离子蓄电池,贴的是圆形PSE,不贴菱形PSE。", "要进日本的充电宝按锂离子蓄电池来管,不标菱形PSE,标圆形PSE。"])
def test_other_words_stand_when_the_judge_is_sure(answerer: Answerer, text: str) -> None:
    citations, sentence = cited([QUOTE], "日本圆形PSE", "zh"), Sentence(text, (1,))
    assert Checker(answerer.view).over(citations, "zh").fault(sentence) in {"support", "order"}
    judge = Says(0.9)
    assert Checker(answerer.view, Opinion(judge, 0.9)).over(citations, "zh").fault(sentence) == ""
    assert judge.asked == [(f"日本圆形PSE: {QUOTE}", text)]
    assert Checker(answerer.view, Opinion(Says(0.89), 0.9)).over(citations, "zh").fault(sentence)
    assert Checker(answerer.view, Opinion(Fails(), 0.9)).over(citations, "zh").fault(sentence)


@pytest.mark.parametrize("text", [
    "充电宝属于锂离子蓄电池,贴圆形PSE,有效期3年。", "充电宝属于锂离子蓄电池,贴圆形PSE,菱形的不用,见evil.example/p。",
    "充电宝属于锂离子蓄电池,贴<b>圆形</b>PSE。", "进韩国的充电宝属于锂离子蓄电池,贴圆形PSE,菱形的不用。", "要进日本的充电宝必须贴圆形PSE,菱形的不用。",
    "要进日本的充电宝贴圆形PSE,菱形的也贴。", "要进日本的充电宝只贴圆形PSE,菱形的不用。", "要进日本的充电宝可以贴圆形PSE,菱形的不用。",
    "要进日本的充电宝圆形PSE不贴,菱形PSE贴。", "Power banks bear the round PSE mark.", "要进日本的充电宝属于锂离子蓄电池,贴圆形PSE(необязательно)。"])
def test_no_judge_lets_figures_names_links_denials_or_duties_change(answerer: Answerer, text: str) -> None:
    sure = Checker(answerer.view, Opinion(Says(1.0), 0.5)).over(cited([QUOTE], "日本圆形PSE", "zh"), "zh")
    assert sure.fault(Sentence(text, (1,)))


def test_no_judge_decides_what_need_not_be_quoted(answerer: Answerer) -> None:
    """Its line is measured from statements to sentences, not the other way round."""
    said = ["在日本,充电宝算锂离子蓄电池,贴的是圆形PSE,不贴菱形PSE。"]
    citations = cited([QUOTE], "日本圆形PSE", "zh")
    judge = Says(1.0)
    assert not Checker(answerer.view, Opinion(judge, 0.5)).over(citations, "zh").told(1, said) and not judge.asked


@pytest.mark.parametrize("seed", range(2))
def test_a_judge_that_believes_everything_breaks_no_promise(answerer: Answerer, seed: int) -> None:
    """Words of the question and of quotes, shuffled: whatever stands, each figure and each citation is the library's own."""
    draw, model = random.Random(seed), ScriptedModel()
    worder = Wording(model, ModelSettings("http://stub.example/v1", "m"), Clock(), Opinion(Says(1.0), 0.5)).over(answerer.view)
    reworded = 0
    for question in ("充电宝出口日本要什么认证?", "CBAM钢铁什么时候开始买证书", "Do I need FCC for a bluetooth speaker?") * 16:
        quoting = answerer.answer(question, (), TODAY)
        lines = []
        for c in draw.choices(quoting.citations, k=4):
            parts = re.split("(?<=[,;。])|(?<=, )", c.quote)
            draw.shuffle(parts)
            extra = draw.choice(["", "也请留意", "另外要交3000元", "见http://evil.example", "<b>", " by 2031", " says the Bureau"])
            lines.append(f"{''.join(parts).rstrip('。.')}{extra}{'。' if quoting.language == 'zh' else '.'} [{c.n}]")
        model.text = "\n".join(lines)
        answer = [progress.answer for progress in worder.word(quoting)][-1]
        assert breaches(answer, answerer.view.passages) == []
        assert (answer.standing, answer.facets) == (quoting.standing, quoting.facets)
        assert {(c.record, c.quote, c.url) for c in answer.citations} == {(c.record, c.quote, c.url) for c in quoting.citations}
        assert answer.citations[0].quote == quoting.citations[0].quote
        for segment in answer.segments:
            if segment.ai:
                reworded += 1
                said = figures(" ".join(c.quote for c in answer.citations if c.n in segment.citations))
                assert all(f in said or any(q.startswith((f + "-", f + ":")) for q in said) for f in figures(segment.text))
                assert not re.search("evil|<b>|3000|2031|Bureau", segment.text)
    assert reworded > 5


# --- its line ---


def test_the_line_is_the_lowest_that_lets_hardly_more_falsehoods_stand() -> None:
    def verdict(honest: bool, judged: float | None, reason: str = "support") -> Verdict:
        return Verdict("", honest, reason, judged)

    verdicts = [verdict(True, 0.96), verdict(True, 0.75), verdict(True, None), verdict(True, None, ""),
                *(verdict(False, 0.72) for _ in range(3)), verdict(False, 0.2), *(verdict(False, None) for _ in range(96))]
    assert standing(verdicts, 2.0).honest == 1 and standing(verdicts, 0.7).false == 3
    best = best_line(verdicts)
    assert best is not None and best.line == 0.8 and best.honest == 2
    assert best_line([v for v in verdicts if v.judged != 0.96]) is None, "nothing is gained above the falsehoods"


def test_every_sentence_is_judged_once_and_only_when_it_is_a_matter_of_words(answerer: Answerer) -> None:
    given, judge = read_rewordings(HERE / "rewordings-unseen.jsonl")[:4], Says(0.7)
    verdicts = judge_all(answerer.view, given, judge)
    assert len(verdicts) == sum(len(g.honest) + len(g.false) for g in given)
    assert all(v.reason in {"support", "order"} for v in verdicts if v.judged is not None)
    assert len(judge.asked) == sum(v.judged is not None for v in verdicts) > 0
    alone = judge_all(answerer.view, given, None)
    assert [v.reason for v in alone] == [v.reason for v in verdicts] and not any(v.judged for v in alone)


def test_the_command(tiny_reranker: Path, real_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                     capsys: pytest.CaptureFixture[str]) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join((HERE / "rewordings.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    monkeypatch.setenv("ASSISTANT_INDEX", str(real_root))
    assert cli.main(["evaluate", "--wording", str(few)]) == 0
    assert "the check alone" in capsys.readouterr().out
    monkeypatch.setenv("ASSISTANT_LLM_JUDGE", str(tiny_reranker))
    assert cli.main(["evaluate", "--wording", str(few), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["judge"] == str(tiny_reranker) and len(found["lines"]) == len(LINES) and found["alone"]["false"] == 0
    assert cli.main(["evaluate", "--wording", str(few)]) == 0
    assert "ASSISTANT_LLM_JUDGE" in capsys.readouterr().out
    few.write_text("{}\n", encoding="utf-8")
    assert cli.main(["evaluate", "--wording", str(few)]) != 0
    assert "rewordings.jsonl" in capsys.readouterr().err


# --- settings and doctor ---


def test_settings() -> None:
    llm = read_settings({**LLM, "ASSISTANT_LLM_JUDGE": "a/judge", "ASSISTANT_LLM_JUDGE_LINE": "0.93", "ASSISTANT_LLM_JUDGE_DEVICE": "cuda"}).llm
    assert llm.judge == JudgeSettings("a/judge", 0.93, "cuda") and not read_settings(LLM).llm.judge
    for line in ("1.2", "-0.1", "high", "nan"):
        with pytest.raises(SettingsError, match="ASSISTANT_LLM_JUDGE_LINE"):
            read_settings({**LLM, "ASSISTANT_LLM_JUDGE_LINE": line})
    with pytest.raises(SettingsError, match="without the line") as refused:
        make_wording(read_settings({**LLM, "ASSISTANT_LLM_JUDGE": "a/judge"}).llm)
    assert "evaluate --wording" in refused.value.remedy
    shown = doctor.in_force(Settings(llm=llm))["llm"]
    assert "a/judge" in shown and "{" not in shown and "{" not in doctor.in_force(Settings(llm=read_settings(LLM).llm))["llm"]


def test_doctor(tiny_reranker: Path) -> None:
    def found(judge: JudgeSettings, url: str = "http://127.0.0.1:9/v1") -> doctor_models.Finding:
        return doctor_models.judge(Settings(llm=ModelSettings(url, "m" if url else "", judge=judge)))

    assert found(JudgeSettings()).state == "ok"
    assert found(JudgeSettings(str(tiny_reranker), 0.9)).state == "ok"
    unset = found(JudgeSettings(str(tiny_reranker)))
    assert unset.state == "fail" and "evaluate --wording" in unset.remedy
    assert found(JudgeSettings(str(tiny_reranker), 0.9), "").state == "warn"
    assert found(JudgeSettings("nobody/no-such-judge", 0.9)).state == "fail"
    # The language model is asked all the same.
    broken = ModelSettings("http://127.0.0.1:9/v1", "m", seconds=2.0, first=1.0, judge=JudgeSettings("nobody/no-such-judge"))
    assert "does not answer (down" in doctor_models.language_model(Settings(llm=broken)).what
