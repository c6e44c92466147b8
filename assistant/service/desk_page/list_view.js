/* A list with filters beside what is opened from it. Arrows move in the list, Enter opens, Esc goes back. */
import { button, byKeyboard, el, fill, relabel, say } from "./dom.js";
import { announce, problem } from "./toasts.js";

const PAUSE = 200; // ms without a keystroke before the list is asked for again

/* Arrows, Home and End move the focus among the rows of a list; up from the first one goes back to the search box. */
export function arrows(event, list, search) {
  const rows = [...list.querySelectorAll(".rowlink")];
  const at = rows.indexOf(document.activeElement);
  const far = at < 0 ? {} : { Home: 0, End: rows.length - 1 };
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, ...far }[event.key];
  if (to === undefined || !rows.length || (at < 0 && to < 0)) return;
  event.preventDefault();
  if (to < 0) search?.focus();
  else rows[Math.min(to, rows.length - 1)].focus();
}

export class ListView {
  /* path: of the address, such as "cases". fetch(before) → {rows, more}; row(item) → nodes; show(id) → nodes; tools: nodes. */
  constructor(desk, { path, title, fetch, row, show, filters = [], tools = [], search = "search_list", empty = "list_empty", choose = "choose_one" }) {
    Object.assign(this, { desk, path, fetch, row, show, choose, emptySaid: empty });
    this.rows = [];
    this.id = null;
    this.token = 0;
    this.search = search ? el("input", { type: "search", label: search, hint: search, on: {
      input: () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.reload(), PAUSE); },
    } }) : null;
    this.list = el("ul", { class: "rows", on: { keydown: (event) => arrows(event, this.list, this.search) } });
    this.status = el("p", { class: "muted count" });
    this.more = button("more", () => this.reload(true), { hidden: true });
    this.detail = el("div", { class: "detail", tabIndex: -1 });
    this.filters = el("form", { class: "filters", role: "search", on: {
      submit: (event) => { event.preventDefault(); this.reload(); }, change: () => this.reload(),
      keydown: (event) => event.target === this.search && arrows(event, this.list, this.search),
    } }, this.search, filters);
    this.node = el("section", { class: "split" },
      el("div", { class: "side" }, el("header", {}, el("h2", { say: title }), el("div", { class: "row" }, tools)), this.filters, this.status, this.list, this.more),
      this.detail);
  }

  get query() {
    return this.search?.value.trim() ?? "";
  }

  async enter([id = null]) {
    relabel(this.node);
    const loaded = this.reload();
    await this.open(id);
    await loaded;
    this.current();
    if (!id && byKeyboard()) (this.search ?? this.list.querySelector("a"))?.focus({ preventScroll: true });
  }

  leave() {
    this.desk.panel.close();
  }

  focusSearch() {
    this.search?.focus();
  }

  async reload(further = false) {
    const token = ++this.token;
    this.list.setAttribute("aria-busy", "true");
    try {
      const { rows, more } = await this.fetch(further ? this.rows[this.rows.length - 1] : null);
      if (token !== this.token) return;
      this.rows = further ? [...this.rows, ...rows] : rows;
      this.list.replaceChildren(...this.rows.map((item) => el("li", {}, el("a", { class: "rowlink", href: `#/${this.path}/${item.id}` }, this.row(item)))));
      this.more.hidden = !more;
      const said = this.rows.length ? [more ? "listed_more" : "listed", { n: this.rows.length }] : this.emptySaid;
      say(this.status, said);
      announce(said);
      this.current();
    } catch (refusal) {
      if (token === this.token && !refusal.quiet) this.status.replaceChildren(problem(refusal));
    } finally {
      if (token === this.token) this.list.removeAttribute("aria-busy");
    }
  }

  async open(id) {
    this.id = id;
    this.node.classList.toggle("detailed", Boolean(id));
    this.current();
    this.desk.panel.close();
    if (!id) {
      this.detail.replaceChildren(el("p", { class: "empty muted", say: this.choose }));
      return;
    }
    this.detail.setAttribute("aria-busy", "true");
    try {
      const nodes = await this.show(id);
      if (this.id !== id) return;
      fill(this.detail, button("back", () => this.back(), { class: "back" }), nodes);
    } catch (refusal) {
      if (this.id === id && !refusal.quiet) this.detail.replaceChildren(button("back", () => this.back(), { class: "back" }), problem(refusal));
      if (!refusal.error && !refusal.quiet) console.error(refusal);
    } finally {
      this.detail.removeAttribute("aria-busy");
    }
    if (this.id === id && !document.activeElement?.closest?.(".detail")) this.detail.focus({ preventScroll: true });
  }

  /* What is open, drawn anew after a change; the list too. */
  async again() {
    await Promise.all([this.open(this.id), this.reload()]);
  }

  current() {
    for (const link of this.list.querySelectorAll("a")) {
      if (link.getAttribute("href") === `#/${this.path}/${this.id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  back() {
    const link = this.list.querySelector('[aria-current="true"]');
    this.desk.go(`#/${this.path}`);
    requestAnimationFrame(() => (link ?? this.search)?.focus());
  }
}
