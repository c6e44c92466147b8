/* Signing in again over the page, so that what was typed stays where it is. */
import { Api } from "./api.js";
import { dialog, onSubmit } from "./dialogs.js";
import { el, field } from "./dom.js";

let asking = null; // one dialog for all requests that were refused at the same time

/* me: who was signed in. Resolves the account that came in, or null when the dialog was closed. */
export function signInAgain(me) {
  asking ??= new Promise((resolve) => {
    const name = el("input", { type: "text", autocomplete: "username", maxlength: "64" });
    name.value = me?.name ?? "";
    const password = el("input", { type: "password", autocomplete: "current-password", maxlength: "1000", autofocus: true });
    dialog("sign_in_again", (close) => {
      const trouble = el("div", { class: "trouble" });
      const go = el("button", { type: "submit", class: "go", say: "sign_in" });
      const form = el("form", { class: "body", id: "login" }, el("p", { say: "sign_in_again_how" }),
        field("user_name", name, { wide: true, required: true }), field("password", password, { wide: true, required: true }), trouble,
        el("footer", {}, go));
      onSubmit(form, go, trouble, async () => {
        const { account } = await new Api(async () => "nobody").post("/api/session", { name: name.value, password: password.value });
        close(account);
      });
      return form;
    }, { onclose: resolve });
  }).finally(() => { asking = null; });
  return asking;
}
