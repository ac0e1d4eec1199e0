// What every page does, of the portal and of the back office: a form is sent once, and signing out ends every tab.
"use strict";

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
  const { session } = document.currentScript.dataset;
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
