/* What a citation number or a search result opens: the quote and where it comes from. */
import { copy } from "./copying.js";
import { badge, button, el, facts, fill, outward, shown } from "./dom.js";

const narrow = matchMedia("(max-width: 1023px)");

export class EvidencePanel {
  constructor(desk) {
    this.desk = desk;
    this.opener = null;
    this.node = el("dialog", { id: "evidence", "aria-labelledby": "evidence-title", tabIndex: -1 });
    this.node.addEventListener("close", () => this.closed());
    document.body.append(this.node);
  }

  get isOpen() {
    return this.node.open;
  }

  /* Opens, or closes when the same opener asks again. */
  open(opener, kicker, title, ...rest) {
    if (this.node.open && this.opener === opener) return this.close();
    if (this.node.open) {
      this.collapse();
      this.node.close();
    }
    fill(this.node,
      el("div", { class: "bar" }, el("p", { class: "kicker" }, kicker), button("close", () => this.close(), { "aria-keyshortcuts": "Escape" })),
      el("h2", { id: "evidence-title", say: title }), rest);
    this.opener = opener;
    opener?.setAttribute("aria-expanded", "true");
    if (narrow.matches) this.node.showModal();
    else this.node.show();
    document.documentElement.toggleAttribute("data-evidence", true);
    this.node.scrollTop = 0;
    this.node.focus({ preventScroll: true });
    return undefined;
  }

  close() {
    if (this.node.open) this.node.close();
  }

  closed() {
    if (this.node.open) return; // opened again for something else in the meantime
    document.documentElement.toggleAttribute("data-evidence", false);
    const { opener } = this;
    this.collapse();
    this.opener = null;
    if (!opener) return;
    if (opener.role === "option") document.querySelector(`[aria-controls="${opener.parentElement?.id}"]`)?.focus();
    else opener.focus();
  }

  collapse() {
    if (this.opener?.classList.contains("cite")) this.opener.setAttribute("aria-expanded", "false");
    else this.opener?.removeAttribute("aria-expanded");
  }

  /* One citation of an answer. */
  citation(opener, c) {
    const source = c.source
      ? [c.source.title, c.source.locator ? `, ${c.source.locator}` : "", " ", badge(`basis_${c.basis}`, `basis ${c.basis}`)]
      : [badge(`basis_${c.basis}`, `basis ${c.basis}`), " ", el("span", { say: "no_source" })];
    const section = String(c.section ?? "").replace(/\.(zh|en)$/, "");
    this.open(opener,
      [el("span", { class: "number", say: ["evidence_n", { n: c.n }] }), badge(`origin_${c.origin}`, `origin ${c.origin}`)],
      shown(c.title),
      el("p", { class: "muted" }, el("span", { say: this.desk.section(section) }), " · ", el("span", { say: `origin_note_${c.origin}` })),
      el("blockquote", { class: "passage", lang: c.language, tabIndex: 0 }, c.quote.split("\n").map((line) => el("p", {}, el("mark", { text: line })))),
      facts([["reference", c.reference], ["source", el("span", {}, source)],
        ["state", el("span", { say: `status_${c.status}` })], ["read_on", c.source?.read],
        ["checked_on", c.checked ?? el("span", { say: "never_checked" })], ["answered_as_of", c.as_of],
        ["record", el("code", { text: c.record })]]),
      el("p", { class: "row" }, outward(c.url, "open_source"), button("copy_quote", () => copy(c.quote))));
  }

  /* One result of a search. extra: buttons of whoever shows it. */
  result(opener, r, extra = []) {
    this.open(opener,
      [badge(`origin_${r.origin ?? "library"}`, `origin ${r.origin ?? ""}`)], shown(r.title),
      el("p", { class: "muted" }, el("span", { say: shown(r.section_name ?? "") }), " · ", el("span", { say: `origin_note_${r.origin ?? "library"}` })),
      el("blockquote", { class: "passage", tabIndex: 0 }, el("p", {}, el("mark", { text: r.quote }))),
      facts([["basis", badge(`basis_${r.basis}`, `basis ${r.basis}`)], ["state", el("span", { say: `status_${r.status}` })],
        ["markets", (r.markets ?? []).map((m) => (typeof m === "string" ? m : m.zh)).join("、")],
        ["reference", r.reference], ["record", el("code", { text: r.record })]]),
      el("p", { class: "row" }, outward(r.url, "open_source"), button("copy_quote", () => copy(r.quote)), extra));
  }
}
