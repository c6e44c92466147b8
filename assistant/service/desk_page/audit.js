/* The audit log: lines, filters, the check of the chain, the export. */
import { button, download, el, hash, relabel, say, when } from "./dom.js";
import { problem, refuse } from "./toasts.js";

const MANY = 100; // what the server gives at once

export class AuditView {
  constructor(desk) {
    this.desk = desk;
    const input = (said) => el("input", { type: "search", label: said, hint: said, spellcheck: "false", maxlength: "64" });
    this.object = input("audit_object");
    this.action = input("audit_action");
    this.verdict = el("p", { role: "status" });
    this.body = el("tbody");
    this.trouble = el("div");
    this.more = button("more", () => this.load(true), { hidden: true });
    this.node = el("section", { class: "page" },
      el("header", {}, el("h2", { say: "audit" }), el("div", { class: "row" }, button("audit_check", () => this.check()), download("/api/desk/audit.jsonl", "audit_export"))),
      el("form", { class: "row range", role: "search", on: { submit: (event) => { event.preventDefault(); this.load(); } } },
        this.object, this.action, el("button", { type: "submit", class: "quiet", say: "filter" })),
      this.verdict, this.trouble, el("div", { class: "scroll card" }, el("table", { class: "audit" },
        el("thead", {}, el("tr", {}, ["number", "time", "who", "via", "what", "object", "detail", "hash"].map((key) => el("th", { scope: "col", say: key })))), this.body)),
      this.more);
  }

  async enter() {
    relabel(this.node);
    await this.desk.named();
    await this.load();
  }

  focusSearch() {
    this.object.focus();
  }

  async load(further = false) {
    try {
      const { lines } = await this.desk.api.get("/api/desk/audit", {
        object: this.object.value.trim(), action: this.action.value.trim(), before: further ? this.last : null });
      if (!further) this.body.replaceChildren();
      this.trouble.replaceChildren(...(lines.length || further ? [] : [el("p", { class: "muted", say: "audit_none" })]));
      this.body.append(...lines.map((line) => this.line(line)));
      this.last = lines[lines.length - 1]?.seq ?? this.last;
      this.more.hidden = lines.length < MANY;
    } catch (refusal) {
      if (!refusal.quiet) this.trouble.replaceChildren(problem(refusal));
    }
  }

  line(line) {
    const only = () => {
      this.object.value = line.object;
      this.load();
    };
    return el("tr", {}, el("th", { scope: "row", text: String(line.seq) }), el("td", {}, when(line.at)),
      el("td", { text: line.actor_name ?? this.desk.staffName(line.actor) }), el("td", { text: line.via }), el("td", {}, el("code", { text: line.action })),
      el("td", {}, el("button", { type: "button", class: "link", text: `${line.kind} ${line.object}`, tip: "audit_only", on: { click: only } })),
      el("td", {}, el("code", { class: "pre", text: Object.keys(line.detail ?? {}).length ? JSON.stringify(line.detail) : "" })), el("td", {}, hash(line.hash)));
  }

  async check() {
    this.verdict.className = "muted";
    say(this.verdict, "audit_checking");
    try {
      const { whole, first_broken: broken } = await this.desk.api.get("/api/desk/audit/check");
      this.verdict.className = whole ? "notice good" : "notice bad";
      say(this.verdict, whole ? "audit_whole" : ["audit_broken", { n: broken }]);
    } catch (refusal) {
      this.verdict.textContent = "";
      refuse(refusal);
    }
  }
}
