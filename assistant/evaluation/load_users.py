"""What visitors and staff do, for locust: `locust -f load_users.py` with the environment that `bench_load` sets.

Each simulated person comes from an address of their own, as behind a proxy on the same machine.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task

_QUESTIONS: list[str] = json.loads(Path(os.environ["LOAD_QUESTIONS"]).read_text(encoding="utf-8"))
_STAFF: list[list[str]] = json.loads(Path(os.environ["LOAD_STAFF"]).read_text(encoding="utf-8"))
_number = itertools.count(1)
_staff = itertools.cycle(_STAFF)


class Person(HttpUser):
    """Somebody with an address."""

    abstract = True

    def on_start(self) -> None:
        n = next(_number)
        self.client.trust_env = False
        self.client.headers["x-forwarded-for"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        self.client.headers["origin"] = self.host or ""
        self.answers: list[str] = []

    def question(self) -> str:
        return random.choice(_QUESTIONS)


class Visitor(Person):
    """Reads, asks, sometimes judges, rarely wants a person."""

    weight = 4
    wait_time = between(6, 14)

    def on_start(self) -> None:
        super().on_start()
        self.client.get("/", name="page")

    @task(12)
    def ask(self) -> None:
        reply = self.client.post("/api/ask", json={"question": self.question(), "history": (self.answers and ["欧盟"]) or []}, name="ask")
        if reply.ok:
            self.answers = [*self.answers, reply.json()["answer_id"]][-5:]

    @task(2)
    def judge(self) -> None:
        if self.answers:
            verdict = random.choice(["up", "up", "up", "down"])
            self.client.post("/api/feedback", json={"answer_id": self.answers[-1], "verdict": verdict}, name="feedback")

    @task(1)
    def hand_over(self) -> None:
        if self.answers:
            body = {"answer_ids": self.answers, "contact": "13800000000", "channel": "phone", "consent": True}
            self.client.post("/api/handover", json=body, name="handover")
            self.answers = []


class Staff(Person):
    """Types while the caller talks, asks, writes the case down, looks at lists."""

    weight = 1
    wait_time = between(4, 10)

    def on_start(self) -> None:
        super().on_start()
        name, password = next(_staff)
        self.client.post("/api/session", json={"name": name, "password": password}, name="sign in")
        self.cases: list[dict[str, Any]] = []

    @task(6)
    def type_question(self) -> None:
        question = self.question()[:24]
        for end in range(2, len(question), 3):
            self.client.get("/api/desk/find", params={"q": question[:end]}, name="find while typing")

    @task(4)
    def answer_call(self) -> None:
        question = self.question()
        reply = self.client.post("/api/desk/ask", json={"question": question}, name="desk ask")
        if not reply.ok:
            return
        answer_id = reply.json()["answer"]["answer_id"]
        body = {"question": question[:500], "channel": "phone", "answer_id": answer_id, "contact": "13900000000"}
        made = self.client.post("/api/desk/cases", json=body, name="new case")
        if made.ok:
            self.cases = [*self.cases, made.json()][-5:]

    @task(2)
    def note(self) -> None:
        if self.cases:
            case = random.choice(self.cases)
            self.client.post(f"/api/desk/cases/{case['id']}/notes", json={"text": "客户说下周再来电。"}, name="note")
            self.client.get(f"/api/desk/cases/{case['id']}", name="open case")

    @task(2)
    def look(self) -> None:
        self.client.get("/api/desk/cases", params={"status": "open"}, name="list cases")
        self.client.get("/api/desk/gaps", params={"status": "open"}, name="list gaps")

    @task(1)
    def figures(self) -> None:
        self.client.get("/api/desk/figures", name="figures")
