/* Finding while typing: a combobox whose options are quoted sentences of the library. */
import { badge, el, fresh, han, lang, say, shown } from "./dom.js";
import { announce, problem } from "./toasts.js";

const PAUSE = 70; // ms without a keystroke before the server is asked
const LIMIT = 8;

const LATIN = /[a-z0-9]/;
const COMMON = new Set("a an and any are be can do does for from has have how i if in is it my need of on or our the to what when which with".split(" "));

/* Words of the query: Latin words and pairs of Chinese characters. */
function pieces(query) {
  const latin = (query.toLowerCase().match(/[a-z0-9][a-z0-9./-]+/g) ?? []).filter((word) => !COMMON.has(word));
  const pairs = (query.match(/[\u3400-\u9fff]+/g) ?? [])
    .flatMap((run) => (run.length < 2 ? [run] : [...run.slice(1)].map((c, i) => run[i] + c)));
  return [...latin, ...pairs];
}

/* `text` as nodes with what was typed in <mark>; positions are those of the text itself. */
export function marked(text, query) {
  const lower = text.toLowerCase();
  const hit = new Array(text.length).fill(false);
  if (lower.length === text.length) {
    for (const piece of pieces(query)) {
      for (let at = lower.indexOf(piece); at >= 0; at = lower.indexOf(piece, at + 1)) {
        const inside = LATIN.test(piece[0]) && LATIN.test(lower[at - 1] ?? ""); // the middle of a longer word
        if (!inside) hit.fill(true, at, at + piece.length);
      }
    }
  }
  const nodes = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    while (end < text.length && hit[end] === hit[start]) end += 1;
    const part = text.slice(start, end);
    nodes.push(hit[start] ? el("mark", { text: part }) : document.createTextNode(part));
  }
  return nodes;
}

export class Finder {
  /* pick(result, option): a result was opened. enter(text): Enter without one. changed(): what was typed changed. */
  constructor(desk, { pick, enter = () => {}, changed = () => {}, label = "search", hint = "search_hint" }) {
    Object.assign(this, { desk, pick, enter, changed });
    const id = fresh("found");
    this.results = [];
    this.at = -1;
    this.wanted = "auto";
    this.input = el("input", {
      type: "text", class: "search", role: "combobox", label, hint, autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", enterkeyhint: "search", maxlength: "2000", "aria-controls": id, "aria-expanded": "false",
      "aria-autocomplete": "list", on: { input: () => this.typed(), keydown: (event) => this.key(event) },
    });
    this.list = el("ul", { id, class: "results", role: "listbox", label: "results" });
    this.status = el("p", { class: "muted count" });
    this.languages = el("div", { class: "segments", role: "radiogroup", label: "result_language" },
      ["auto", "zh", "en"].map((value) => el("label", {},
        el("input", { type: "radio", name: `${id}-language`, value, checked: value === "auto", on: {
          change: () => { this.wanted = value; this.look(); },
        } }), el("span", { say: `language_${value}` }))));
  }

  language(query) {
    if (this.wanted !== "auto") return this.wanted;
    if (han(query)) return "zh";
    return /[a-z]\s+[a-z]/i.test(query) ? "en" : lang();
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), PAUSE);
    this.changed();
  }

  async look() {
    clearTimeout(this.timer);
    this.pending?.abort();
    const query = this.input.value.trim();
    if (!query) return this.show([], query);
    const pending = new AbortController();
    this.pending = pending;
    try {
      const found = await this.desk.api.get("/api/desk/find", { q: query, language: this.language(query), limit: LIMIT }, pending.signal);
      if (pending.signal.aborted) return;
      this.show(found.results, query, found.took_ms);
    } catch (refusal) {
      if (refusal.name === "AbortError" || pending.signal.aborted) return;
      this.status.replaceChildren(problem(refusal));
    }
  }

  show(results, query, took = null) {
    this.results = results;
    this.at = -1;
    this.list.replaceChildren(...results.map((result, i) => this.option(result, i, query)));
    this.input.setAttribute("aria-expanded", String(results.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.status.replaceChildren();
    if (!query) return;
    const said = results.length ? ["found", { n: results.length }] : "found_none";
    this.status.append(el("span", { say: said }), took === null ? "" : ` · ${Math.round(took)} ms`);
    announce(said);
  }

  option(result, i, query) {
    const places = (result.markets ?? []).map((m) => (typeof m === "string" ? m : m[lang()] ?? m.zh));
    const where = [places.slice(0, 3).join("、") + (places.length > 3 ? "…" : "")].filter(Boolean);
    return el("li", { id: fresh("o"), role: "option", "aria-selected": "false", on: { click: () => this.open(i) } },
      el("p", { class: "quote", lang: this.language(query) }, marked(result.quote, query)),
      el("p", { class: "from" }, el("b", { say: shown(result.title) }), " ",
        el("span", { say: shown(result.section_name ?? "") }), ...where.map((w) => el("span", { text: ` · ${w}` }))),
      el("p", { class: "marks" }, badge(`origin_${result.origin ?? "library"}`, `origin ${result.origin ?? ""}`),
        badge(`basis_${result.basis}`, `basis ${result.basis}`), badge(`status_${result.status}`, `status ${result.status}`)));
  }

  move(to) {
    const options = [...this.list.children];
    if (!options.length) return;
    this.at = Math.max(-1, Math.min(to, options.length - 1));
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.at)));
    if (this.at < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({ block: "nearest" });
    }
  }

  open(i) {
    this.move(i);
    this.pick(this.results[i], this.list.children[i]);
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return; // Enter that only picks a word in a Chinese input method
    const many = this.results.length;
    if (event.key === "ArrowDown" && many) this.move(this.at + 1);
    else if (event.key === "ArrowUp" && many) this.move(this.at - 1);
    else if (event.key === "Enter") {
      if (this.at >= 0 && !event.ctrlKey && !event.metaKey) this.open(this.at);
      else this.enter(this.input.value.trim());
    } else if (event.key === "Escape" && this.at >= 0) this.move(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  clear() {
    this.pending?.abort();
    clearTimeout(this.timer);
    this.input.value = "";
    this.show([], "");
    say(this.status, () => "");
  }
}
