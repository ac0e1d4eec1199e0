// Makes smooth what already works without it, in the portal and in the back office. Listens at the document, so that what is loaded later
// takes part too.
// A second click on the same button within a second is not another submission (W11); the server takes it for the same one too.
const sentAt = new WeakMap();
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    const isRepeat = Date.now() - (sentAt.get(form) ?? 0) < 1000;
    if (isRepeat) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else {
      sentAt.set(form, Date.now());
    }
  },
  true,
);

// Signing out in one tab empties the others, and a page that the browser brings back is asked for again if nobody is signed in (W9).
{
  const { session } = document.querySelector("script[data-session]").dataset;
  const tabs = new BroadcastChannel("sign-out");
  const signOut = "[data-sign-out], #logout-form button";
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const isOver = async () => {
    const response = await fetch(session, { headers: { Accept: "application/json" } });
    return response.ok && (await response.json()).seconds <= 0;
  };
  const leaveIfOver = async () => {
    if (!document.querySelector(signOut) || !(await isOver())) return false;
    location.replace(location.pathname + location.search);
    return true;
  };
  document.addEventListener("submit", (event) => event.submitter?.matches(signOut) && tabs.postMessage("signing out"));
  tabs.addEventListener("message", async () => {
    for (const wait of [300, 1000, 3000]) {
      await pause(wait); // until the server has done it
      if (await leaveIfOver().catch(() => false)) return;
    }
  });
  window.addEventListener("pageshow", (event) => event.persisted && leaveIfOver().catch(() => {}));
}

document.documentElement.dataset.script = "";

const plainClick = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

// Navigation: the menu button shows or hides it; without script it is a link to it.
const menu = document.querySelector("[data-menu]");
if (menu) {
  const shown = () => getComputedStyle(document.getElementById("navigation")).display !== "none";
  menu.setAttribute("role", "button");
  menu.setAttribute("aria-expanded", shown());
  const toggle = (event) => {
    event.preventDefault();
    document.body.dataset.navigation = shown() ? "closed" : "open";
    menu.setAttribute("aria-expanded", shown());
  };
  menu.addEventListener("click", toggle);
  menu.addEventListener("keydown", (event) => event.key === " " && toggle(event));
}

// Flyouts close by Esc, by a click elsewhere, and when the focus leaves them.
const openFlyouts = () => document.querySelectorAll("details[data-flyout][open]");
document.addEventListener("click", (event) => openFlyouts().forEach((flyout) => flyout.contains(event.target) || (flyout.open = false)));
document.addEventListener("focusin", (event) => openFlyouts().forEach((flyout) => flyout.contains(event.target) || (flyout.open = false)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  openFlyouts().forEach((flyout) => {
    flyout.open = false;
    flyout.querySelector("summary").focus();
  });
});

// Copy: <button data-copy="id of the value" data-copied="Copied">; the status element beside it says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const value = document.getElementById(button.dataset.copy);
  const text = value.innerText.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(value);
    document.execCommand("copy");
  }
  const status = button.parentElement.querySelector("[role=status]");
  status.textContent = button.dataset.copied;
  setTimeout(() => (status.textContent = ""), 4000);
});

document.addEventListener("click", (event) => event.target.closest("[data-print-page]") && print());

// What few pages have brings its own module: <div data-module="its URL">.
function loadModules(root) {
  for (const { dataset } of root.querySelectorAll("[data-module]")) {
    import(dataset.module); // once, however often it is asked for
  }
}
loadModules(document);

// Opened rows: <a data-opens="row id" aria-controls aria-expanded href="the details">; fetched once, then shown and hidden.
function openedRow(opener) {
  const above = opener.closest("tr");
  const row = document.createElement("tr");
  Object.assign(row, { id: opener.dataset.opens, className: "opened", hidden: true });
  const content = document.createElement("div");
  content.className = "opened-content";
  content.dataset.opened = "";
  const cell = row.insertCell();
  cell.colSpan = above.cells.length;
  cell.append(content);
  above.after(row);
  return row;
}

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("a[data-opens]");
  if (!opener || !plainClick(event) || !window.htmx) return;
  event.preventDefault();
  const row = document.getElementById(opener.dataset.opens) ?? openedRow(opener);
  const content = row.querySelector("[data-opened]");
  if (!content.childElementCount) {
    opener.setAttribute("aria-busy", "true");
    await htmx.ajax("GET", opener.href, { target: content, swap: "innerHTML" });
    opener.removeAttribute("aria-busy");
    if (!content.childElementCount) return location.assign(opener.href);
  }
  row.hidden = !row.hidden;
  opener.setAttribute("aria-expanded", !row.hidden);
});

// A button repeats who is chosen: <button data-plain="Assign user" data-says="Assign to {name}">, radio buttons with data-name.
function nameChoice(form) {
  const button = form?.querySelector("button[data-says]");
  if (!button) return;
  const chosen = form.querySelector("input[data-name]:checked");
  button.textContent = chosen ? button.dataset.says.replace("{name}", () => chosen.dataset.name) : button.dataset.plain;
}
document.addEventListener("change", ({ target }) => nameChoice(target.form));
document.addEventListener("htmx:afterSettle", ({ target }) => nameChoice(target.closest?.("form")));
addEventListener("pageshow", () => document.querySelectorAll("form:has(button[data-says])").forEach(nameChoice));

// What belongs to a choice is shown with it: <div data-with="name=value">, of a radio button.
function showChosen(form) {
  for (const part of form?.querySelectorAll("[data-with]") ?? []) {
    const [name, value] = part.dataset.with.split("=");
    part.hidden = form.elements[name].value !== value;
  }
}
document.addEventListener("change", ({ target }) => showChosen(target.form));
addEventListener("pageshow", () => document.querySelectorAll("form:has([data-with])").forEach(showChosen));

// Who or what was missing is chosen now: the error about it goes.
document.addEventListener("change", ({ target }) => {
  if (target.type !== "radio" || !target.form) return;
  for (const link of document.querySelectorAll(".error-summary a[href^='#']")) {
    const named = document.querySelector(link.hash);
    const group = named?.closest("fieldset");
    if (!group?.contains(target)) continue;
    group.querySelector(".field-error")?.remove();
    const summary = link.closest(".error-summary");
    link.closest("li").remove();
    if (!summary.querySelector("li")) summary.remove();
  }
});

// The search box: Esc closes what it found.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.("[data-bar-search]");
  if (!form) return;
  form.querySelector("[role=status]").replaceChildren();
  form.querySelector("input[type=search]").focus();
});

// Lists: what a link or a filter brings in takes the list's place; who was on something that is gone is on the list.
document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.target.closest?.("[data-list]");
  if (list && document.activeElement === document.body) list.focus({ preventScroll: true });
});

// A refusal that the server wrote as a whole page (HX-Retarget: body) is shown; htmx itself shows none.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Retarget") === "body") Object.assign(event.detail, { shouldSwap: true, isError: false });
});

// What htmx put into the page: data-announce is read out, and where the focused element is gone, the focus goes to what replaced it.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  detail.serverResponse = detail.serverResponse.replaceAll(" autofocus", " data-focus"); // the browser's own is for whole pages
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.dataset?.announce) document.getElementById("announcer").textContent = target.dataset.announce;
  const wanted = target.querySelector("[data-focus]");
  if (wanted) return wanted.focus();
  if (document.activeElement !== document.body || target.hidden) return;
  target.setAttribute("tabindex", "-1");
  target.focus();
});

// What was typed in an exercise while a check still ran stays there: the answer brings back what was sent.
{
  const field = () => document.getElementById("exercise-answer");
  let unsent = null;
  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (target.id !== "exercise") return;
    const typed = field()?.value ?? null;
    unsent = typed === detail.requestConfig.parameters.answer ? null : typed;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (unsent !== null && field()) field().value = unsent;
    unsent = null;
  });
}

// Side panel: <a data-panel-link href> lays that page's [data-panel] over this one; its links and forms stay in it, and whatever has no panel is a page again.
const panel = { dialog: null, opener: null, address: "" };

const closePanel = () => panel.dialog?.close();

async function loadPanel(address, options) {
  panel.dialog?.setAttribute("aria-busy", "true");
  const response = await fetch(address, options);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = page.querySelector("[data-panel]");
  if (!content) {
    if (options?.method !== "POST" || response.redirected) return location.assign(response.url);
    showPanel(page.querySelector("main"), page, address);
  } else {
    showPanel(content, page, response.url);
  }
}

function showPanel(content, page, address) {
  if (!panel.dialog) {
    panel.dialog = document.createElement("dialog");
    panel.dialog.className = "panel-dialog";
    panel.dialog.addEventListener("click", (event) => event.target === panel.dialog && closePanel());
    panel.dialog.addEventListener("close", () => {
      if (panel.dialog?.open) return; // the event comes later than the key, and may find it open again
      panel.dialog?.remove();
      panel.dialog = null;
      panel.opener?.focus();
    });
    document.body.append(panel.dialog);
  }
  panel.address = address;
  panel.dialog.removeAttribute("aria-busy");
  panel.dialog.replaceChildren(document.adoptNode(content));
  panel.dialog.setAttribute("aria-label", page.title);
  window.htmx?.process(panel.dialog);
  loadModules(panel.dialog);
  if (!panel.dialog.open) panel.dialog.showModal();
  panel.dialog.scrollTop = 0;
  (panel.dialog.querySelector(".error-summary") ?? panel.dialog.querySelector("h1"))?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel-link], .panel-dialog [data-panel-close]");
  if (!link || !plainClick(event) || (link.closest("[data-panel]") && !panel.dialog)) return; // a page that is the panel is left as any page
  event.preventDefault();
  if (link.hasAttribute("data-panel-close")) return closePanel();
  if (!panel.dialog) panel.opener = link;
  loadPanel(link.href).catch(() => location.assign(link.href));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!panel.dialog?.contains(form) || form.hasAttribute("data-whole-page")) return;
  event.preventDefault();
  const action = form.getAttribute("action") || panel.address;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const request = form.method === "post" ? loadPanel(action, { method: "POST", body: fields }) : loadPanel(`${action.split("?")[0]}?${fields}`);
  request.catch(() => {
    form.action = action;
    form.submit();
  });
});

// A form that takes a while says so while it is sent; a page that the browser brings back is as it was.
document.addEventListener("submit", (event) => {
  const status = event.target.querySelector("[data-while-sent]");
  if (!status || event.defaultPrevented) return;
  status.textContent = status.dataset.whileSent;
  event.submitter?.setAttribute("aria-busy", "true");
  const restore = () => {
    status.textContent = "";
    event.submitter?.removeAttribute("aria-busy");
  };
  window.addEventListener("pageshow", restore, { once: true });
});

// The end of the session: asked for in time, told in a dialog, put off without leaving the page. Asking does not put it off.
const ending = document.getElementById("session-end");
if (ending) {
  const WARNED = 5 * 60; // seconds before the end
  let endsAt = Date.now() + 1000 * ending.dataset.seconds;
  let told = ""; // "soon", "final" (it can be put off no more) or "ended": each is told once
  const tokens = () => document.querySelectorAll("[name=csrfmiddlewaretoken]");

  const ask = async (method) => {
    const response = await fetch(ending.dataset.session, { method, headers: { Accept: "application/json", "X-CSRFToken": tokens()[0].value } });
    if (!response.ok) throw new Error(response.statusText);
    const left = await response.json();
    endsAt = Date.now() + 1000 * left.seconds;
    return left;
  };

  const tell = (what) => {
    if (told === what) return;
    told = what;
    ending.querySelectorAll(`[data-${what}]`).forEach((part) => (part.textContent = part.dataset[what]));
    ending.querySelector("[data-stay]").hidden = what !== "soon";
    ending.querySelector("[data-again]").hidden = what !== "ended";
    if (!ending.open) ending.showModal();
    ending.querySelector({ soon: "[data-stay]", final: "[data-dismiss]", ended: "[data-again]" }[what]).focus();
  };

  // Signed in for long again, here or in another tab; forms that were filled in meanwhile can be sent.
  const goOn = (token) => {
    told = "";
    tokens().forEach((field) => (field.value = token));
    document.body.dataset.hxHeaders = JSON.stringify({ "x-csrftoken": token });
    document.querySelector("[data-near]")?.remove();
    if (ending.open) ending.close();
  };

  const look = async () => {
    if (endsAt - Date.now() > 1000 * WARNED || document.visibilityState !== "visible") return;
    const { seconds, token, final } = await ask("GET");
    if (seconds > WARNED) goOn(token);
    else if (seconds > 0) tell(final ? "final" : "soon");
    else tell("ended");
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) ending.close();
    if (!event.target.closest("[data-stay]")) return;
    event.preventDefault();
    ask("POST").then(({ seconds, token }) => (seconds > 0 ? goOn(token) : tell("ended")), () => {});
  });
  const looking = () => look().catch(() => {}); // the server cannot be asked just now: the next look tells
  document.addEventListener("visibilitychange", looking);
  setInterval(looking, 10_000);
  looking();
}
