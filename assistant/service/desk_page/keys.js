/* The keyboard. Single keys work outside text boxes and dialogs, and can be switched off; the list opens with `?`. */
import { dialog } from "./dialogs.js";
import { el, say } from "./dom.js";

const OFF = "desk.single-keys-off";
const NAMES = { Escape: "Esc", N: "Shift+N" };
const BY_CODE = { Slash: "/", BracketLeft: "[", BracketRight: "]" };

/* The key as printed on it, also while a Chinese input method is on. */
function pressed(event) {
  if (/^[!-~]$/.test(event.key)) return event.key;
  if (event.key === "\uff1f") return "?";
  if (BY_CODE[event.code]) return event.shiftKey && event.code === "Slash" ? "?" : BY_CODE[event.code];
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter && (event.key === "Process" || event.keyCode === 229)) return event.shiftKey ? letter : letter.toLowerCase();
  return event.key;
}

const typing = (node) => node instanceof Element && Boolean(node.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));

export class Keys {
  constructor() {
    this.bound = []; // {key, said, group, press, when}
    document.addEventListener("keydown", (event) => this.heard(event));
  }

  get off() {
    return localStorage.getItem(OFF) === "1";
  }

  /* when: () => whether it does anything now. */
  bind(group, key, said, press, when = () => true) {
    this.bound.push({ group, key, said, press, when });
  }

  /* Heard, but not listed on its own. */
  hear(key, press, when) {
    this.bound.push({ group: null, key, said: "", press, when });
  }

  /* A line of the list for keys that are heard elsewhere. */
  mention(group, key, said) {
    this.bound.push({ group, key, said, press: null, when: () => false });
  }

  heard(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]:modal")) return;
    const key = pressed(event);
    if (this.off && key !== "?" && key !== "Escape") return;
    const found = this.bound.find((b) => b.key === key && b.press && b.when());
    if (!found) return;
    event.preventDefault();
    found.press(event);
  }

  help() {
    const groups = [...new Set(this.bound.map((b) => b.group).filter(Boolean))];
    const toggle = el("input", { type: "checkbox", checked: !this.off, on: {
      change: () => (toggle.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")),
    } });
    dialog("keys", (close) => el("div", { class: "body keys" },
      el("div", { class: "columns" }, groups.map((group) => el("section", {},
        say(el("h3"), group),
        el("dl", {}, this.bound.filter((b) => b.group === group).map((b) => el("div", {},
          el("dt", {}, b.key.split(" ").map((k) => el("kbd", { text: NAMES[k] ?? k }))), el("dd", { say: b.said }))))))),
      el("label", { class: "check" }, toggle, el("span", { say: "keys_on" })),
      el("footer", {}, el("button", { type: "button", class: "go", say: "close", autofocus: true, on: { click: () => close() } }))),
    { wide: true });
  }
}
