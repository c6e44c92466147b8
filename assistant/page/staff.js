/* What a reader sends to the people behind the page: a thumb, a comment, a conversation handed over. */
(() => {
  "use strict";
  const root = document.documentElement;
  const PATIENCE = 20_000; // milliseconds until a server that does not answer counts as not reached
  const MOST_ANSWERS = 50; // that the server takes; the newest ones
  const dialog = () => document.getElementById("handover");
  const pageLanguage = () => (root.dataset.lang === "en" ? "en" : "zh");
  let spoken = null; // name → {zh, en}, from the server

  function say(name, language) {
    spoken ??= JSON.parse(dialog()?.dataset.spoken ?? "{}");
    return spoken[name]?.[language] ?? "";
  }

  /* --- the server ---------------------------------------------------------------------------------------------- */

  const FAULTS = { 413: "large", 422: "refused", 429: "busy" };

  // Resolves to {reply} or {fault}, a sentence with its remedy in the language asked for; never rejects.
  async function post(path, body, language) {
    let response;
    let reply = null;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout?.(PATIENCE),
      });
    } catch {
      return { fault: say("offline", language) };
    }
    try {
      if (response.status !== 204) reply = await response.json();
    } catch {
      reply = null; // a proxy's own page, or nothing
    }
    if (response.ok) return { reply };
    const said = [reply?.error?.[language], reply?.remedy?.[language]].filter((part) => typeof part === "string" && part);
    return { fault: said.join(language === "en" ? " " : "") || say(FAULTS[response.status] ?? "failed", language) };
  }

  /* --- thumbs -------------------------------------------------------------------------------------------------- */

  const turnOf = (element) => element.closest("article.turn[data-answer]");
  const languageOf = (turn) => (turn.lang === "en" ? "en" : "zh");

  function tell(turn, text, fault) {
    const status = turn?.querySelector(".said");
    if (!status) return;
    status.classList.toggle("fault", fault);
    status.textContent = text;
  }

  // One request at a time for each answer: the last one that arrives is the one that counts.
  async function judge(turn, verdict, comment) {
    if (turn.dataset.sending) return null;
    turn.dataset.sending = "true";
    const body = { answer_id: turn.dataset.answer, verdict };
    if (comment) body.comment = comment;
    const { fault } = await post("api/feedback", body, languageOf(turn));
    delete turn.dataset.sending;
    tell(turn, fault ?? say(comment ? "comment" : verdict, languageOf(turn)), Boolean(fault));
    return !fault;
  }

  function press(turn, verdict) {
    for (const button of turn.querySelectorAll(".thumb")) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    }
  }

  async function thumb(button) {
    const turn = turnOf(button);
    if (!turn || turn.dataset.sending || button.getAttribute("aria-pressed") === "true") return;
    const before = turn.querySelector('.thumb[aria-pressed="true"]')?.dataset.verdict;
    const verdict = button.dataset.verdict;
    press(turn, verdict);
    if (!(await judge(turn, verdict, ""))) {
      press(turn, before);
      return;
    }
    const form = turn.querySelector("form.comment");
    form.hidden = verdict !== "down";
    if (!form.hidden) form.scrollIntoView({ block: "nearest" });
  }

  async function sendComment(form) {
    const turn = turnOf(form);
    const text = form.elements.comment.value.trim();
    if (!turn || !text) return;
    if (!(await judge(turn, "down", text))) return;
    const focused = form.contains(document.activeElement);
    form.reset();
    form.hidden = true;
    if (focused) turn.querySelector(".thumb.down").focus();
  }

  /* --- handing over -------------------------------------------------------------------------------------------- */

  let opener = null;
  let handed = ""; // the answers that were handed over last, so that the same ones are not handed over twice
  let sending = false;

  function conversation() {
    const turns = document.querySelectorAll("#past article.turn[data-answer], #now article.turn[data-answer]");
    return [...new Set([...turns].map((turn) => turn.dataset.answer))].slice(-MOST_ANSWERS);
  }

  function show(done) {
    const box = dialog();
    box.querySelector("form").hidden = done;
    box.querySelector(".done").hidden = !done;
    const heading = box.querySelector(done ? ".done h2" : "form h2");
    box.setAttribute("aria-labelledby", heading.id);
    heading.focus();
  }

  function complain(text, field, waiting = false) {
    const form = dialog().querySelector("form");
    const line = form.querySelector(".error");
    line.textContent = text;
    line.classList.toggle("waiting", waiting);
    for (const checked of [form.elements.contact, form.elements.consent]) {
      if (checked === field) checked.setAttribute("aria-invalid", "true");
      else checked.removeAttribute("aria-invalid");
    }
    field?.focus();
  }

  function openDialog(button) {
    const box = dialog();
    if (!box || box.open) return;
    opener = button;
    if (!sending) complain("");
    box.showModal();
    box.scrollTop = 0;
    show(handed !== "" && handed === conversation().join(" "));
  }

  async function handOver(form) {
    if (sending) return;
    const language = pageLanguage();
    const { contact, channel, company, note, consent } = form.elements;
    const missing = !contact.value.trim() ? contact : !consent.checked ? consent : null;
    if (missing) {
      complain(say(missing.name, language), missing);
      return;
    }
    complain(say("sending", language), undefined, true);
    const button = form.querySelector("[type=submit]");
    const from = turnOf(opener);
    const ids = conversation();
    sending = true;
    button.setAttribute("aria-disabled", "true");
    const { reply, fault } = await post("api/handover", {
      answer_ids: ids,
      contact: contact.value.trim(),
      channel: channel.value,
      company: company.value.trim(),
      note: note.value.trim(),
      consent: true,
      language,
    }, language);
    sending = false;
    button.removeAttribute("aria-disabled");
    complain(fault ?? "");
    if (fault) {
      if (!dialog().open) tell(from, fault, true);
      return;
    }
    handed = ids.join(" ");
    form.reset(); // the next person at this computer finds no telephone number here
    dialog().querySelector(".case").textContent = String(reply?.id ?? "");
    if (from) tell(from, `${say("handed", languageOf(from))} ${reply?.id ?? ""}`, false);
    if (dialog().open) show(true);
  }

  /* --- one listener each --------------------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const action = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    if (action?.dataset.action === "thumb") thumb(action);
    else if (action?.dataset.action === "person") openDialog(action);
    else if (action?.dataset.action === "dismiss") dialog()?.close();
  });

  document.addEventListener("submit", (event) => {
    const kind = event.target instanceof HTMLFormElement ? event.target.dataset.form : "";
    if (kind !== "comment" && kind !== "handover") return;
    event.preventDefault();
    if (kind === "comment") sendComment(event.target);
    else handOver(event.target);
  });

  // Does not bubble; the browser gives the focus back by itself only where buttons take it when clicked.
  document.addEventListener("close", (event) => {
    if (event.target === dialog() && opener?.isConnected) opener.focus();
  }, true);

  document.addEventListener("assistant:anew", () => {
    handed = "";
    dialog()?.querySelector("form").reset();
  });
})();
