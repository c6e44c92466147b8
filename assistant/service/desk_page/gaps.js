/* What the library lacks: the queue, most pressing first; assigning, filling, closing, asking again. */
import { AnswerView } from "./answer.js";
import { staff, valueSaid } from "./case_fields.js";
import { chooseSentence } from "./choose.js";
import { dialog, keepTrying, onSubmit } from "./dialogs.js";
import { badge, button, choice, el, facts, field, hash, text, when } from "./dom.js";
import { ListView } from "./list_view.js";
import { refuse, tell } from "./toasts.js";

const STATUSES = ["open", "assigned", "closed"];
const statuses = () => STATUSES.map((s) => [s, `gap_${s}`]);

export class GapsView extends ListView {
  constructor(desk) {
    const status = choice([["", "any_status"], ...statuses()], "", { label: "status" });
    super(desk, {
      path: "gaps", title: "gaps", search: "search_gaps", empty: "gaps_none", choose: "gaps_choose",
      tools: [button("flag_gap", () => desk.call.actions.flag()), button("reask", () => this.reask())],
      filters: [status],
      fetch: async () => ({ rows: (await desk.api.get("/api/desk/gaps", { status: status.value, q: this.query })).gaps, more: false }),
      row: (gap) => this.line(gap),
      show: async (id) => {
        await desk.named();
        const { gap, questions, asked_answer: asked } = await desk.api.get(`/api/desk/gaps/${id}`);
        return this.nodes(gap, questions, asked);
      },
    });
  }

  line(gap) {
    return [
      el("span", { class: "marks" }, badge(`gap_${gap.status}`, `state ${gap.status}`), el("span", { class: "badge quietly", say: ["times", { n: gap.times }] }),
        gap.answered_now ? badge("answered_now", "state answered") : null),
      el("b", { lang: gap.language, text: gap.question }),
      el("span", { class: "muted" }, el("span", { say: gap.assignee ? () => gap.assignee_name || this.desk.staffName(gap.assignee) : "nobody" }), " · ",
        el("span", { say: "last_time" }), " ", when(gap.last_at)),
    ];
  }

  nodes(gap, questions, asked = null) {
    const names = (kind, ids) => (ids?.length ? el("span", { say: () => ids.map((id) => text(this.desk.name(kind, id))).join("、") }) : null);
    return [
      el("header", { class: "title" }, el("h2", { lang: gap.language, text: gap.question }), badge(`gap_${gap.status}`, `state ${gap.status}`)),
      gap.answered_now ? el("p", { class: "notice good", say: "answered_now_how" }) : null,
      el("div", { class: "row actions", role: "group", label: "actions" },
        button("ask_again_here", () => this.askNow(gap)),
        button("make_reply_gap", () => this.makeReply(gap, asked))),
      facts([["how_often", String(gap.times)], ["last_time", when(gap.last_at)], ["markets", names("markets", gap.markets)],
        ["products", names("products", gap.products)], ["asked_standing", gap.asked_standing ? badge(`standing_${gap.asked_standing}`, "quietly") : null],
        ["asked_library", gap.asked_library ? hash(gap.asked_library) : null],
        ["closed_library", gap.closed_library ? hash(gap.closed_library) : null], ["closed_at", gap.closed_at ? when(gap.closed_at) : null]]),
      asked?.segments ? el("details", { class: "card" }, el("summary", { say: "asked_answer" }), new AnswerView(this.desk.panel, asked).node) : null,
      this.form(gap),
      el("section", { class: "card" }, el("h3", { say: "gap_questions" }), el("ul", { class: "entries" }, questions.map((q) => el("li", {},
        el("p", { class: "muted" }, badge(`reason_${q.reason}`, "quietly"), " ", when(q.at), " ",
          q.answer_id ? el("a", { href: `#/answers/${q.answer_id}`, say: "open_in_replay" }) : null),
        el("p", { class: "pre", text: q.question }), q.note ? el("p", { class: "pre muted", text: q.note }) : null)))),
    ];
  }

  form(gap) {
    const { desk } = this;
    const key = `gap:${gap.id}`;
    const held = desk.unsaved.get(key) ?? {};
    const controls = {
      assignee: choice(staff(desk, "nobody", gap.assignee, gap.assignee_name), held.assignee ?? gap.assignee ?? ""),
      status: choice(statuses(), held.status ?? gap.status),
      record: el("input", { type: "text", maxlength: "200", spellcheck: "false", autocomplete: "off" }),
      resolution: el("textarea", { rows: 3, maxlength: "4000" }),
    };
    controls.record.value = held.record ?? gap.record ?? "";
    controls.resolution.value = held.resolution ?? gap.resolution ?? "";
    const changes = () => Object.fromEntries(Object.entries(controls).map(([name, c]) => [name, c.value.trim()])
      .filter(([name, value]) => value !== (gap[name] ?? "")).map(([name, value]) => [name, name === "assignee" && !value ? null : value]));
    const keep = () => desk.unsaved.keep(key, changes());
    const send = async (changed) => {
      const path = `/api/desk/gaps/${gap.id}`;
      const saved = await keepTrying(changed, gap.version, {
        send: (version) => desk.api.patch(path, { version, ...changed }), current: async () => (await desk.api.get(path)).gap,
        said: (name, value) => (name === "status" ? text(`gap_${value}`) : valueSaid(desk, name, value)),
      });
      if (saved === null) return;
      desk.unsaved.keep(key, null);
      if (saved) tell("saved");
      await this.again();
    };
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: "go", say: "save" });
    const pick = button("find_record", async () => {
      const result = await chooseSentence(desk, "find_record", gap.question);
      if (result) controls.record.value = result.record;
      keep();
    });
    const form = el("form", { class: "card", on: { input: keep, change: keep } }, el("h3", { say: "gap_work" }),
      el("div", { class: "fields" }, field("assignee", controls.assignee), field("status", controls.status),
        el("div", { class: "field wide with" }, field("filled_by_record", controls.record), pick),
        field("resolution", controls.resolution, { wide: true, hint: "resolution_how" })),
      trouble, el("footer", {}, gap.assignee === desk.me.id ? null
        : button("assign_me", () => send({ assignee: desk.me.id, ...(gap.status === "open" ? { status: "assigned" } : {}) }).catch(refuse)), go));
    onSubmit(form, go, trouble, async () => {
      const changed = changes();
      if (!Object.keys(changed).length) return tell("nothing_changed");
      if (changed.assignee && !changed.status && gap.status === "open") changed.status = "assigned";
      return send(changed);
    });
    return form;
  }

  askNow(gap) {
    this.desk.go("#/call");
    this.desk.call.finder.input.value = gap.question;
    this.desk.call.ask(gap.question);
  }

  makeReply(gap, asked) {
    const answer = asked?.segments && !asked.abstained ? asked : null;
    this.desk.startReply({ question: gap.question, answer, gap: gap.id, markets: gap.markets, products: gap.products });
  }

  /* Every open gap is asked again over the library in force. */
  async reask() {
    const busy = tell("reasking");
    try {
      const { asked, answered, library } = await this.desk.api.post("/api/desk/gaps/reask");
      dialog("reask", (close) => el("div", { class: "body" }, el("p", { say: ["reasked", { asked, answered: answered.length }] }),
        el("p", { class: "muted" }, el("span", { say: "library" }), " ", hash(library)),
        el("ul", { class: "rows" }, answered.map((gap) => el("li", {}, el("a", { class: "rowlink", href: `#/gaps/${gap.id}`, on: { click: () => close() } }, this.line(gap))))),
        el("footer", {}, button("close", () => close()))));
      await this.reload();
    } catch (refusal) {
      refuse(refusal);
    } finally {
      busy.remove();
    }
  }
}
