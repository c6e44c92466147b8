/* An answer object as nodes: blocks, citation numbers, notices. */
import { badge, el, hash, lang, shown, word } from "./dom.js";

const LISTED = new Set(["fact", "condition", "date", "exception", "gap", "step"]);

/* Segments as laid out: listed neighbours form one list, `computed` joins what precedes it. → [{kind, items: [[segment]]}] */
export function blocks(segments) {
  const out = [];
  for (const segment of segments) {
    const last = out[out.length - 1];
    if (segment.role === "computed" && last) last.items[last.items.length - 1].push(segment);
    else if (LISTED.has(segment.role)) {
      if (last?.kind === "list") last.items.push([segment]);
      else out.push({ kind: "list", items: [[segment]] });
    } else {
      out.push({ kind: ["conclusion", "heading"].includes(segment.role) ? segment.role : "text", items: [[segment]] });
    }
  }
  return out;
}

/* The first sentence of a conclusion, which stands out, and the rest. */
function lead(text) {
  const match = /^(.{1,60}?[。!?!?](?=.)|.{1,80}?[.!?](?= ))\s*/u.exec(text);
  return match ? [match[1], text.slice(match[0].length)] : [text, ""];
}

/* What the language model did, and why it did no more: for staff, in full. */
function wording({ model, kept, replaced, struck, reasons, fault }) {
  const codes = [fault, ...(reasons ?? [])].filter(Boolean);
  const why = () => codes.map((code) => word(`why_${code}`)).join(lang() === "en" ? "; " : ";");
  const did = kept + replaced + struck ? (codes.length ? "model_did_why" : "model_did") : "model_absent";
  return el("p", { class: "muted", say: [did, { model, kept, replaced, struck, why }] });
}

export class AnswerView {
  /* panel: an EvidencePanel. differs(segment): whether to mark it as different from the answer beside it. */
  constructor(panel, answer, { differs = () => false, notes = true } = {}) {
    Object.assign(this, { panel, answer, differs });
    this.cited = new Map((answer.citations ?? []).map((c) => [c.n, c]));
    this.marks = new Map(); // n → first button
    this.node = el("div", { class: `answer-body ${answer.standing}${answer.abstained ? " abstained" : ""}`, lang: answer.language },
      blocks(answer.segments ?? []).map((block) => this.block(block)),
      notes ? (answer.notices ?? []).map((n) => el("p", { class: "notice", role: "note", text: n })) : null,
      answer.wording ? wording(answer.wording) : null,
      answer.unranked ? el("p", { class: "muted", say: "unranked" }) : null);
  }

  block(block) {
    const items = block.items.map((item) => this.item(item));
    if (block.kind === "list") return el("ul", {}, items.map((nodes, i) => el("li", { class: block.items[i][0].role }, nodes)));
    if (block.kind === "heading") return el("h4", {}, items[0]);
    return el("p", { class: block.items[0][0].role }, items[0]);
  }

  item(segments) {
    return segments.flatMap((segment) => {
      const different = this.differs(segment);
      const said = el(different ? "ins" : "span", { class: segment.role === "computed" ? "computed" : null, lang: segment.language ?? null });
      const [first, rest] = segment.role === "conclusion" ? lead(segment.text) : ["", segment.text];
      if (first) said.append(el("strong", { text: first }), rest && this.answer.language === "en" ? " " : "");
      said.append(rest);
      return [said, ...(segment.citations ?? []).map((n) => this.mark(n)), " "];
    });
  }

  mark(n) {
    const c = this.cited.get(n);
    if (!c) return "";
    const button = el("button", {
      type: "button", class: "cite", text: `[${n}]`, "aria-haspopup": "dialog", "aria-expanded": "false",
      label: ["cite_label", { n, title: shown(c.title) }], on: { click: (event) => this.panel.citation(event.currentTarget, c) },
    });
    if (!this.marks.has(n)) this.marks.set(n, button);
    return button;
  }

  openMark(n) {
    this.marks.get(n)?.click();
  }
}

/* How far the answer has evidence, and whether a language model worded some of it. */
export const standing = (answer) => [badge(`standing_${answer.standing}`, `standing ${answer.standing}`), answer.ai ? badge("ai_worded", "quietly") : null];

export function footnote(answer) {
  return el("p", { class: "foot" }, el("span", { say: ["as_of", { date: answer.facets?.as_of ?? "" }] }), " · ",
    el("span", { say: "library" }), " ", hash(answer.library));
}
