// Keeps the page's main part live. Without this script the page works too: it reloads itself.
"use strict";

const main = document.getElementById("main");
const cut = document.getElementById("cut");
const announce = document.getElementById("announce");
const every = Number(main.dataset.refreshMs);
let busy = false;

function swap(html) {
  const closed = [...main.querySelectorAll("details:not([open])")].map((one) => one.id);
  const only = document.getElementById("only-abnormal").checked;
  const focused = main.contains(document.activeElement) ? document.activeElement.id : "";
  main.innerHTML = html;
  for (const id of closed) document.getElementById(id)?.removeAttribute("open");
  document.getElementById("only-abnormal").checked = only;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const news = document.getElementById("live").dataset.announce;
  if (announce.textContent !== news) announce.textContent = news;
}

async function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const reply = await fetch("/live", { signal: AbortSignal.timeout(6000) });
    if (reply.status === 401) return location.reload();
    if (!reply.ok) throw new Error(reply.statusText);
    swap(await reply.text());
    cut.hidden = true;
    main.classList.remove("cut");
  } catch {
    cut.hidden = false; // what stands on the page is old from here on, and must look so
    main.classList.add("cut");
  } finally {
    busy = false;
  }
}

main.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.submitter.disabled = true;
  try {
    const reply = await fetch(event.target.action, { method: "POST", redirect: "manual" });
    if (reply.type !== "opaqueredirect") throw new Error(reply.statusText);
    await refresh();
  } catch {
    location.reload();
  }
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, every);
