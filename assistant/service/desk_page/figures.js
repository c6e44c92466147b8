/* Figures of a range of days: totals, days, markets, products. */
import { address } from "./api.js";
import { dayBars, plainTable, rankedBars } from "./charts.js";
import { button, download, el, field, fill, iso, relabel, text, today } from "./dom.js";
import { problem } from "./toasts.js";

const RANGES = [7, 30, 90];

const ago = (days) => {
  const at = new Date();
  at.setDate(at.getDate() - days + 1);
  return iso(at);
};
const percent = (rate) => (rate === null || rate === undefined ? "–" : `${(rate * 100).toFixed(1)}%`);

function minutes(value) {
  if (value === null || value === undefined) return "–";
  if (value < 90) return text(["minutes", { n: Math.round(value) }]);
  return value < 2880 ? text(["hours", { n: (value / 60).toFixed(1) }]) : text(["days", { n: (value / 1440).toFixed(1) }]);
}

export class FiguresView {
  constructor(desk) {
    this.desk = desk;
    const day = (value) => {
      const node = el("input", { type: "date", required: true });
      node.value = value;
      return node;
    };
    this.from = day(ago(30));
    this.to = day(today());
    this.sheet = download("/api/desk/figures.xlsx", "export_xlsx");
    this.place = el("div", { class: "figures" });
    this.node = el("section", { class: "page" },
      el("header", {}, el("h2", { say: "figures" }), this.sheet),
      el("form", { class: "row range", on: { submit: (event) => { event.preventDefault(); this.load(); }, change: () => this.load() } },
        field("from", this.from), field("to", this.to),
        RANGES.map((n) => button(["last_days", { n }], () => { this.from.value = ago(n); this.to.value = today(); this.load(); }))),
      this.place);
  }

  async enter() {
    relabel(this.node);
    await this.desk.named();
    await this.load();
  }

  focusSearch() {
    this.from.focus();
  }

  async load() {
    if (!this.from.value || !this.to.value) return;
    const range = { from: this.from.value, to: this.to.value };
    this.sheet.href = address("/api/desk/figures.xlsx", { ...range, language: this.desk.english() ? "en" : "zh" });
    const token = (this.token = {});
    this.place.setAttribute("aria-busy", "true");
    try {
      const figures = await this.desk.api.get("/api/desk/figures", range);
      if (token === this.token) fill(this.place, this.nodes(figures));
    } catch (refusal) {
      if (token === this.token && !refusal.quiet) this.place.replaceChildren(problem(refusal));
    } finally {
      this.place.removeAttribute("aria-busy");
    }
  }

  tile(said, value, kind = "") {
    return el("div", { class: `tile ${kind}` }, el("dt", { say: said }), el("dd", { say: value }));
  }

  nodes({ days, totals: t, ...lists }) {
    const number = (value) => () => String(value ?? "–");
    const ranked = (kind, said, rows) => rankedBars(said, rows.map((r) => [r.zh ? { zh: r.zh, en: r.en } : this.desk.name(kind, r.id), r.count]));
    const others = [["channels", "via_"], ["languages", "language_"], ["standings", "standing_"]].filter(([name]) => lists[name]?.length);
    return [
      el("dl", { class: "tiles" },
        this.tile("total_questions", number(t.questions)), this.tile("abstention_rate", () => percent(t.abstention_rate)),
        this.tile("satisfaction", () => `${percent(t.satisfaction)} (${t.up} / ${t.down})`), this.tile("total_cases", number(t.cases)),
        this.tile("total_answered", number(t.answered)), this.tile("time_to_answer", () => minutes(t.median_minutes_to_answer)),
        this.tile("gaps_open", number(t.gaps_open)), this.tile("gaps_closed", number(t.gaps_closed)),
        t.replies_in_force === undefined ? null : this.tile("replies_in_force", number(t.replies_in_force)),
        t.replies_expiring === undefined ? null : this.tile("replies_expiring", number(t.replies_expiring), t.replies_expiring ? "late" : ""),
        this.tile("stale_records", number(t.stale_records), t.stale_records ? "late" : "")),
      el("section", { class: "card" }, el("div", { class: "three" }, el("div", {}, el("h3", { say: "per_day" }),
        dayBars("per_day", days, [
          { key: "bar_answered", name: "answered_questions", kind: "first", of: (d) => d.questions - d.abstained },
          { key: "bar_abstained", name: "abstained_questions", kind: "second", of: (d) => d.abstained }])),
        el("div", {}, el("h3", { say: "thumbs_per_day" }),
        dayBars("thumbs_per_day", days, [
          { key: "bar_up", name: "thumbs_up", kind: "first", of: (d) => d.up }, { key: "bar_down", name: "thumbs_down", kind: "second", of: (d) => d.down }])),
        el("div", {}, el("h3", { say: "cases_per_day" }),
        dayBars("cases_per_day", days, [{ key: "bar_cases", name: "cases", kind: "first", of: (d) => d.cases }]))),
        el("details", {}, el("summary", { say: "as_table" }), plainTable("per_day", ["day", "total_questions", "abstained_questions", "thumbs_up", "thumbs_down", "cases"],
          days.map((d) => [d.day, d.questions, d.abstained, d.up, d.down, d.cases])))),
      el("div", { class: "two" },
        el("section", { class: "card" }, ranked("markets", "markets", lists.markets ?? [])),
        el("section", { class: "card" }, ranked("products", "products", lists.products ?? []))),
      others.length ? el("div", { class: "three" }, others.map(([name, prefix]) => el("section", { class: "card" },
        rankedBars(name, lists[name].map((r) => [`${prefix}${r.id}`, r.count]))))) : null,
      lists.stale?.length ? el("details", { class: "card" }, el("summary", { say: "stale_list" }), el("ul", {}, lists.stale.map((r) => el("li", {}, el("span", { say: r.zh ? { zh: r.zh, en: r.en } : () => r.id ?? r }), " ", el("code", { text: r.id ?? r }))))) : null,
    ];
  }
}
