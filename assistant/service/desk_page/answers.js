/* Earlier answers: each opens as it was, and can be asked again today beside it. */
import { AnswerView, footnote, standing } from "./answer.js";
import { badge, button, choice, el, facts, fill, hash, text, when } from "./dom.js";
import { ListView } from "./list_view.js";
import { problem } from "./toasts.js";

const STANDINGS = ["grounded", "partly", "insufficient", "out-of-scope", "unavailable"];
const MANY = 50; // what the server gives at once

export class AnswersView extends ListView {
  constructor(desk) {
    const wanted = choice([["", "any_standing"], ...STANDINGS.map((s) => [s, `standing_${s}`])], "", { label: "standing" });
    super(desk, {
      path: "answers", title: "answers", search: "search_answers", empty: "answers_none", choose: "answers_choose", filters: [wanted],
      fetch: async (last) => {
        const { answers } = await desk.api.get("/api/desk/answers", { text: this.query, standing: wanted.value, before: last?.at });
        return { rows: answers, more: answers.length >= MANY };
      },
      row: (a) => [
        el("span", { class: "marks" }, badge(`standing_${a.standing}`, `standing ${a.standing}`), badge(`via_${a.channel}`, "quietly")),
        el("b", { lang: a.language, text: a.question }), el("span", { class: "muted" }, when(a.at))],
      show: async (id) => {
        await desk.named();
        return this.nodes(await desk.api.get(`/api/desk/answers/${id}`));
      },
    });
  }

  nodes(kept) {
    const { answer } = kept;
    const beside = el("div", { class: "beside" });
    const names = (kind, ids) => (ids?.length ? el("span", { say: () => ids.map((id) => text(this.desk.name(kind, id))).join("、") }) : null);
    return [
      el("header", { class: "title" }, el("h2", { lang: kept.language, text: kept.question }), standing(answer)),
      el("p", { class: "muted" }, badge(`via_${kept.channel}`, "quietly"), " ", when(kept.at)),
      el("div", { class: "row actions", role: "group", label: "actions" },
        button("ask_again_today", (event) => this.again_today(kept, beside, event.currentTarget), { class: "go" }),
        button("make_reply", () => this.desk.startReply({ question: kept.question, answer, cited: kept.cited }))),
      (kept.cases ?? []).length ? el("p", {}, el("span", { say: "in_cases" }), kept.cases.map((id) => [" ", el("a", { href: `#/cases/${id}`, text: id })])) : null,
      kept.history?.length ? el("details", {}, el("summary", { say: ["earlier_turns", { n: kept.history.length }] }),
        el("ol", { class: "entries" }, kept.history.map((t) => el("li", {}, badge(`turn_${t.role}`, "quietly"), el("p", { class: "pre", text: t.content }))))) : null,
      beside, el("section", { class: "card as-it-was" }, el("h3", { say: "as_it_was" }), new AnswerView(this.desk.panel, answer).node, footnote(answer)),
      facts([["as_of_day", kept.as_of], ["markets", names("markets", kept.markets)], ["products", names("products", kept.products)],
        ["dropped", names("products", kept.dropped)], ["took", `${kept.took_ms} ms`], ["library", el("code", { class: "whole", text: kept.library })]]),
      this.evidence(kept),
    ];
  }

  evidence(kept) {
    if (!kept.evidence?.length) return null;
    return el("section", { class: "card" }, el("h3", { say: "evidence_hashes" }), el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, ["number", "record", "section", "record_version", "quote_hash"].map((key) => el("th", { scope: "col", say: key })))),
      el("tbody", {}, kept.evidence.map((e) => el("tr", {}, el("th", { scope: "row", text: `[${e.n}]` }), el("td", {}, el("code", { text: e.record })),
        el("td", { say: this.desk.section(String(e.section).replace(/\.(zh|en)$/, "")) }), el("td", {}, hash(e.version)), el("td", {}, hash(e.quote))))))));
  }

  async again_today(kept, place, pressed) {
    pressed.disabled = true;
    place.replaceChildren(el("p", { class: "muted", role: "status", say: "searching" }));
    try {
      const { then, now, same_library: sameLibrary, same_text: sameText, changed } = await this.desk.api.post(`/api/desk/answers/${kept.id}/again`);
      const [was, is] = [then, now].map((a) => new Set((a.segments ?? []).map((s) => s.text)));
      const column = (said, a, other) => el("section", { class: "card" }, el("h3", { say: said }), el("p", {}, standing(a)),
        new AnswerView(this.desk.panel, a, { differs: (s) => !other.has(s.text) }).node, footnote(a));
      fill(place,
        el("p", { class: sameText ? "notice good" : "notice", role: "status" }, el("span", { say: sameText ? "same_text" : "other_text" }), " ",
          el("span", { say: sameLibrary ? "same_library" : "other_library" })),
        el("div", { class: "two" }, column("then", then, is), column("now", now, was)),
        changed?.length ? el("section", { class: "card" }, el("h3", { say: "changed_records" }), el("table", {},
          el("thead", {}, el("tr", {}, ["record", "then", "now"].map((key) => el("th", { scope: "col", say: key })))),
          el("tbody", {}, changed.map((c) => el("tr", {}, el("th", { scope: "row" }, el("code", { text: c.record })), el("td", {}, hash(c.then)), el("td", {}, hash(c.now))))))) : null);
      this.detail.querySelector(".as-it-was").hidden = true;
    } catch (refusal) {
      if (!refusal.quiet) place.replaceChildren(problem(refusal));
    } finally {
      pressed.disabled = false;
    }
  }
}
