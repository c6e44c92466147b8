/* Dialogs over the page. The browser traps the focus and gives it back; Esc closes. */
import { button, el, fresh } from "./dom.js";
import { problem } from "./toasts.js";

/* Opens a dialog. build(close) returns its content; closing removes it and calls onclose(result). firm: only its own
   buttons close it. */
export function dialog(said, build, { wide = false, firm = false, onclose = () => {} } = {}) {
  const id = fresh("dialog");
  const node = el("dialog", { class: wide ? "sheet wide" : "sheet", "aria-labelledby": id });
  let result = null;
  const close = (value = null) => {
    result = value;
    node.close();
  };
  node.append(
    el("header", {}, el("h2", { id, say: said }),
      firm ? "" : el("button", { type: "button", class: "close", label: "close", text: "×", on: { click: () => close() } })),
    build(close));
  // The browser lets a second Esc through whatever the page says about the first, so the key itself is taken.
  if (firm) node.addEventListener("keydown", (event) => { if (event.key === "Escape") event.preventDefault(); });
  if (firm) node.addEventListener("cancel", (event) => event.preventDefault());
  node.addEventListener("close", () => {
    node.remove();
    onclose(result);
  });
  document.body.append(node);
  node.showModal();
  (node.querySelector("[autofocus]") ?? node.querySelector(".body input, .body textarea, .body select"))?.focus();
  return { node, close };
}

/* A form in a dialog. submit(form) may throw a refusal, which is shown while everything typed stays. */
export function formDialog(said, fields, submitSaid, submit, { wide = false, danger = false, onclose = () => {} } = {}) {
  return dialog(said, (close) => {
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: danger ? "go danger" : "go", say: submitSaid });
    const form = el("form", { class: "body", novalidate: false }, fields, trouble,
      el("footer", {}, button("cancel", () => close()), go));
    onSubmit(form, go, trouble, async () => {
      const value = await submit(form);
      close(value ?? true);
    });
    return form;
  }, { wide, onclose });
}

/* One submit at a time; Ctrl+Enter submits from anywhere in the form. */
export function onSubmit(form, go, trouble, submit) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    trouble.replaceChildren();
    try {
      await submit();
    } catch (refusal) {
      if (!refusal.quiet) trouble.replaceChildren(problem(refusal));
    } finally {
      go.disabled = false;
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      form.requestSubmit();
    }
  });
}

/* A question with a yes; resolves true or false. */
export function sure(said, detail, yes, danger = true) {
  return new Promise((resolve) => {
    formDialog(said, el("p", { say: detail }), yes, async () => true, { danger, onclose: (result) => resolve(result === true) });
  });
}

/* Somebody saved first. rows: [[words, theirs, mine]] as nodes or text; resolves "mine", "theirs" or null (look again). */
export function conflict(rows) {
  return new Promise((resolve) => {
    dialog("conflict", (close) => el("div", { class: "body" },
      el("p", { say: "conflict_how" }),
      el("div", { class: "scroll" }, el("table", {},
        el("thead", {}, el("tr", {}, ["field", "theirs", "mine"].map((key) => el("th", { scope: "col", say: key })))),
        el("tbody", {}, rows.map(([said, theirs, mine]) => el("tr", {},
          el("th", { scope: "row", say: said }), el("td", {}, theirs), el("td", {}, el("mark", {}, mine))))))),
      el("footer", {}, button("look_again", () => close(null)), button("take_theirs", () => close("theirs")),
        el("button", { type: "button", class: "go", say: "save_mine", autofocus: true, on: { click: () => close("mine") } }))),
    { wide: true, onclose: resolve });
  });
}

/* Save `changes`; where somebody else was first, show both and let the person choose, as often as it happens.
   send(version), current() → the row as it is now, said(name, value) → text or node.
   → true: saved; false: the other's version was taken; null: the person wants to look again, nothing was given up. */
export async function keepTrying(changes, version, { send, current, said }) {
  try {
    await send(version);
    return true;
  } catch (refusal) {
    if (refusal.status !== 409) throw refusal;
    const now = refusal.current ?? await current();
    const chosen = await conflict(Object.entries(changes).map(([name, value]) => [name, said(name, now[name]), said(name, value)]));
    if (chosen === "mine") return keepTrying(changes, now.version, { send, current, said });
    return chosen === "theirs" ? false : null;
  }
}
