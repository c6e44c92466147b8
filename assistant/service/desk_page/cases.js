/* The list of cases: search, filters, export. */
import { address } from "./api.js";
import { statuses } from "./case_fields.js";
import { CaseView } from "./case_view.js";
import { badge, button, choice, download, el, say, today, when } from "./dom.js";
import { ListView } from "./list_view.js";
import { Picker } from "./picker.js";

const MANY = 50;

export class CasesView extends ListView {
  constructor(desk) {
    const status = choice([["", "any_status"], ...statuses()], "", { label: "status" });
    const owner = choice([["", "any_owner"], ["me", "owner_me"], ["none", "owner_none"]], "", { label: "owner" });
    const due = el("input", { type: "checkbox" });
    const changed = () => this.reload();
    const market = new Picker(() => desk.names.markets, [], { one: true, label: "market", hint: "market", changed });
    const product = new Picker(() => desk.names.products, [], { one: true, label: "product", hint: "product", changed });
    const sheet = download("/api/desk/cases.xlsx", "export_xlsx");
    super(desk, {
      path: "cases", title: "cases", search: "search_cases", empty: "cases_none", choose: "cases_choose",
      tools: [button("new_case", () => desk.newCase()), sheet],
      filters: [el("div", { class: "row" }, status, owner, el("label", { class: "check" }, due, el("span", { say: "due" }))),
        el("details", {}, el("summary", { say: "more_filters" }), market.node, product.node)],
      fetch: async (last) => {
        const { cases, more, next } = await desk.api.get("/api/desk/cases", { ...this.wanted(), limit: MANY, before: last ? this.next : "" });
        this.next = next ?? cases[cases.length - 1]?.updated_at;
        return { rows: cases, more };
      },
      row: (item) => this.line(item),
      show: async (id) => {
        await desk.named();
        return new CaseView(desk, this).load(id);
      },
    });
    this.wanted = () => ({
      q: this.query, status: status.value, owner: owner.value, due: due.checked ? today() : "", market: market.ids[0], product: product.ids[0],
    });
    this.sheet = sheet;
  }

  async reload(further = false) {
    this.sheet.href = address("/api/desk/cases.xlsx", { ...this.wanted(), language: this.desk.english() ? "en" : "zh" });
    await super.reload(further);
  }

  line(item) {
    const late = item.follow_up && item.follow_up <= today() && item.status !== "closed";
    return [
      el("span", { class: "marks" }, badge(`case_${item.status}`, `state ${item.status}`),
        item.merged_into ? badge("merged", "quietly") : null,
        item.follow_up ? el("span", { class: late ? "badge late" : "badge quietly", say: ["follow_up_on", { date: item.follow_up }] }) : null),
      el("b", { say: () => this.desk.caseName(item) }),
      el("span", { class: "line", text: item.question }),
      el("span", { class: "muted" }, say(el("span"), item.owner ? () => item.owner_name || this.desk.staffName(item.owner) : "owner_none"), " · ",
        el("span", { say: `channel_${item.channel}` }), " · ", when(item.updated_at)),
    ];
  }
}
