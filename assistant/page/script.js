/* Language switch, examples, the evidence panel, copying. It asks no server for anything; staff.js does. */
(() => {
  "use strict";
  const root = document.documentElement;
  const narrow = matchMedia("(max-width: 1023px)");
  const now = () => document.getElementById("now");
  const past = () => document.querySelector("#past .log");
  const box = () => document.querySelector("#question textarea");
  let panel = null;
  let opener = null; // id of the evidence that is open; its mark is found again when the turn is redrawn or moved

  /* --- language ------------------------------------------------------------------------------------------------ */

  // The words come from the server, in data attributes of the header; gradio may draw the box after the header.
  function dress() {
    const said = document.querySelector("header.top")?.dataset;
    const field = box();
    if (!said || !field) return;
    const end = root.dataset.lang === "en" ? "En" : "Zh";
    const aside = document.querySelector("#taken-away textarea, #taken-away input");
    if (aside && aside.tabIndex !== -1) {
      aside.tabIndex = -1;
      aside.setAttribute("aria-hidden", "true");
    }
    const wanted = { placeholder: said["placeholder" + end], "aria-label": said["label" + end] };
    for (const [name, value] of Object.entries(wanted)) {
      if (field.getAttribute(name) !== value) field.setAttribute(name, value);
    }
    if (document.title !== said["title" + end]) document.title = said["title" + end];
  }

  function speak(language, remember) {
    root.dataset.lang = language;
    root.lang = language === "en" ? "en" : "zh-CN";
    dress();
    if (remember) {
      const address = new URL(location.href);
      address.searchParams.set("lang", language);
      history.replaceState(history.state, "", address);
    }
  }
  speak(new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh", false);

  /* --- conversation -------------------------------------------------------------------------------------------- */

  function keep() {
    const turn = now()?.querySelector("article.turn");
    if (turn && turn.querySelector('[aria-busy="false"]')) past()?.append(turn);
  }

  function clear() {
    closePanel(false);
    past()?.replaceChildren();
    document.dispatchEvent(new Event("assistant:anew"));
    box()?.focus();
  }

  window.assistantPage = { keep, clear };

  function ask(question) {
    const field = box();
    const send = [...document.querySelectorAll("#send-zh, #send-en")].find((button) => button.offsetParent);
    if (!field || !send) return;
    field.value = question;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => send.click());
  }

  // A facet's button asks the same question again without it, or with it again; others stay as they were.
  function toggleFacet(button) {
    const list = button.closest(".chips");
    const hidden = document.querySelector("#taken-away textarea, #taken-away input");
    if (!list || !hidden) return;
    const ids = new Set((list.dataset.dropped ?? "").split(" ").filter(Boolean));
    if (!ids.delete(button.dataset.id)) ids.add(button.dataset.id);
    hidden.value = [...ids].join(" ");
    hidden.dispatchEvent(new Event("input", { bubbles: true }));
    ask(list.dataset.question);
  }

  // A new turn is kept at the top of the window while it grows, until it is finished or the reader scrolls.
  let known = "";
  let following = false;
  for (const kind of ["wheel", "touchmove"]) {
    document.addEventListener(kind, () => { following = false; }, { passive: true });
  }

  function follow() {
    const turn = now()?.querySelector("article.turn");
    root.toggleAttribute("data-talking", Boolean(turn || past()?.firstElementChild));
    if (turn && known !== turn.dataset.turn) {
      known = turn.dataset.turn;
      following = true;
    }
    if (turn && following) {
      turn.scrollIntoView({ block: "start" });
      following = Boolean(turn.querySelector('[aria-busy="true"]'));
    }
    markOpen();
    dress();
  }

  /* --- evidence panel ------------------------------------------------------------------------------------------ */

  function makePanel() {
    panel = document.createElement("aside");
    panel.id = "evidence";
    panel.hidden = true;
    panel.tabIndex = -1;
    panel.innerHTML =
      '<div class="bar"><p class="kicker"></p><button type="button" class="quiet" data-action="close">' +
      '<span class="ui-zh" lang="zh">关闭</span><span class="ui-en" lang="en">Close</span></button></div>' +
      '<div class="inside"></div>';
    document.body.append(panel);
  }

  function markOpen() {
    for (const mark of document.querySelectorAll("button.cite")) {
      const open = String(mark.dataset.evidence === opener);
      if (mark.getAttribute("aria-expanded") !== open) mark.setAttribute("aria-expanded", open);
    }
  }

  function openPanel(id) {
    const held = document.getElementById(id);
    if (!held) return;
    if (!panel) makePanel();
    opener = id;
    const copy = held.cloneNode(true);
    copy.removeAttribute("id");
    const heading = copy.querySelector("h2");
    heading.id = "evidence-title";
    panel.setAttribute("aria-labelledby", "evidence-title");
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-modal", String(narrow.matches));
    panel.querySelector(".kicker").replaceWith(copy.querySelector(".kicker"));
    panel.querySelector(".inside").replaceChildren(copy);
    panel.hidden = false;
    root.toggleAttribute("data-evidence", true);
    markOpen();
    panel.focus({ preventScroll: true });
    panel.scrollTop = 0;
    const quote = panel.querySelector("mark");
    const body = panel.querySelector(".passage");
    if (!quote || !body) return;
    if (body.scrollHeight > body.clientHeight) body.scrollTop = quote.offsetTop - body.offsetTop - 40;
    else if (quote.getBoundingClientRect().bottom > innerHeight) quote.scrollIntoView({ block: "center" });
  }

  function closePanel(giveBack) {
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    root.toggleAttribute("data-evidence", false);
    const mark = opener && document.querySelector(`button.cite[data-evidence="${CSS.escape(opener)}"]`);
    opener = null;
    markOpen();
    if (giveBack && mark) mark.focus();
  }

  /* --- copying ------------------------------------------------------------------------------------------------- */

  function copyAnswer(button) {
    const area = button.closest(".answer")?.querySelector(".copy");
    const text = area?.querySelector("textarea");
    if (!text) return;
    area.hidden = false;
    button.setAttribute("aria-expanded", "true");
    text.focus();
    text.select();
    text.setSelectionRange(0, text.value.length); // select() alone selects nothing on iPhones
    const status = area.querySelector("[role=status]");
    status.textContent = status.dataset.hint;
    let copied = false;
    try {
      copied = document.execCommand("copy");
    } catch {
      copied = false;
    }
    const done = () => { status.textContent = status.dataset.copied; };
    if (copied) done();
    else navigator.clipboard?.writeText(text.value).then(done, () => {});
  }

  /* --- one listener each --------------------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const mark = target?.closest("button.cite");
    if (mark) {
      if (mark.dataset.evidence === opener) closePanel(true);
      else openPanel(mark.dataset.evidence);
      return;
    }
    const action = target?.closest("[data-action]");
    if (action?.dataset.action === "language") speak(root.dataset.lang === "en" ? "zh" : "en", true);
    else if (action?.dataset.action === "example") ask(action.textContent);
    else if (action?.dataset.action === "facet") toggleFacet(action);
    else if (action?.dataset.action === "copy") copyAnswer(action);
    else if (action?.dataset.action === "close") closePanel(true);
    else if (narrow.matches && panel && !panel.hidden && target && !panel.contains(target)) closePanel(true);
  });

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return; // its keys are its own
    if (event.key === "Escape" && panel && !panel.hidden) closePanel(true);
    if (event.key === "Tab" && narrow.matches && panel && !panel.hidden) {
      const stops = [...panel.querySelectorAll("button, a[href]")];
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (document.activeElement === edge || !panel.contains(document.activeElement)) {
        event.preventDefault();
        (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
      }
    }
  });

  // Enter that only picks a word in a Chinese input method must not send the question.
  for (const kind of ["keydown", "keypress"]) {
    document.addEventListener(kind, (event) => {
      if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
    }, true);
  }

  new MutationObserver(follow).observe(root, { childList: true, subtree: true });
})();
