/* The call: search, question, answer, what to read out and what to send; the conversation is kept until the next call. */
import { AnswerView, footnote, standing } from "./answer.js";
import { CallActions } from "./call_actions.js";
import { badge, button, byKeyboard, el, fill, relabel, say } from "./dom.js";
import { Finder } from "./find.js";
import { Outgoing } from "./outgoing.js";
import { announce, problem, refuse, tell } from "./toasts.js";

const MOST_TURNS = 12; // earlier turns that the server takes
const LONGEST_TURN = 2000;

export class CallView {
  constructor(desk) {
    this.desk = desk;
    this.turns = []; // {id, question, answer, script, reply, chips, dropped, texts, channel, inCase}
    this.at = -1;
    this.case = null;
    this.actions = new CallActions(desk, this);
    this.finder = new Finder(desk, {
      pick: (result, option) => desk.panel.result(option, result),
      enter: (question) => this.ask(question),
      changed: () => this.node.classList.remove("asked"),
    });
    this.bar = el("div", { class: "callbar" });
    this.earlier = el("ol", { class: "earlier", label: "asked_so_far", hidden: true });
    this.place = el("article", { class: "answer-place", tabIndex: -1, label: "answer" });
    this.node = el("section", { class: "call" },
      el("form", { class: "ask", role: "search", on: { submit: (event) => { event.preventDefault(); this.ask(this.finder.input.value.trim()); } } },
        this.finder.input, el("button", { type: "submit", class: "go", say: "ask", tip: "ask_tip" })),
      el("div", { class: "grid" },
        el("div", { class: "found" }, el("div", { class: "found-head" }, this.finder.status, this.finder.languages), this.finder.list),
        el("div", { class: "said" }, this.bar, this.earlier, this.place)));
    this.finder.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.turn) this.place.focus();
    });
    this.welcome();
    this.head();
    this.bindKeys();
  }

  get turn() {
    return this.turns[this.at] ?? null;
  }

  enter() {
    relabel(this.node);
    this.head();
    if (!this.turn && byKeyboard()) this.finder.input.focus();
  }

  bindKeys() {
    const { keys } = this.desk;
    const here = () => this.desk.shows(this);
    const answered = () => here() && Boolean(this.turn);
    keys.mention("keys_find", "↑ ↓", "key_move");
    keys.mention("keys_find", "Enter", "key_enter");
    keys.mention("keys_find", "Ctrl Enter", "key_ask");
    const group = "keys_call";
    keys.mention(group, "1 … 9", "key_evidence");
    for (let n = 1; n <= 9; n += 1) keys.hear(String(n), () => this.view?.openMark(n), answered);
    keys.bind(group, "s", "copy_script", () => this.out?.copyScript(), answered);
    keys.bind(group, "r", "copy_reply", () => this.out?.copyReply(), answered);
    keys.bind(group, "c", "new_case", () => this.actions.newCase(), here);
    keys.bind(group, "a", "add_to_case", () => this.actions.addToCase(), answered);
    keys.bind(group, "n", "new_note", () => this.actions.note(), here);
    keys.bind(group, "g", "flag_gap", () => this.actions.flag(), here);
    keys.bind(group, "m", "make_reply", () => this.actions.makeReply(), answered);
    keys.bind(group, "N", "new_call", () => this.newCall(), here);
  }

  focusSearch() {
    this.finder.input.focus();
    this.finder.input.select();
  }

  history(before) {
    return this.turns.slice(0, before).flatMap((turn) => [
      { role: "user", content: turn.question.slice(0, LONGEST_TURN) },
      { role: "assistant", content: (turn.answer.answer ?? "").slice(0, LONGEST_TURN) },
    ]).slice(-MOST_TURNS);
  }

  /* at: the turn that is asked again, such as without one of its chips; null: a new one. worded: in the words of the
     language model, which takes seconds: the answer by quotes stays meanwhile. */
  async ask(question, dropped = [], at = null, worded = false) {
    if (!question) return this.finder.input.focus();
    this.pending?.abort();
    const pending = new AbortController();
    this.pending = pending;
    this.place.setAttribute("aria-busy", "true");
    if (!worded) {
      this.desk.panel.close();
      this.place.replaceChildren(el("p", { class: "muted", role: "status", say: "searching" }));
    }
    this.node.classList.add("asked");
    try {
      const body = { question, history: this.history(at ?? this.turns.length), dropped: dropped.map((d) => d.id) };
      if (worded) body.worded = true;
      const said = await this.desk.api.post("/api/desk/ask", body, pending.signal);
      if (pending.signal.aborted) return undefined;
      const turn = { id: said.answer.answer_id, question, dropped, inCase: false, ...said };
      if (worded && !this.reword(at, turn)) return undefined;
      this.desk.panel.close();
      if (at === null) this.at = this.turns.push(turn) - 1;
      else if (!worded) {
        this.turns[at] = turn;
        this.at = at;
      }
      this.draw();
      this.place.focus({ preventScroll: true });
      this.node.scrollIntoView({ block: "start" });
      announce([`standing_${turn.answer.standing}`]);
    } catch (refusal) {
      if (refusal.name === "AbortError" || pending.signal.aborted) return undefined;
      if (refusal.quiet) this.draw();
      else if (worded) {
        if (this.at === at) this.draw();
        refuse(refusal);
        return undefined;
      } else {
        fill(this.place, problem(refusal), el("p", { class: "row" }, button("ask_again", () => this.ask(question, dropped, at), { class: "go" }),
          this.turn ? button("back_to_answer", () => this.draw()) : null));
      }
      this.finder.input.focus();
    } finally {
      if (this.pending === pending) this.place.removeAttribute("aria-busy");
    }
    return undefined;
  }

  /* Puts a reworded answer in the place of the quoting one; beside it when that one was edited or stands in a case by now.
     Whether it is to be shown: not when another turn is looked at meanwhile. */
  reword(at, turn) {
    const old = this.turns[at];
    if (!old) return false;
    const looking = this.at === at;
    if (old.edited || old.inCase) {
      const next = this.turns.push(turn) - 1;
      if (looking) this.at = next;
    } else this.turns[at] = turn;
    if (!looking) {
      this.list();
      tell("reworded");
    }
    return looking;
  }

  show(at) {
    this.at = at;
    this.desk.panel.close();
    this.draw();
    this.place.focus({ preventScroll: true });
  }

  draw() {
    this.head();
    const { turn } = this;
    this.list();
    if (!turn) return this.welcome();
    this.view = new AnswerView(this.desk.panel, turn.answer);
    this.out = new Outgoing(turn);
    fill(this.place,
      el("header", { class: "asked-line" }, standing(turn.answer), turn.inCase ? badge("in_case", "quietly") : null, el("h2", { lang: turn.answer.language, text: turn.question })),
      this.chips(turn), this.out.scriptNode(), this.actions.row(),
      el("section", { class: "card evidence-card" }, el("h3", { say: "answer_and_evidence" }), this.view.node, this.rewording(turn), footnote(turn.answer)),
      this.out.replyNode([button("add_to_case", () => this.actions.addToCase(), { "aria-keyshortcuts": "a" })]));
    return undefined;
  }

  list() {
    this.earlier.hidden = this.turns.length < 2;
    this.earlier.replaceChildren(...this.turns.map((t, i) => el("li", {}, el("button", {
      type: "button", class: "link", "aria-current": i === this.at ? "true" : null, text: t.question, on: { click: () => this.show(i) },
    }))));
  }

  /* Where a language model is set: the same answer in its words, for a reply that is to be sent. */
  rewording(turn) {
    const curated = (turn.answer.citations ?? []).some((c) => c.origin === "reply"); // two people's words: nobody rewords them
    if (!turn.model || turn.answer.ai || turn.answer.abstained || curated) return null;
    const press = (event) => {
      event.currentTarget.disabled = true;
      say(event.currentTarget, "rewording");
      this.ask(turn.question, turn.dropped, this.at, true);
    };
    return el("p", { class: "row" }, button("reword", press));
  }

  chips(turn) {
    const entries = [...(turn.chips ?? []).map((chip) => [chip, false]), ...turn.dropped.map((chip) => [chip, true])];
    if (!entries.length) return null;
    return el("ul", { class: "chips", label: "understood" }, entries.map(([chip, gone]) => {
      const name = () => (chip.name?.zh ? (this.desk.english() ? chip.name.en : chip.name.zh) : chip.name);
      const press = () => this.ask(turn.question, gone ? turn.dropped.filter((d) => d.id !== chip.id) : [...turn.dropped, chip], this.at);
      const label = [gone ? "put_back" : "take_away", { name: name() }];
      return el("li", { class: gone ? "gone" : "kept" }, el("button", { type: "button", label, tip: label, on: { click: press } },
        el("span", { say: name }), el("span", { "aria-hidden": "true", text: gone ? "+" : "×" })));
    }));
  }

  head() {
    const on = this.case;
    fill(this.bar,
      on ? el("p", { class: "on-case" }, el("span", { say: "call_case" }), " ",
        el("a", { href: `#/cases/${on.id}` }, this.desk.caseName(on)),
        button("leave_case", () => { this.case = null; this.head(); }, { class: "small" })) : el("p", { class: "muted", say: "call_no_case" }),
      this.turns.length || on ? button("new_call", () => this.newCall(), { "aria-keyshortcuts": "Shift+N", class: "small" }) : null);
  }

  welcome() {
    this.place.replaceChildren(el("div", { class: "empty" }, el("p", { say: "call_welcome" }),
      el("ul", {}, [["/", "key_search"], ["Enter", "key_enter"], ["Ctrl Enter", "key_ask"], ["?", "keys"]].map(([key, said]) => el("li", {},
        key.split(" ").map((k) => el("kbd", { text: k })), " ", el("span", { say: said }))))));
  }

  /* The caller hung up. What was there can be brought back for a while. */
  newCall() {
    const before = { turns: this.turns, at: this.at, case: this.case, text: this.finder.input.value, draft: this.actions.draft };
    Object.assign(this, { turns: [], at: -1, case: null, view: null, out: null });
    this.actions.draft = null;
    this.pending?.abort();
    this.desk.panel.close();
    this.finder.clear();
    this.node.classList.remove("asked");
    this.draw();
    this.finder.input.focus();
    if (!before.turns.length && !before.case) return;
    tell("new_call_done", { said: "undo", press: () => {
      Object.assign(this, { turns: before.turns, at: before.at, case: before.case });
      this.actions.draft = before.draft;
      this.finder.input.value = before.text;
      this.draw();
    } });
  }

  /* Go on with a case that is open already. */
  continueOn(kept) {
    this.case = kept;
    this.head();
  }
}
