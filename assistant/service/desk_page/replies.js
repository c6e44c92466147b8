/* Curated replies: written by one person, approved by another, then answered with; versions, expiry and rollback. */
import { formDialog } from "./dialogs.js";
import { badge, button, choice, download, el, facts, field, lang, text, when } from "./dom.js";
import { grounds } from "./grounds.js";
import { ListView } from "./list_view.js";
import { ReplyEditor } from "./reply_editor.js";
import { problem, refuse, tell } from "./toasts.js";

const STATES = ["draft", "submitted", "approved", "rejected", "withdrawn"];

export class RepliesView extends ListView {
  constructor(desk) {
    const state = choice([["", "any_state"], ...STATES.map((s) => [s, `reply_${s}`])], "", { label: "state" });
    super(desk, {
      path: "replies", title: "replies", search: "search_replies", empty: "replies_none", choose: "replies_choose",
      tools: [button("new_reply", () => desk.startReply({}))], filters: [state],
      fetch: async () => ({ rows: (await desk.api.get("/api/desk/replies", { state: state.value, q: this.query })).replies, more: false }),
      row: (reply) => this.line(reply),
      show: (id) => this.opened(id),
    });
    this.start = {};
    this.editing = null; // id of the reply whose editor is open
  }

  /* What the next new reply starts from. */
  begin(start) {
    this.start = start;
    this.desk.unsaved.keep("reply:new", null);
  }

  async opened(id) {
    await this.desk.named();
    if (id === "new") return new ReplyEditor(this.desk, this, null, this.start).load();
    const { reply, versions } = await this.desk.api.get(`/api/desk/replies/${id}`);
    if (this.editing === id || this.desk.unsaved.get(`reply:${id}`)) return new ReplyEditor(this.desk, this, reply, {}).load();
    return this.nodes(reply, versions);
  }

  async enter(args) {
    this.editing = null;
    await super.enter(args);
  }

  async edit(id) {
    this.editing = id;
    await this.open(id);
    this.detail.querySelector("input, textarea")?.focus();
  }

  async done(id) {
    this.editing = null;
    if (this.id === id) await this.again();
    else this.desk.go(`#/replies/${id}`);
  }

  marks(reply) {
    return [badge(`reply_${reply.state}`, `state ${reply.state}`), reply.in_force ? badge("in_force", "state answered") : null,
      reply.expired ? badge("expired", "late") : null, reply.stale ? badge("stale", "late") : null];
  }

  line(reply) {
    return [
      el("span", { class: "marks" }, this.marks(reply)),
      el("b", { say: () => reply.content.title[lang()] || reply.content.title.zh || reply.content.title.en }),
      el("span", { class: "line", text: [...(reply.content.questions.zh ?? []), ...(reply.content.questions.en ?? [])][0] ?? "" }),
      el("span", { class: "muted" }, el("span", { text: reply.author_name }), " · ", el("span", { say: ["used", { n: reply.used }] }), " · ", when(reply.updated_at)),
    ];
  }

  nodes(reply, versions) {
    const c = reply.content;
    const path = `/api/desk/replies/${reply.id}`;
    return [
      el("header", { class: "title" }, el("h2", { say: () => c.title[lang()] || c.title.zh || c.title.en }), el("span", { class: "marks" }, this.marks(reply))),
      reply.stale ? el("p", { class: "notice", say: "stale_how" }) : null, reply.expired ? el("p", { class: "notice", say: "expired_how" }) : null,
      this.rejected(reply, versions), this.buttons(reply, versions),
      this.content(c), facts([["author", reply.author_name], ["valid_until", c.valid_until || el("span", { say: "no_end" })],
        ["times_used", String(reply.used)], ["from_gap", reply.gap ? el("a", { href: `#/gaps/${reply.gap}`, say: "open" }) : null],
        ["from_case", reply.case ? el("a", { href: `#/cases/${reply.case}`, say: "open" }) : null]]),
      this.versions(reply, versions),
      el("p", { class: "row" }, download(`${path}/record.md`, "record_file"), download(`${path}/record-questions.yml`, "record_questions")),
    ];
  }

  /* Why it came back to its author. */
  rejected(reply, versions) {
    const back = reply.state === "rejected" && versions.find((v) => v.state === "rejected");
    return back?.note ? el("p", { class: "notice pre", say: ["rejected_because", { name: back.decided_by_name, note: back.note }] }) : null;
  }

  content(c) {
    const names = (kind, ids) => (ids?.length ? el("span", { say: () => ids.map((id) => text(this.desk.name(kind, id))).join("、") }) : null);
    return el("section", { class: "card" },
      el("h3", { say: "reply_answers" }), el("ul", {}, [...(c.questions.zh ?? []), ...(c.questions.en ?? [])].map((q) => el("li", { text: q }))),
      el("h3", { say: "reply_says" }), el("ol", { class: "statements" }, c.statements.map((s) => el("li", {},
        el("p", { lang: "zh", text: s.zh }), el("p", { lang: "en", text: s.en }), el("p", { class: "muted" }, grounds(s.citation))))),
      facts([["markets", names("markets", c.markets)], ["products", names("products", c.products)]]));
  }

  buttons(reply, versions) {
    const newest = versions.reduce((a, b) => (b.number > a.number ? b : a), versions[0]);
    const may = this.desk.may("approve");
    const own = newest?.author === this.desk.me.id;
    const path = `/api/desk/replies/${reply.id}`;
    const send = (what, body, said) => async () => {
      await this.desk.api.post(`${path}/${what}`, { version: reply.version, ...body });
      tell(said);
      await this.again();
    };
    this.trouble = el("div", { class: "trouble" });
    const safely = (run) => () => run().catch((refusal) => this.failed(refusal));
    const waiting = reply.state === "submitted";
    return [
      el("div", { class: "row actions", role: "group", label: "actions" },
        button("edit", () => this.edit(reply.id)),
        reply.state === "draft" ? button("submit", safely(send("submit", {}, "submitted_done")), { class: "go" }) : null,
        waiting && may && !own ? [
          button("approve", safely(send("approve", { number: newest.number }, "approved_done")), { class: "go" }),
          button("reject", () => this.withNote("reject", "reject_how", (note) => send("reject", { number: newest.number, note }, "rejected_done")(), true))] : null,
        reply.current || waiting ? button("withdraw", () => this.withNote("withdraw", "withdraw_how", (note) => send("withdraw", { note }, "withdrawn_done")())) : null),
      this.trouble,
      waiting && own ? el("p", { class: "muted", say: "not_own_approval" }) : null,
      waiting && !own && !may ? el("p", { class: "muted", say: "needs_reviewer" }) : null,
    ];
  }

  /* A refusal after a button: somebody else was first, or it may not be done. What is shown is brought up to date. */
  async failed(refusal) {
    if (refusal.status === 422) this.trouble.replaceChildren(problem(refusal));
    else refuse(refusal);
    if (refusal.status === 409) await this.again();
  }

  withNote(said, how, run, required = false) {
    const note = el("textarea", { rows: 3, maxlength: "2000" });
    formDialog(said, field("why", note, { wide: true, hint: how, required }), said, () => run(note.value.trim()), { danger: true });
  }

  versions(reply, versions) {
    const may = this.desk.may("approve");
    const back = (v) => {
      if (v.state !== "approved" || v.number === reply.current || !may) return null;
      if (v.author === this.desk.me.id) return el("small", { say: "not_own_rollback" });
      return button("rollback", () => this.desk.api.post(`/api/desk/replies/${reply.id}/rollback`, { version: reply.version, number: v.number })
        .then(() => { tell("rolled_back"); return this.again(); }, (refusal) => this.failed(refusal)), { class: "small" });
    };
    return el("section", { class: "card" }, el("h3", { say: "versions" }), el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, ["number", "state", "written_by", "decided_by", "note", ""].map((key) => (key ? el("th", { scope: "col", say: key }) : el("td"))))),
      el("tbody", {}, [...versions].sort((a, b) => b.number - a.number).map((v) => el("tr", {},
        el("th", { scope: "row", text: String(v.number) }),
        el("td", {}, badge(`reply_${v.state}`, `state ${v.state}`), v.number === reply.current ? [" ", badge("in_force", "state answered")] : null),
        el("td", {}, el("span", { text: v.author_name }), el("br"), when(v.at)),
        el("td", {}, v.decided_by ? [el("span", { text: v.decided_by_name ?? "" }), el("br"), when(v.decided_at)] : "–"),
        el("td", { class: "pre", text: v.note ?? "" }), el("td", {}, back(v))))))));
  }
}
