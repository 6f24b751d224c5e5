// The counter by keyboard: Enter goes on to the next card, the services are found as they are called.

const form = document.getElementById("book");
const who = document.getElementById("id_who");
const search = document.getElementById("find-service");
const services = [...document.querySelectorAll("#services label")];
const steps = [...form.querySelectorAll("[data-step]")];
let goOnAfter = null; // the id of a part that is being loaded, and is to be gone to then

// --- services ---------------------------------------------------------------------------------

function fits(words, asked) {
  return asked.every((part) => words.some((word) => word.startsWith(part)));
}

function showFitting() {
  const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const label of services) {
    const isChosen = label.querySelector("input").checked;
    const isShown = fits(label.dataset.words.split(/\s+/), asked);
    label.hidden = !isShown && !isChosen;
    shown += isShown;
  }
  document.getElementById("no-service").hidden = shown > 0;
}

// Who types the service's own name means that one, and not a longer one that holds the same words.
function best(asked) {
  const open = services.filter((label) => !label.querySelector("input").checked);
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = open.filter((label) => fits(label.dataset.words.split(/\s+/), words));
  const name = (label) => label.querySelector("span").firstChild.textContent.trim();
  const starts = fitting.filter((label) => name(label).toLowerCase().startsWith(asked.trim().toLowerCase()));
  const among = starts.length ? starts : fitting;
  return among.sort((one, other) => name(one).length - name(other).length)[0];
}

function choose() {
  const label = best(search.value);
  if (!label) return;
  label.querySelector("input").click();
  search.value = "";
  showFitting();
}

search.addEventListener("input", showFitting);

// --- going on ---------------------------------------------------------------------------------

function focusIn(step) {
  const among = (selector) => [...step.querySelectorAll(selector)].find((each) => each.offsetParent);
  const target =
    among("#people input:checked, #openings input:checked") ||
    among("#openings input") ||
    among("input:not([type=hidden]), select, textarea, button");
  if (target) target.focus();
  // Who goes on with the keyboard has the first opening, and changes it with the arrows.
  if (target?.type === "radio" && !form.querySelector(`[name="${target.name}"]:checked`)) target.click();
}

function goOn(from) {
  const step = from.closest("[data-step]");
  if (from === who) {
    goOnAfter = "people";
    htmx.trigger(who, "look");
    return;
  }
  const fresh = step.querySelector(".desk-new-customer input, .desk-new-vehicle input");
  if (from.name === "party" && from.value.endsWith("new")) {
    const shown = [...step.querySelectorAll(".desk-new input")].find((each) => each.offsetParent);
    (shown || fresh).focus();
    return;
  }
  const next = steps[steps.indexOf(step) + 1];
  if (!next) form.querySelector("button[type=submit]").focus();
  else if (next.dataset.step === "when" && form.querySelector("#ways.htmx-request")) goOnAfter = "openings";
  else focusIn(next);
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.target.matches("input, select")) {
    event.preventDefault();
    if (event.target === search && search.value.trim()) choose();
    else goOn(event.target);
  }
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== goOnAfter) return;
  goOnAfter = null;
  if (event.target.id === "people") {
    const chosen = form.querySelector("#people input:checked") || form.querySelector("#people input");
    chosen.focus();
    chosen.checked = true;
  } else focusIn(event.target.closest("[data-step]"));
});

// --- when the server does not answer ----------------------------------------------------------

const trouble = document.getElementById("trouble");
for (const kind of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(kind, () => (trouble.hidden = false));
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (xhr.status !== 200) return;
  trouble.hidden = true;
  // Logged out meanwhile: the answer is the log-in page, which is no part of this one.
  if (new URL(xhr.responseURL).pathname !== pathInfo.requestPath) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});

// --- days -------------------------------------------------------------------------------------

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-day]");
  if (!button) return;
  const day = form.elements.day;
  day.value = button.dataset.day;
  day.dispatchEvent(new Event("change", { bubbles: true }));
});

// --- where one begins -------------------------------------------------------------------------

function begin() {
  if (!form.querySelector(".desk-refusal")) {
    who.focus();
    return;
  }
  const marked = form.querySelector("#openings .desk-near input") || form.querySelector(".desk-error");
  marked?.scrollIntoView({ block: "center" });
  if (marked?.matches("input")) marked.focus();
}

// Until Alpine has begun the page is hidden, and nothing on it takes the focus.
if (document.documentElement.hasAttribute("x-cloak")) document.addEventListener("alpine:initialized", begin);
else begin();
