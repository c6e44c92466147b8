/* Text that is not sent yet. Notes outlive a reload of the page in this tab, and are gone with the tab or the sign-out. */
import { el } from "./dom.js";

const PREFIX = "desk.unsent.";

export function noteBox(name) {
  const key = PREFIX + name;
  const area = el("textarea", { rows: 4, maxlength: "20000", on: {
    input: () => (area.value ? sessionStorage.setItem(key, area.value) : sessionStorage.removeItem(key)),
  } });
  area.value = sessionStorage.getItem(key) ?? "";
  return {
    area,
    sent() {
      area.value = "";
      sessionStorage.removeItem(key);
    },
  };
}

export function forget() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}

/* Fields of forms that were changed and not saved, by object; kept while the page is open. */
export class Unsaved {
  constructor() {
    this.held = new Map();
    window.addEventListener("beforeunload", (event) => {
      if (this.held.size) event.preventDefault();
    });
  }

  get(id) {
    return this.held.get(id) ?? null;
  }

  keep(id, values) {
    if (values && Object.keys(values).length) this.held.set(id, values);
    else this.held.delete(id);
  }
}
