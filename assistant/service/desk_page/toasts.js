/* Short messages at the foot of the page, read aloud; a refusal stays until it is put away. */
import { button, el, say } from "./dom.js";

const LINGER = 6000;
const place = () => document.getElementById("toasts");

function add(kind, content, action, linger) {
  const toast = el("div", { class: `toast ${kind}` }, content);
  const away = () => toast.remove();
  if (action) toast.append(button(action.said, () => { away(); action.press(); }));
  toast.append(el("button", { type: "button", class: "close", label: "close", text: "×", on: { click: away } }));
  place().append(toast);
  // Shown anew each time, so that it lies above whatever dialog is open.
  if (place().matches(":popover-open")) place().hidePopover();
  place().showPopover();
  while (place().children.length > 3) place().firstElementChild.remove();
  if (linger) setTimeout(away, linger);
  return toast;
}

/* Done. action: {said, press}, such as undoing it. Gives the toast, which may be removed early. */
export function tell(said, action = null) {
  return add("done", el("p", { say: said }), action, action ? LINGER * 2 : LINGER);
}

/* What a refusal says, as nodes: one sentence and what to do. */
export function problem(refusal) {
  return el("div", { class: "problem", role: "alert" },
    el("p", {}, el("strong", { say: refusal.error ?? "failed" })), el("p", { say: refusal.remedy ?? "failed_how" }));
}

/* Puts the newest refusal away; whether there was one. */
export function dismiss() {
  const last = [...place().querySelectorAll(".refused")].pop();
  last?.remove();
  return Boolean(last);
}

export function refuse(refusal) {
  if (refusal?.name === "AbortError" || refusal?.quiet) return;
  if (!refusal?.error) console.error(refusal);
  add("refused", problem(refusal ?? {}), null, 0);
}

/* Read aloud without being shown, such as how many results there are. */
export function announce(said) {
  const line = document.getElementById("spoken");
  line.textContent = "";
  requestAnimationFrame(() => say(line, said));
}
