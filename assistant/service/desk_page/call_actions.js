/* What becomes of an answer: a case, an entry in a case, a note, a gap, the start of a curated reply. */
import { CaseFields } from "./case_fields.js";
import { formDialog } from "./dialogs.js";
import { button, el, field } from "./dom.js";
import { noteBox } from "./notes.js";
import { tell } from "./toasts.js";

export class CallActions {
  constructor(desk, call) {
    Object.assign(this, { desk, call });
    this.draft = null; // what was typed for a new case and not saved yet
  }

  /* What had the focus before a dialog may have been drawn anew since. */
  refocus() {
    if (document.activeElement === document.body && this.desk.shows(this.call)) this.call.place.focus({ preventScroll: true });
  }

  row() {
    const key = (said, press, keys) => button(said, press, { "aria-keyshortcuts": keys });
    return el("div", { class: "row actions", role: "group", label: "actions" },
      this.call.case ? key("add_to_case", () => this.addToCase(), "a") : null,
      key("new_case", () => this.newCase(), "c"), this.call.case ? key("new_note", () => this.note(), "n") : null,
      key("flag_gap", () => this.flag(), "g"), key("make_reply", () => this.makeReply(), "m"));
  }

  async newCase() {
    await this.desk.named();
    const { turn } = this.call;
    const first = this.call.turns[0];
    const facets = turn?.answer.facets ?? {};
    const prefilled = {
      channel: "phone", question: turn?.question ?? first?.question ?? this.call.finder.input.value.trim(),
      markets: facets.markets ?? [], products: facets.products ?? [],
    };
    const fields = new CaseFields(this.desk, this.draft ?? prefilled);
    const untouched = JSON.stringify(fields.values());
    const attach = turn ? el("input", { type: "checkbox", checked: true }) : null;
    formDialog("new_case", [fields.node, attach ? el("label", { class: "check" }, attach, el("span", { say: "attach_answer" })) : null],
      "save", async () => {
        const body = fields.filled();
        if (attach?.checked) body.answer_id = turn.id;
        const made = await this.desk.api.post("/api/desk/cases", body);
        this.call.case = made;
        if (attach?.checked) turn.inCase = true;
        this.call.draw();
        tell("case_made", { said: "open", press: () => this.desk.go(`#/cases/${made.id}`) });
      }, { wide: true, onclose: (done) => {
        if (done) this.draft = null;
        else if (JSON.stringify(fields.values()) !== untouched) this.draft = fields.values();
        this.refocus();
      } });
  }

  /* Writes the answer as it is sent into the case, frozen with its evidence. */
  addToCase() {
    const { turn, case: kept } = this.call;
    if (!turn) return;
    if (!kept) {
      this.newCase();
      return;
    }
    const area = el("textarea", { rows: 12, lang: turn.answer.language });
    area.value = turn.texts?.[turn.channel] ?? turn.reply;
    formDialog("add_to_case", [el("p", { class: "muted", say: ["add_to_case_how", { name: this.desk.caseName(kept) }] }), field("sent_text", area, { wide: true, required: true })],
      "add", async () => {
        await this.desk.api.post(`/api/desk/cases/${kept.id}/answers`, { answer_id: turn.id, text: area.value });
        turn.inCase = true;
        tell("added", { said: "open", press: () => this.desk.go(`#/cases/${kept.id}`) });
      }, { wide: true, onclose: () => { if (turn.texts) turn.texts[turn.channel] = area.value; this.call.draw(); this.refocus(); } });
  }

  note() {
    const kept = this.call.case;
    if (!kept) {
      tell("note_needs_case", { said: "new_case", press: () => this.newCase() });
      return;
    }
    const box = noteBox(kept.id);
    formDialog("new_note", field("note", box.area, { wide: true, required: true }), "save", async () => {
      await this.desk.api.post(`/api/desk/cases/${kept.id}/notes`, { text: box.area.value });
      box.sent();
      tell("note_kept");
    });
  }

  flag() {
    const { turn } = this.call;
    const question = el("textarea", { rows: 3 });
    question.value = turn?.question ?? this.call.finder.input.value.trim();
    const note = el("textarea", { rows: 3 });
    note.value = this.flagNote ?? "";
    formDialog("flag_gap", [field("question", question, { wide: true, required: true }), field("flag_note", note, { wide: true, hint: "flag_note_how" })],
      "flag", async () => {
        const body = { question: question.value };
        if (turn) body.answer_id = turn.id;
        if (note.value.trim()) body.note = note.value;
        const gap = await this.desk.api.post("/api/desk/gaps", body);
        note.value = "";
        tell("flagged", { said: "open", press: () => this.desk.go(`#/gaps/${gap.id}`) });
      }, { onclose: () => { this.flagNote = note.value; } });
  }

  makeReply() {
    const { turn } = this.call;
    if (turn) this.desk.startReply({ question: turn.question, answer: turn.answer, cited: turn.cited, case: this.call.case?.id ?? null });
  }
}
