/* The sign-in page: sends name and password, then opens the desk where the address says. */
import { WORDS } from "./words.js";

const form = document.getElementById("login");
const go = document.getElementById("go");
const trouble = document.getElementById("trouble");
const pair = (key) => ({ zh: WORDS[key][0], en: WORDS[key][1] });

function paragraph(said, language) {
  const node = document.createElement("p");
  node.lang = language;
  node.textContent = said;
  return node;
}

function refused({ error = pair("failed"), remedy = pair("failed_how") }) {
  trouble.className = "problem";
  trouble.replaceChildren(paragraph(`${error.zh}${remedy.zh}`, "zh"), paragraph(`${error.en} ${remedy.en}`, "en"));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  go.disabled = true;
  trouble.replaceChildren();
  trouble.className = "";
  try {
    const response = await fetch("/api/session", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: form.elements.name.value, password: form.elements.password.value }),
    });
    if (response.ok) {
      const { account } = await response.json();
      if (account.role !== "visitor") {
        location.reload();
        return;
      }
      refused({ error: pair("no_desk"), remedy: pair("no_desk_how") });
    } else refused(await response.json().catch(() => ({})));
    form.elements.password.select();
  } catch {
    refused({ error: pair("offline"), remedy: pair("offline_how") });
  }
  go.disabled = false;
});

go.disabled = false;
