/* A text box that filters names as one types: arrow keys choose, Enter takes, Escape closes, × clears. */
import { el, say, word } from "./dom.js";

const MOST = 40;
const plain = (said) => said.normalize("NFKC").toLowerCase().replaceAll("-", " ").trim();

/* Best first: the id or a name itself, a name that begins so, one that holds it. */
function rank(entry, wanted) {
  let best = 9;
  for (const name of entry.search) {
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) best = Math.min(best, 1);
    else if (name.includes(wanted)) best = Math.min(best, 2);
  }
  return best;
}

export class Combo {
  /* host: the .field it fills; key: its word; chosen(id): called with the id, or "" when cleared. */
  constructor(host, key, chosen) {
    this.key = key;
    this.chosen = chosen;
    this.entries = [];
    this.id = "";
    this.at = -1;
    this.label = el("label", { for: `${key}-box` });
    this.list = el("ul", { id: `${key}-names`, role: "listbox", hidden: true, class: "names" });
    this.box = el("input", { id: `${key}-box`, type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": this.list.id, spellcheck: "false", autocapitalize: "off", maxlength: "100",
      on: { input: () => this.open(), focus: () => this.box.select(), click: () => this.open(), keydown: (e) => this.key_(e), blur: () => this.leave() } });
    this.clear = el("button", { type: "button", class: "clear", on: { click: () => { this.take(""); this.box.focus(); } } }, "×");
    // Pressing the mouse on a name must not take the focus out of the box before the click arrives.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    host.append(this.label, el("div", { class: "combo" }, this.box, this.clear, this.list));
  }

  offer(entries) {
    this.entries = entries.map((e) => ({ ...e, search: [e.id, e.name.zh, e.name.en, ...e.also].map(plain) }));
  }

  entry(id) {
    return this.entries.find((e) => e.id === id);
  }

  show(id) {
    this.id = id;
    this.label.textContent = word(this.key);
    this.box.placeholder = word(`${this.key}_hint`);
    this.clear.setAttribute("aria-label", word("clear", { what: word(this.key) }));
    this.list.setAttribute("aria-label", word(this.key));
    this.clear.hidden = !id;
    const entry = this.entry(id);
    this.box.value = entry ? say(entry.name) : "";
  }

  open() {
    const current = this.entry(this.id);
    const typed = plain(this.box.value);
    const wanted = current && typed === plain(say(current.name)) ? "" : typed;
    const found = this.entries.map((entry) => [wanted ? rank(entry, wanted) : 1, entry]).filter(([r]) => r < 9);
    found.sort(([a, x], [b, y]) => a - b || say(x.name).length - say(y.name).length || (x.id < y.id ? -1 : 1));
    if (!wanted) found.sort(([, x], [, y]) => this.entries.indexOf(x) - this.entries.indexOf(y));
    this.found = found.slice(0, MOST).map(([, entry]) => entry);
    this.at = wanted && this.found.length ? 0 : -1;
    const rows = this.found.map((entry, i) => el("li", { id: `${this.key}-name-${i}`, role: "option", "aria-selected": String(i === this.at),
      on: { click: () => this.take(entry.id) } }, say(entry.name), " ", el("small", {}, entry.id)));
    const more = found.length - this.found.length;
    if (more > 0) rows.push(el("li", { role: "presentation", class: "muted" }, word("more", { n: more })));
    if (!rows.length) rows.push(el("li", { role: "presentation", class: "muted" }, word("none")));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    this.point();
  }

  point() {
    for (const [i, row] of [...this.list.querySelectorAll("[role=option]")].entries()) {
      row.setAttribute("aria-selected", String(i === this.at));
      if (i === this.at) row.scrollIntoView({ block: "nearest" });
    }
    if (this.at >= 0) this.box.setAttribute("aria-activedescendant", `${this.key}-name-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }

  key_(event) {
    if (event.isComposing) return; // Enter belongs to the input method
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.open();
      const n = this.found.length;
      if (n) this.at = (this.at + (event.key === "ArrowDown" ? 1 : this.at < 0 ? 0 : -1) + n) % n;
      this.point();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.box.value.trim()) this.take("");
      else if (!this.list.hidden && this.found[this.at]) this.take(this.found[this.at].id);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
      this.show(this.id);
    }
  }

  leave() {
    this.close();
    if (!this.box.value.trim() && this.id) this.take("");
    else this.show(this.id);
  }

  take(id) {
    this.close();
    const changed = id !== this.id;
    this.show(id);
    if (changed) this.chosen(id);
  }
}
