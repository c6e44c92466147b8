/* Choosing several of many by typing: an input with a list below it, and what is chosen as chips. */
import { el, fresh, text } from "./dom.js";

const MOST = 12; // lines shown at once

export class Picker {
  /* options: () => [{id, zh, en}]; ids: chosen at first. one: at most one. */
  constructor(options, ids = [], { one = false, label, hint = "pick_hint", disabled = false, changed = () => {} } = {}) {
    Object.assign(this, { options, one, disabled, changed });
    this.ids = [...ids];
    this.at = -1;
    const list = fresh("pick");
    this.list = el("ul", { id: list, role: "listbox", class: "picks", hidden: true, label });
    this.input = el("input", {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", hint, "aria-controls": list, "aria-expanded": "false",
      "aria-autocomplete": "list", disabled, hidden: disabled && ids.length > 0, on: {
        input: () => this.offer(), keydown: (event) => this.key(event), focus: () => this.input.value && this.offer(), blur: () => this.shut(),
      },
    });
    this.chips = el("ul", { class: "chips" });
    this.node = el("div", { class: "picker" }, this.chips, this.input, this.list);
    this.draw();
  }

  name(id) {
    const found = this.options().find((o) => o.id === id);
    return found ? { zh: found.zh ?? found.name ?? id, en: found.en ?? found.name ?? id } : { zh: id, en: id };
  }

  draw() {
    this.chips.hidden = !this.ids.length;
    this.chips.replaceChildren(...this.ids.map((id) => el("li", {}, el("button", {
      type: "button", disabled: this.disabled, label: ["remove", { name: this.name(id) }], on: { click: () => this.remove(id) },
    }, el("span", { say: this.name(id) }), el("span", { "aria-hidden": "true", text: this.disabled ? "" : "×" })))));
  }

  remove(id) {
    this.ids = this.ids.filter((i) => i !== id);
    this.draw();
    this.input.focus();
    this.changed();
  }

  add(id) {
    this.ids = this.one ? [id] : [...this.ids.filter((i) => i !== id), id];
    this.input.value = "";
    this.shut();
    this.draw();
    this.changed();
  }

  offer() {
    const typed = this.input.value.trim().toLowerCase();
    const rank = (o) => {
      const names = [o.id, o.zh, o.en, o.name].filter(Boolean).map((n) => n.toLowerCase());
      return names.some((n) => n === typed) ? 0 : names.some((n) => n.startsWith(typed)) ? 1 : names.some((n) => n.includes(typed)) ? 2 : 3;
    };
    const found = typed ? this.options().map((o) => [rank(o), o]).filter(([r, o]) => r < 3 && !this.ids.includes(o.id))
      .sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, o]) => o) : [];
    this.found = found;
    this.at = found.length ? 0 : -1;
    this.list.replaceChildren(...found.map((o) => el("li", { id: fresh("p"), role: "option", on: {
      mousedown: (event) => { event.preventDefault(); this.add(o.id); },
    } }, el("span", { say: this.name(o.id) }), el("small", { text: ` ${o.id}` }))));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.point();
  }

  point() {
    const options = [...this.list.children];
    options.forEach((o, i) => o.setAttribute("aria-selected", String(i === this.at)));
    if (this.at >= 0 && options[this.at]) {
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  shut() {
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const open = !this.list.hidden;
    if (event.key === "Backspace" && !this.input.value && this.ids.length) this.remove(this.ids[this.ids.length - 1]);
    else if (event.ctrlKey || event.metaKey) return;
    else if (open && event.key === "ArrowDown") this.at = Math.min(this.at + 1, this.found.length - 1);
    else if (open && event.key === "ArrowUp") this.at = Math.max(this.at - 1, 0);
    else if (open && event.key === "Enter") this.add(this.found[this.at].id);
    else if (open && event.key === "Escape") this.shut();
    else if (event.key === "Enter") { /* nothing found: an unfinished word must not send the form */ } else return;
    event.preventDefault();
    event.stopPropagation();
    if (open) this.point();
  }

  said() {
    return this.ids.map((id) => text(this.name(id))).join("、");
  }
}
