"""The command line, as a process of its own on the small corpus: exit codes, one-sentence errors, no traceback."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli import COMMANDS
from assistant.settings import ROOT

TODAY = "2026-11-22"
QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
HEAVY = ("torch", "sentence_transformers", "transformers")


def _environment(corpus: Path, index: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
    return {**kept, "ASSISTANT_CORPUS": str(corpus), "ASSISTANT_INDEX": str(index), "PYTHONUTF8": "1", **more}


@dataclasses.dataclass(frozen=True)
class Run:
    """What one command did: exit code and both outputs as text."""

    code: int
    out: str
    err: str


#: Reads {"argv", "env", "cwd", "folder"} as JSON lines; each command runs in a process of its own, forked from this one
#: so that the imports are paid for once, with its outputs in files of `folder`. Answers with the exit code.
SERVE_COMMANDS = """
import importlib, json, os, sys, traceback
from assistant import cli
for name in ("ask", "check", "index", "new", "show"):
    importlib.import_module(f"assistant.commands.{name}")
for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if pid == 0:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(os.path.join(job["folder"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        try:
            code = cli.main(job["argv"])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
            code = 1
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        os._exit(code or 0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Commands:
    """Runs commands of the program, each in a process of its own; no output may hold a traceback."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self._folder = environment, folder
        self._process = subprocess.Popen([sys.executable, "-c", SERVE_COMMANDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, cwd=ROOT, env=environment)

    def __call__(self, *argv: str, environment: dict[str, str] | None = None, cwd: Path = ROOT) -> Run:
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"argv": argv, "env": environment or self.environment, "cwd": str(cwd), "folder": str(self._folder)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = ((self._folder / name).read_bytes().decode("utf-8") for name in ("out", "err"))
        assert "Traceback" not in out + err, err
        return Run(code, out, err)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def alone(environment: dict[str, str], *argv: str) -> Run:
    """`python -m assistant …` exactly as a user starts it."""
    done = subprocess.run([sys.executable, "-m", "assistant", *argv], env=environment, cwd=ROOT, capture_output=True, text=True,
                          encoding="utf-8", timeout=120, check=False)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def environment(small_corpus: Path, small_root: Path) -> dict[str, str]:
    return _environment(small_corpus, small_root)


@pytest.fixture(scope="module")
def command(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    commands = Commands(environment, tmp_path_factory.mktemp("commands"))
    yield commands
    commands.close()


def _is_sentence_and_remedy(run: Run) -> bool:
    """Exit code 2, nothing on standard output, two short lines on standard error."""
    lines = run.err.strip().split("\n")
    return run.code == 2 and run.out == "" and len(lines) == 2 and all(4 < len(line) < 300 for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_says_what_it_does_with_an_example(command: Commands, name: str) -> None:
    run = command(name, "--help")
    assert run.code == 0, run.err
    example = re.search(r"^example: (.+)$", run.out, re.M)
    assert example and f"python -m assistant {name}" in example[1]
    assert COMMANDS[name][0].split()[0].capitalize() in run.out


def test_it_starts_as_a_module(environment: dict[str, str]) -> None:
    answered = alone(environment, "ask", QUESTION, "--as-of", TODAY)
    assert answered.code == 0 and answered.err == "" and answered.out.startswith("**圆形PSE。** 充电宝(移动电源)")


def test_help_of_the_whole_lists_every_command(command: Commands) -> None:
    run = command("--help")
    assert run.code == 0 and all(name in run.out for name in COMMANDS)
    assert {"check", "new", "index", "ask", "show", "serve", "evaluate", "bench", "doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["ask", "--nonsense"]], ids=" ".join)
def test_a_wrong_command_line_is_explained(command: Commands, argv: list[str]) -> None:
    run = command(*argv)
    assert run.code == 2 and "usage:" in run.err and run.out == ""


def test_check_finds_nothing_in_a_sound_corpus(command: Commands) -> None:
    run = command("check")
    assert run.code == 0 and re.fullmatch(r"4 records, \d+ statements, 0 complaints\n", run.out)
    assert re.search(r"^jp-pse-circle\tshort\t\d+$", command("check", "--depth").out, re.M)


def test_check_lists_every_complaint_with_file_and_line(command: Commands, corpus_copy: Path, tmp_path: Path) -> None:
    for name in ("figures-differ", "points-in-chinese"):
        shutil.copy(Path(__file__).parent / "checker" / f"{name}.md", corpus_copy / "regimes" / "asia")
    here = _environment(corpus_copy, tmp_path / "index")
    whole = command("check", environment=here, cwd=corpus_copy)
    part = command("check", "regimes/asia/figures-differ.md", environment=here, cwd=corpus_copy)
    assert whole.code == part.code == 1
    places = re.compile(r"^(\S+?:\d+): ", re.M)
    assert places.findall(whole.out) == ["regimes/asia/figures-differ.md:38", "regimes/asia/points-in-chinese.md:38"]
    assert places.findall(part.out) == ["regimes/asia/figures-differ.md:38"]
    assert part.out.endswith("1 records, 2 statements, 1 complaints\n")
    index = command("index", environment=here)
    assert index.code == 2 and "python -m assistant check" in index.err
    assert not (tmp_path / "index" / "manifest.json").exists()


def test_check_of_a_path_that_is_not_there(command: Commands) -> None:
    run = command("check", "corpus/nowhere")
    assert _is_sentence_and_remedy(run) and "corpus/nowhere" in run.err


def test_new_writes_a_template_once_and_only_where_records_belong(
        command: Commands, corpus_copy: Path, tmp_path: Path) -> None:
    here = _environment(corpus_copy, tmp_path / "index")
    run = command("new", "regimes/asia/vn-cr", environment=here)
    written = corpus_copy / "regimes" / "asia" / "vn-cr.md"
    assert run.code == 0 and run.out.strip() == str(written)
    text = written.read_text(encoding="utf-8")
    assert text.startswith("---\n") and "## scope" in text and "status: in-force" in text
    for place in ("regimes/asia/vn-cr", "regimes/asia", "nonsense/x", "regimes/atlantis/x", "standards/Bad Name", "../x",
                  "guides/..", "regulations/../x"):
        again = command("new", place, environment=here)
        assert _is_sentence_and_remedy(again), (place, again)
    assert written.read_text(encoding="utf-8") == text
    assert not (corpus_copy / "x.md").exists()


def test_index_builds_what_ask_and_show_read(command: Commands, small_corpus: Path, tmp_path: Path) -> None:
    here = _environment(small_corpus, tmp_path / "index")
    for argv in (["ask", QUESTION], ["show", "jp-pse-circle"]):
        missing = command(*argv, environment=here)
        assert _is_sentence_and_remedy(missing) and "python -m assistant index" in missing.err
    run = command("index", environment=here)
    assert run.code == 0 and run.out.startswith("4 records, 30 passages")
    assert command("show", "jp-pse-circle", environment=here).code == 0


def test_ask_prints_the_answer_and_its_references(command: Commands) -> None:
    run = command("ask", QUESTION, "--as-of", TODAY)
    assert run.code == 0 and run.err == ""
    assert re.search(r"^\[1\] 日本圆形PSE.* · secondary · UL 2018年2月1日通告, 2026-11-22 https://\S+$", run.out, re.M)


def test_ask_as_json_is_the_whole_object_and_its_quotes_stand_in_show(command: Commands) -> None:
    run = command("ask", QUESTION, "--json", "--as-of", TODAY)
    answer = json.loads(run.out)
    assert run.code == 0 and answer["standing"] == "grounded" and answer["citations"][0]["as_of"] == TODAY
    for cited in answer["citations"]:
        shown = json.loads(command("show", cited["record"], "--json").out)
        texts = {s["section"]: s["text"] for s in shown["sections"]}
        assert texts[cited["section"]][cited["start"] : cited["end"]] == cited["quote"]


def test_today_is_the_option_then_the_setting(command: Commands) -> None:
    here = {**command.environment, "ASSISTANT_TODAY": "2026-01-02"}
    for argv, day in ((["ask", QUESTION, "--json"], "2026-01-02"), (["ask", QUESTION, "--json", "--as-of", TODAY], TODAY)):
        assert json.loads(command(*argv, environment=here).out)["facets"]["as_of"] == day


@pytest.mark.parametrize("argv", [
    ["ask"], ["ask", ""], ["ask", "  "], ["ask", "🙂"], ["ask", "https://example.com"], ["ask", "какой сертификат нужен"],
    ["ask", "宝" * 20_000], ["ask", QUESTION, "--as-of", "soon"], ["ask", QUESTION, "--batch", "x.jsonl"],
    ["ask", "--batch", "nowhere.jsonl"], ["show", "jp-pse-circel"], ["show", "nonsense"]], ids=lambda a: " ".join(a)[:30])
def test_bad_input_is_one_sentence_and_a_remedy(command: Commands, argv: list[str]) -> None:
    run = command(*argv)
    assert _is_sentence_and_remedy(run), run


def test_show_of_a_misspelt_record_suggests_the_right_one(command: Commands) -> None:
    assert "jp-pse-circle" in command("show", "jp-pse-circel").err


def test_a_batch_answers_every_line_and_refuses_only_what_cannot_be_asked(command: Commands, tmp_path: Path) -> None:
    lines = [{"id": "a", "question": QUESTION}, {"id": "b", "question": ""}, {"question": "今天天气怎么样"},
             {"id": "d", "question": "那电源适配器呢", "history": [QUESTION, {"role": "assistant", "content": "圆形PSE。"}]}]
    questions, answers = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    questions.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in lines) + "\n\n", encoding="utf-8")
    run = command("ask", "--batch", str(questions), "--out", str(answers), "--as-of", TODAY)
    assert run.code == 0, run.err
    out = [json.loads(x) for x in answers.read_text(encoding="utf-8").splitlines()]
    assert [x["id"] for x in out] == ["a", "b", "3", "d"]
    assert [x["abstained"] for x in out] == [False, True, True, False]
    assert out[1]["standing"] == "unavailable" and "empty" in out[1]["answer"]
    assert out[2]["standing"] == "out-of-scope"
    assert out[3]["facets"]["markets"] == ["JP"] and out[3]["citations"][0]["record"] == "jp-pse-diamond"
    printed = command("ask", "--batch", str(questions), "--as-of", TODAY)
    assert [json.loads(x)["id"] for x in printed.out.splitlines()] == ["a", "b", "3", "d"]


def test_a_refused_line_of_a_batch_is_a_whole_object(command: Commands, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text(json.dumps({"question": QUESTION}) + "\n" + json.dumps({"question": ""}), encoding="utf-8")
    answered, refused = (json.loads(x) for x in command("ask", "--batch", str(questions)).out.splitlines())
    assert set(answered) - set(refused) == set()


@pytest.mark.parametrize("content", [b"not json\n", b'{"id": "a"}\n', b'["a"]\n', b"\xff\xfe\x00", b'{"question": 1}\n'])
def test_a_broken_batch_is_one_sentence_and_a_remedy(command: Commands, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.jsonl").write_bytes(content)
    assert _is_sentence_and_remedy(command("ask", "--batch", str(tmp_path / "in.jsonl")))


def test_a_batch_that_cannot_be_written_is_one_sentence(command: Commands, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"question": QUESTION}), encoding="utf-8")
    run = command("ask", "--batch", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "no" / "out.jsonl"))
    assert _is_sentence_and_remedy(run), run


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "http"), ("PORT", "70000"), ("ASSISTANT_TODAY", "2026-02-30"), ("ASSISTANT_HOTLINE", "a|b|c|d"),
    ("ASSISTANT_CORPUS", "/nowhere")])
def test_a_wrong_setting_is_named(command: Commands, name: str, value: str) -> None:
    run = command("check", environment={**command.environment, name: value})
    assert _is_sentence_and_remedy(run) and name in run.err, run


def test_a_tampered_index_is_one_sentence_and_a_remedy(command: Commands, small_corpus: Path, root_copy: Path) -> None:
    next(root_copy.glob("index-*/passages.json")).write_bytes(b"[]")
    for argv in (["ask", QUESTION], ["show", "jp-pse-circle"]):
        run = command(*argv, environment=_environment(small_corpus, root_copy))
        assert _is_sentence_and_remedy(run) and "python -m assistant index" in run.err


def test_a_closed_pipe_is_no_error(environment: dict[str, str]) -> None:
    done = subprocess.run(f'"{sys.executable}" -m assistant show jp-pse-circle | head -1', shell=True, env=environment,
                          cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_doctor_says_what_is_there_and_what_is_not(command: Commands, tmp_path: Path) -> None:
    sound = command("doctor")
    assert re.search(r"^ok\b", sound.out, re.M), sound
    missing = command("doctor", environment={**command.environment, "ASSISTANT_INDEX": str(tmp_path / "index")})
    assert "python -m assistant index" in missing.out and "Traceback" not in missing.out
    assert json.loads(command("doctor", "--json").out)


def test_asking_showing_checking_and_indexing_never_load_torch(small_corpus: Path, root_copy: Path) -> None:
    script = ("import sys; from assistant.cli import main\n"
              f"codes = [main(a) for a in (['ask', {QUESTION!r}], ['show', 'jp-pse-circle'], ['check'], ['index', '--fresh'])]\n"
              f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules], codes)")
    done = subprocess.run([sys.executable, "-c", script], env=_environment(small_corpus, root_copy), cwd=ROOT,
                          capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.stdout.strip().split("\n")[-1] == "LOADED [] [0, 0, 0, 0]", done.stderr
