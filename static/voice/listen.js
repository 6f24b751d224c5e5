// Plays both sides of a running call to whoever listens in. Nothing goes the other way: no microphone
// is asked for. The button is drawn anew every few seconds, so what it says is kept here.

import { Player } from "./sound.js";

const NO_RIGHT = 4403; // close codes, as in voice/watching.py and voice/listening_in.py
const CALL_IS_OVER = 4410;
const ENDED = {
  [NO_RIGHT]: "You may not listen any more. Log in again, or ask a manager.",
  4409: "You do not hear this call any more.",
  [CALL_IS_OVER]: "The call is over.",
  4429: "As many listen to this call as may. Try again when one of them has stopped.",
};
const LOST = "The sound is lost. Press Listen to try again.";
const HEARD = "You hear both sides. Nobody hears you.";
const LONG_SECONDS = 5;

const status = document.querySelector("[data-listen-status]");
const levels = document.querySelector("[data-listen-levels]");
const meters = levels.querySelectorAll("meter");
let socket = null; // while somebody listens, or waits to
let player = null;

function listen(path) {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address);
  opened.binaryType = "arraybuffer";
  opened.onmessage = ({ data }) => socket === opened && hear(data);
  opened.onclose = ({ code }) => socket === opened && end(code);
  setTimeout(() => socket === opened && levels.hidden && tell("No sound comes yet."), LONG_SECONDS * 1000);
  socket = opened;
  player = new Player();
  tell("Connecting…");
  show();
}

function hear(piece) {
  player.take(new DataView(piece));
  if (!levels.hidden) return;
  levels.hidden = false;
  tell(HEARD);
  drawLevels();
}

function stop(sentence) {
  const closing = socket;
  socket = null;
  closing.close();
  player.close();
  levels.hidden = true;
  tell(sentence);
  show();
}

function end(code) {
  stop(ENDED[code] ?? LOST);
  if (code === NO_RIGHT || code === CALL_IS_OVER) document.getElementById("listen")?.remove();
}

function tell(sentence) {
  status.textContent = sentence;
}

function show() {
  const button = document.getElementById("listen-button");
  if (!button) return;
  button.setAttribute("aria-pressed", String(socket !== null));
  button.querySelector("[data-listen-name]").textContent = socket ? "Stop listening" : "Listen";
}

function drawLevels() {
  if (!socket) return;
  player.levels().forEach((level, side) => (meters[side].value = level));
  requestAnimationFrame(drawLevels);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-listen]");
  if (!button) return;
  if (socket) stop("");
  else listen(button.dataset.listen);
});
document.addEventListener("htmx:afterSwap", show);
