// The day board in the page: cards are carried by pointer or by keys, the server decides where they stay.

const FAR_PX = 5; // less is a click
const HOLD_MS = 350; // a finger that stays as long picks up, one that moves scrolls
const EDGE_PX = 48;
const SAID_MS = 8000;

let pressed = null; // a card under the pointer, not yet carried
let carried = null; // { card, column, arrival, from, byKeys, grabbedPx, ghost }
let isSending = false;
let wasDragged = false; // the click that ends a drag opens nothing
let drawnAt = performance.now();
let scrolled = null;

const board = () => document.getElementById("board");
const scroller = () => document.querySelector(".board-scroll");
const number = (element, name) => Number(element.dataset[name] ?? 0);

// --- where and when ------------------------------------------------------------------------

const moment = (arrival) => new Date(Date.parse(board().dataset.begins) + arrival * 60_000);

function clock(arrival) {
  return moment(arrival).toLocaleTimeString("en-US", {
    hour: "numeric",
    minute: "2-digit",
    timeZone: board().dataset.zone,
  });
}

/** Minutes after the board begins, on the grid of arrivals. */
function onGrid(minutes) {
  const grid = number(board(), "grid");
  const last = Math.floor((number(board(), "length") - 1) / grid) * grid;
  return Math.min(last, Math.max(0, Math.round(minutes / grid) * grid));
}

function arrivalAt(column, clientY) {
  const box = column.getBoundingClientRect();
  const minutes = ((clientY - carried.grabbedPx - box.top) / box.height) * number(board(), "length");
  return onGrid(minutes - number(carried.card, "lead"));
}

const place = () => `${clock(carried.arrival)}, ${carried.column.dataset.name}`;

function say(text) {
  const line = document.getElementById("board-says");
  line.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => line.replaceChildren(), SAID_MS);
}

// --- carrying ------------------------------------------------------------------------------

function pickUp(card, { byKeys, grabbedPx = 0 }) {
  const own = card.closest(".board-column");
  const arrival = own ? number(card, "top") - number(card, "lead") : onGrid(number(board(), "now"));
  const column = own ?? (byKeys ? document.querySelector(".board-column") : null);
  carried = { card, column, arrival, byKeys, grabbedPx, from: own && { column: own, arrival } };
  carried.ghost = document.createElement("div");
  carried.ghost.className = "board-ghost";
  card.classList.add("is-carried");
  document.body.classList.add("board-carrying");
  show();
  if (byKeys) say(`Picked up ${card.dataset.visit}, ${place()}. Arrow keys carry, Enter puts down, Escape leaves it.`);
}

function show() {
  const { ghost, column, arrival, card } = carried;
  for (const each of document.querySelectorAll(".board-column")) each.classList.toggle("is-target", each === column);
  if (!column) return ghost.remove();
  ghost.style.setProperty("--top", arrival + number(card, "lead"));
  ghost.style.setProperty("--span", number(card, "span"));
  ghost.textContent = `${clock(arrival)} · ${card.dataset.visit}`;
  column.append(ghost);
}

function leave() {
  if (!carried) return;
  carried.card.classList.remove("is-carried");
  carried.ghost.remove();
  document.body.classList.remove("board-carrying");
  for (const each of document.querySelectorAll(".board-column")) each.classList.remove("is-target");
  carried = null;
}

async function putDown() {
  const { card, column, arrival, from } = carried;
  if (!column || (from && from.column === column && from.arrival === arrival)) {
    leave();
    return say("Left where it was.");
  }
  isSending = true;
  document.body.classList.add("board-sending");
  const source = document.getElementById("board-page");
  const values = {
    csrfmiddlewaretoken: source.dataset.csrf,
    version: card.dataset.version,
    arrives_at: moment(arrival).toISOString(),
    advisor: column.dataset.advisor ?? "",
    bay: column.dataset.bay ?? "",
  };
  try {
    await htmx.ajax("POST", card.dataset.place, { source, target: "#board", swap: "outerHTML", values });
  } catch {
    // Said where the request failed.
  } finally {
    isSending = false;
    document.body.classList.remove("board-sending");
    leave();
  }
}

// --- by pointer ----------------------------------------------------------------------------

const cardAt = (event) => (event.target instanceof Element ? event.target.closest("[data-visit]") : null);

document.addEventListener("pointerdown", (event) => {
  wasDragged = false;
  const card = cardAt(event);
  if (!card || event.button || carried || isSending || !scroller()) return;
  const grabbedPx = card.closest(".board-column") ? event.clientY - card.getBoundingClientRect().top : 0;
  pressed = { card, grabbedPx, x: event.clientX, y: event.clientY, isMouse: event.pointerType === "mouse" };
  if (!pressed.isMouse) pressed.timer = setTimeout(liftPressed, HOLD_MS);
});

function liftPressed() {
  const { card, grabbedPx } = pressed;
  pressed = null;
  if (!card.isConnected) return;
  wasDragged = true;
  pickUp(card, { byKeys: false, grabbedPx });
}

function release() {
  clearTimeout(pressed?.timer);
  pressed = null;
}

document.addEventListener("pointermove", (event) => {
  if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > FAR_PX) {
    if (pressed.isMouse) liftPressed();
    else release();
  }
  if (carried && !carried.byKeys && !isSending) follow(event);
});

function follow(event) {
  const under = document.elementsFromPoint(event.clientX, event.clientY);
  carried.column = under.find((element) => element.matches(".board-column")) ?? null;
  if (carried.column) carried.arrival = arrivalAt(carried.column, event.clientY);
  show();
  scrollNear(event);
}

/** Near an edge the board moves along. */
function scrollNear({ clientX, clientY }) {
  const box = scroller().getBoundingClientRect();
  const step = (at, low, high) => (at > high - EDGE_PX ? 14 : at < low + EDGE_PX ? -14 : 0);
  scroller().scrollBy(step(clientX, box.left, box.right), step(clientY, box.top, box.bottom));
}

document.addEventListener("pointerup", () => {
  release();
  if (carried && !carried.byKeys && !isSending) putDown();
});
document.addEventListener("pointercancel", () => {
  release();
  if (carried && !carried.byKeys && !isSending) leave();
});
document.addEventListener("touchmove", (event) => carried && event.preventDefault(), { passive: false });
document.addEventListener("contextmenu", (event) => carried && event.preventDefault());
document.addEventListener("dragstart", (event) => cardAt(event) && event.preventDefault());
document.addEventListener("click", (event) => wasDragged && cardAt(event) && event.preventDefault(), true);

// --- by keys -------------------------------------------------------------------------------

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

document.addEventListener("keydown", (event) => {
  if (isSending) return;
  if (carried) return carryByKey(event);
  const card = cardAt(event);
  if (event.key !== " " || !card || !scroller()) return;
  event.preventDefault();
  pickUp(card, { byKeys: true });
});

function carryByKey(event) {
  if (event.key === "Escape" || (carried.byKeys && event.key === "Tab")) {
    leave();
    return say("Left where it was.");
  }
  if (!carried.byKeys) return;
  if (!(event.key in STEPS) && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  if (event.key in STEPS) step(...STEPS[event.key]);
  else putDown();
}

function step(across, down) {
  const columns = [...document.querySelectorAll(".board-column")];
  carried.column = columns[columns.indexOf(carried.column) + across] ?? carried.column;
  carried.arrival = onGrid(carried.arrival + down * number(board(), "grid"));
  show();
  carried.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(place());
}

// --- the board drawn anew ------------------------------------------------------------------

const isLook = (event) => event.detail.requestConfig?.verb === "get" && event.detail.elt?.id === "board";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLook(event) && (carried || pressed || isSending || document.hidden)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, xhr } = event.detail;
  if (target?.id !== "board" || xhr.status !== 200) return;
  if (isLook(event) && (carried || pressed)) event.detail.shouldSwap = false;
  else if (!serverResponse.includes('id="board"')) {
    event.detail.shouldSwap = false;
    location.reload(); // logged out meanwhile
  }
  if (scroller()) scrolled = [scroller().scrollLeft, scroller().scrollTop];
});

document.addEventListener("htmx:afterSwap", () => {
  drawnAt = performance.now();
  if (scrolled && scroller()) [scroller().scrollLeft, scroller().scrollTop] = scrolled;
});

document.addEventListener("htmx:afterSettle", () => {
  const clash = document.querySelector("#board-clash dialog:not([open])");
  clash?.showModal();
  if ("blocked" in board().dataset) closeBlock();
  const found = board().dataset.found;
  if (found && !clash) document.getElementById(found)?.focus({ preventScroll: true });
  delete board().dataset.found;
  delete board().dataset.blocked;
  if (document.getElementById("board-says").textContent) say(document.getElementById("board-says").textContent);
});

function isLive(answers) {
  document.querySelector(".board-offline").hidden = answers;
}

const GONE = [403, 404]; // the right or the store was taken away: the page itself says so
document.addEventListener("htmx:responseError", (event) => {
  if (isLook(event) && GONE.includes(event.detail.xhr.status)) location.reload();
});

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    isLive(false);
    if (event.detail.requestConfig?.verb === "post") say("The server did not take it. Reload the page and look.");
  });
}
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && isLive(true));

function tellNow() {
  const line = document.querySelector(".board-now");
  const minutes = number(board(), "now") + Math.floor((performance.now() - drawnAt) / 60_000);
  line?.style.setProperty("--top", Math.min(minutes, number(board(), "length")));
}
setInterval(tellNow, 15_000);

// --- buttons and dialogs -------------------------------------------------------------------

function closeBlock() {
  const dialog = document.getElementById("board-block");
  dialog.close();
  dialog.querySelector("form").reset();
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-opens], [data-closes], [data-prints]") : null;
  if (!button) return;
  if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  else if ("prints" in button.dataset) window.print();
  else button.closest("dialog").close();
});

// Who leaves the question of a clash is back at the card.
document.addEventListener(
  "close",
  (event) => document.getElementById(event.target.dataset.card)?.focus({ preventScroll: true }),
  true,
);

// An open board begins an hour before now.
const HOUR = 60;
if (scroller() && "now" in board().dataset) {
  const share = (number(board(), "now") - HOUR) / number(board(), "length");
  scroller().scrollTop = share * document.querySelector(".board-column").clientHeight;
}
