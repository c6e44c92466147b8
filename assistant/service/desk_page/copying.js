/* Copying as plain text. Where the browser refuses the clipboard, the text is selected and the reader is told how. */
import { dialog } from "./dialogs.js";
import { button, el } from "./dom.js";
import { tell } from "./toasts.js";

function byCommand() {
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

function select(area) {
  area.focus();
  area.select();
  area.setSelectionRange(0, area.value.length); // select() alone selects nothing on iPhones
}

/* Shows the text, selected, for copying by hand. */
function byHand(text) {
  const area = el("textarea", { rows: 10, readOnly: true, spellcheck: "false", label: "copy_text" });
  area.value = text;
  dialog("copy_by_hand", (close) => el("div", { class: "body" }, el("p", { say: "copy_by_hand_how" }), area,
    el("footer", {}, button("close", () => close()))));
  select(area);
}

/* Copies `text`. area: a text box that holds it already and is selected when copying is refused. */
export async function copy(text, area = null) {
  try {
    await navigator.clipboard.writeText(text);
    tell("copied");
    return;
  } catch {
    // Refused, or not offered over plain http: the older way needs a selection.
  }
  if (area) {
    const before = document.activeElement;
    select(area);
    if (byCommand()) {
      before?.focus();
      tell("copied");
    } else tell("copy_selected");
    return;
  }
  const aside = el("textarea", { class: "sr-only", label: "copy_text" });
  aside.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(aside);
  const before = document.activeElement;
  select(aside);
  const done = byCommand();
  aside.remove();
  before?.focus();
  if (done) tell("copied");
  else byHand(text);
}
