/* A password or key that is shown once, with a button that copies it. */
import { copy } from "./copying.js";
import { dialog } from "./dialogs.js";
import { button, el } from "./dom.js";

export function showSecret(said, what, secret) {
  const area = el("input", { type: "text", readOnly: true, class: "secret", spellcheck: "false", label: said });
  area.value = secret;
  dialog(said, (close) => el("div", { class: "body" }, el("p", { say: what }), el("p", { class: "notice", say: "shown_once" }),
    el("p", { class: "row" }, area, button("copy", () => copy(secret, area), { class: "go" })),
    el("footer", {}, button("noted", () => close()))), { firm: true });
}
