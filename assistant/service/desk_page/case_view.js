/* One case: its fields, its history, and everything that is done to it. */
import { AnswerView } from "./answer.js";
import { CaseFields, valueSaid } from "./case_fields.js";
import { copy } from "./copying.js";
import { dialog, formDialog, keepTrying, onSubmit } from "./dialogs.js";
import { badge, button, el, facts, field, hash, text, when } from "./dom.js";
import { arrows } from "./list_view.js";
import { noteBox } from "./notes.js";
import { problem, refuse, tell } from "./toasts.js";

/* The answer's Markdown as plain text: only emphasis and escapes are taken away. */
const plain = (markdown) => markdown.replace(/\*\*/g, "").replace(/\\([\\`*_{}[\]<>#|~])/g, "$1");

export class CaseView {
  constructor(desk, list) {
    Object.assign(this, { desk, list });
  }

  get path() {
    return `/api/desk/cases/${this.case.id}`;
  }

  async load(id) {
    const { case: kept, entries } = await this.desk.api.get(`/api/desk/cases/${id}`);
    Object.assign(this, { case: kept, entries });
    return this.nodes();
  }

  get mine() {
    const { owner } = this.case;
    return !owner || owner === this.desk.me.id || this.desk.may("any-case");
  }

  get shut() {
    return Boolean(this.case.merged_into) || !this.mine;
  }

  nodes() {
    const kept = this.case;
    return [
      el("header", { class: "title" }, el("h2", { text: this.desk.caseName(kept) }), badge(`case_${kept.status}`, `state ${kept.status}`)),
      el("p", { class: "muted" }, el("code", { text: kept.id }), " ", button("copy_id", () => copy(kept.id), { class: "small" }), " ",
        el("span", { say: `from_${kept.origin}` }), " · ", el("span", { say: "made_at" }), " ", when(kept.created_at),
        kept.consent_at ? [" · ", el("span", { say: "consent" }), " ", when(kept.consent_at)] : null),
      kept.merged_into ? el("p", { class: "notice" }, el("span", { say: "merged_into" }), " ",
        el("a", { href: `#/cases/${kept.merged_into}`, say: "open" })) : null,
      this.mine ? null : el("p", { class: "notice", say: ["not_yours", { name: kept.owner_name ?? "" }] }),
      this.buttons(), this.form(), this.shut ? null : this.noteForm(),
      el("section", { class: "card" }, el("h3", { say: "history" }), el("ol", { class: "entries" }, [...this.entries].reverse().map((e) => this.entry(e)))),
    ];
  }

  buttons() {
    const kept = this.case;
    const own = kept.owner === this.desk.me.id;
    if (kept.merged_into) return null;
    return el("div", { class: "row actions", role: "group", label: "actions" },
      own ? null : button("take", () => this.take(), { class: kept.owner ? "" : "go" }),
      button("call_on", () => this.callOn()),
      this.shut ? null : button("send_answer", () => this.send()),
      this.shut ? null : button("merge", () => this.merge()),
      button("make_reply", () => this.makeReply()));
  }

  /* From the question and the answer that was sent last. */
  makeReply() {
    const answer = this.entries.findLast((e) => e.answer?.answer?.segments)?.answer.answer ?? null;
    const { id, question, markets, products } = this.case;
    this.desk.startReply({ question, answer, case: id, markets, products });
  }

  form() {
    const fields = new CaseFields(this.desk, this.case, { whole: true, disabled: this.shut });
    const held = this.desk.unsaved.get(this.case.id);
    if (held && !this.shut) fields.fill(held);
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: "go", say: "save" });
    const keep = () => this.desk.unsaved.keep(this.case.id, this.shut ? null : fields.changes());
    const form = el("form", { class: "card", on: { input: keep, change: keep } }, el("h3", { say: "details" }),
      held && !this.shut ? el("p", { class: "notice", say: "unsaved_back" }) : null, fields.node, trouble,
      this.shut ? null : el("footer", {}, go));
    for (const name of ["markets", "products"]) fields.controls[name].changed = keep;
    onSubmit(form, go, trouble, async () => {
      const changes = fields.changes();
      if (!Object.keys(changes).length) return tell("nothing_changed");
      return this.save(changes);
    });
    return form;
  }

  async save(changes) {
    const saved = await keepTrying(changes, this.case.version, {
      send: (version) => this.desk.api.patch(this.path, { version, ...changes }),
      current: async () => (await this.desk.api.get(this.path)).case,
      said: (name, value) => valueSaid(this.desk, name, value),
    });
    if (saved === null) return;
    this.desk.unsaved.keep(this.case.id, null);
    if (saved) tell("saved");
    await this.list.again();
  }

  noteForm() {
    const box = noteBox(this.case.id);
    box.area.classList.add("note");
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: "go", say: "add_note", tip: "ctrl_enter" });
    const form = el("form", { class: "card" }, field("new_note", box.area, { wide: true, required: true }), trouble, el("footer", {}, go));
    onSubmit(form, go, trouble, async () => {
      await this.desk.api.post(`${this.path}/notes`, { text: box.area.value });
      box.sent();
      tell("note_kept");
      await this.list.again();
    });
    return form;
  }

  async take() {
    const run = (version) => this.desk.api.post(`${this.path}/take`, { version });
    try {
      await run(this.case.version);
      tell("taken");
    } catch (refusal) {
      refuse(refusal);
    }
    await this.list.again();
  }

  callOn() {
    this.desk.call.continueOn(this.case);
    this.desk.go("#/call");
    const { input } = this.desk.call.finder;
    if (!input.value && !this.desk.call.turn) input.value = this.case.question.slice(0, 2000);
    this.desk.call.focusSearch();
  }

  send() {
    const { turns, at } = this.desk.call;
    if (!turns.length) {
      tell("no_answer_yet", { said: "call_on", press: () => this.callOn() });
      return;
    }
    const area = el("textarea", { rows: 10 });
    const pick = el("select", { on: { change: () => fill() } }, turns.map((turn, i) => el("option", { value: String(i), text: turn.question })));
    const fill = () => {
      const turn = turns[Number(pick.value)];
      area.value = turn.texts?.[turn.channel] ?? turn.reply;
    };
    pick.value = String(Math.max(at, 0));
    fill();
    formDialog("send_answer", [el("p", { class: "muted", say: "send_answer_how" }), field("which_answer", pick, { wide: true }), field("sent_text", area, { wide: true, required: true })],
      "add", async () => {
        await this.desk.api.post(`${this.path}/answers`, { answer_id: turns[Number(pick.value)].id, text: area.value });
        tell("added");
        await this.list.again();
      }, { wide: true });
  }

  /* Choose the case that this one goes into. */
  merge() {
    dialog("merge", (close) => {
      const search = el("input", { type: "search", label: "search_cases", hint: "search_cases", autofocus: true });
      const found = el("ul", { class: "rows" });
      const trouble = el("div");
      const into = async (other) => {
        try {
          await this.desk.api.post(`${this.path}/merge`, { into: other.id, version: this.case.version });
          close();
          tell("merged_done");
          this.desk.go(`#/cases/${other.id}`);
        } catch (refusal) {
          trouble.replaceChildren(problem(refusal));
        }
      };
      const look = async () => {
        const { cases } = await this.desk.api.get("/api/desk/cases", { q: search.value.trim(), limit: 12 });
        const others = cases.filter((c) => c.id !== this.case.id && !c.merged_into);
        found.replaceChildren(...others.map((other) => el("li", {}, el("button", { type: "button", class: "rowlink", on: { click: () => into(other) } }, this.list.line(other)))));
        if (!others.length) found.append(el("li", { class: "muted", say: "cases_none" }));
      };
      let timer = 0;
      for (const place of [search, found]) place.addEventListener("keydown", (event) => arrows(event, found, search));
      search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => look().catch(refuse), 200); });
      look().catch(refuse);
      return el("div", { class: "body" }, el("p", { class: "muted", say: ["merge_how", { name: this.desk.caseName(this.case) }] }), search, trouble, found);
    }, { wide: true });
  }

  entry(e) {
    const body = [];
    const { changes = [], turns = [], from = null } = e.detail ?? {};
    if (changes.length) body.push(this.changes(changes));
    if (from && from !== this.case.id) body.push(el("p", {}, el("span", { say: "from" }), " ", el("a", { href: `#/cases/${from}`, text: from })));
    if (e.text && !turns.length) body.push(el("p", { class: "pre", text: e.text }));
    if (e.answer) {
      const place = el("div");
      body.push(el("details", { on: { toggle: () => place.children.length || place.append(this.frozen(e)) } }, el("summary", { say: "frozen_answer" }), place));
    }
    body.push(...turns.map((turn) => this.turn(turn)));
    return el("li", { class: e.kind }, el("p", { class: "muted" }, badge(`entry_${e.kind}`, "quietly"), " ",
      el("b", { text: e.actor_name || "–" }), " · ", when(e.at)), body);
  }

  /* changes: [{field, old, new}]; of personal fields only the name is kept. */
  changes(changes) {
    return facts(changes.map((c) => [c.field, el("span", { say: () => ("new" in c
      ? `${valueSaid(this.desk, c.field, c.old)} → ${valueSaid(this.desk, c.field, c.new)}` : text("changed")) })]));
  }

  /* One question and answer of a conversation that a visitor handed over. */
  turn(turn) {
    return el("div", { class: "turn" }, el("p", { class: "pre" }, el("b", { text: turn.question })),
      el("details", {}, el("summary", {}, badge(`standing_${turn.standing}`, `standing ${turn.standing}`), " ", el("span", { say: "answer" })),
        el("p", { class: "pre", text: plain(turn.answer ?? "") }), el("p", { class: "foot" }, el("span", { say: "library" }), " ", hash(turn.library), " ",
          turn.answer_id ? el("a", { href: `#/answers/${turn.answer_id}`, say: "open_in_replay" }) : null)));
  }

  frozen(e) {
    const answer = e.answer.answer ?? e.answer;
    if (!answer.segments) return el("p", { class: "pre", text: typeof answer === "string" ? answer : text("nothing") });
    return el("div", { class: "card" }, el("p", {}, el("b", { text: answer.question ?? "" })), new AnswerView(this.desk.panel, answer).node,
      el("p", { class: "foot" }, el("span", { say: "library" }), " ", hash(answer.library), " · ",
        e.answer_id ? el("a", { href: `#/answers/${e.answer_id}`, say: "open_in_replay" }) : null));
  }
}
