"""`evaluate`: the gold questions asked and scored, tables by kind, language and market, failures explained."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from tqdm import tqdm

from assistant.assemble import make_answerer, make_judge, make_legs, make_reranking
from assistant.evaluation.measures import ranking
from assistant.evaluation.questions import read_questions
from assistant.evaluation.rewordings import LINES, best_line, judge_all, read_rewordings, standing, wording_table
from assistant.evaluation.run import Judged, evaluate, grouped, score
from assistant.index.load import load_index
from assistant.settings import ROOT, Settings, iso_date

QUESTIONS = ROOT / "tests" / "evaluation" / "questions"
REWORDINGS = ROOT / "tests" / "wording"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="folder or file of gold questions")
    parser.add_argument("--failures", type=int, default=30, help="how many failures to explain")
    parser.add_argument("--wording", nargs="?", type=Path, const=REWORDINGS, metavar="REWORDINGS",
                        help="instead: how the check of a language model's sentences tells rewordings from falsehoods, and from "
                        "which line on the judge of ASSISTANT_LLM_JUDGE is to be believed")
    parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="answer as of this day")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def _table(title: str, groups: Mapping[str, Sequence[Judged]]) -> None:
    print(f"\n{title:<22}{'n':>5}{'right':>8}{'wrong':>7}{'false abst.':>13}{'abst. recall':>14}")
    for name, rows in groups.items():
        s = score(rows)
        recall = f"{s.abstention_recall:.0%}" if s.abstention_recall is not None else "-"
        print(f"{name:<22}{s.n:>5}{s.rate:>8.0%}{s.answered_wrong:>7}{s.false_abstentions:>13}{recall:>14}")


def _wording(options: argparse.Namespace, settings: Settings) -> int:
    given, judge = read_rewordings(options.wording), make_judge(settings.llm.judge)
    view = make_answerer(load_index(settings.index, settings.embedding_options)).view
    verdicts = judge_all(view, given, judge, lambda lines: tqdm(lines, unit="group", disable=None))
    if options.json:
        lines = [standing(verdicts, line) for line in (2.0, *(LINES if judge else ()))]
        best = best_line(verdicts) if judge else None
        data = {"alone": lines[0], "judge": judge.name if judge else None, "lines": lines[1:], "line": best.line if best else None}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
    else:
        print(wording_table(verdicts, judge is not None))
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    if options.wording:
        return _wording(options, settings)
    as_of = iso_date(options.as_of, "--as-of") if options.as_of else settings.as_of()
    questions = read_questions(options.questions)
    index = load_index(settings.index, settings.embedding_options)
    reranking = make_reranking(settings.reranker)
    rows = evaluate(make_answerer(index, reranking=reranking), questions, as_of)
    asked = [q for q in questions if q.relevant and not q.history]
    retrievers = make_legs(index)
    if reranking:
        retrievers["reranked"] = reranking.over(retrievers["fused"], index)
    legs = {name: ranking(asked, {q.id: [(h.passage, h.score) for h in leg.retrieve(q.question, 20, q.lang)] for q in asked})
            for name, leg in retrievers.items()} if asked else {}
    total = score(rows)
    if options.json:
        data = {"total": {**dataclasses.asdict(total), "rate": total.rate}, "retrieval": legs,
                "failures": {r.gold.id: r.verdict.why for r in rows if r.verdict.why}}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
        return 0
    _table("kind", grouped(rows, lambda q: [q.kind]))
    _table("language", grouped(rows, lambda q: [q.lang]))
    _table("market", grouped(rows, lambda q: q.market or ["-"]))
    _table("all", {"TOTAL": rows})
    for name, measures in legs.items():
        print(f"retrieval, {name:<8}" + "  ".join(f"{m} {v:.3f}" for m, v in measures.items()))
    if reranking:
        status = reranking.status
        print(f"reranker: {status.asked} turns, {status.late} took longer than {settings.reranker.seconds:g} s, "
              f"{status.failed} failed, {status.rested} were left out after that, the longest took {status.longest:.2f} s")
    failed = [r for r in rows if r.verdict.why]
    print(f"\n{len(failed)} of {len(rows)} questions with something to look at")
    for row in failed[: options.failures]:
        print(f"- {row.gold.id} [{row.gold.lang}/{row.gold.kind}] {row.gold.question}")
        for reason in row.verdict.why:
            print(f"    {reason}")
    return 0
