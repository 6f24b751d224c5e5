// Shows the words of running calls as they are said. They come over one socket for all calls; a page
// without it still has the transcripts, which are fetched anew every few seconds.

const NO_RIGHT = 4403; // as in voice/watching.py
const LONGEST_WAIT_SECONDS = 15;
const LINES_KEPT = 12;
const SPEAKERS = { caller: "Caller", desk: "Desk" };

const holder = document.querySelector("[data-live-socket]");
const status = document.querySelector("[data-live-status]");
const said = new Map(); // the lines of each call, by its key
let wait = 1;

function connect() {
  const address = new URL("/ws/live", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  socket.onopen = () => {
    wait = 1;
    tell("on", "Words appear as they are said.");
  };
  socket.onmessage = (message) => take(JSON.parse(message.data));
  socket.onclose = (event) => {
    if (event.code === NO_RIGHT) return end();
    tell("off", "No live words at the moment; the transcript is kept fresh.");
    setTimeout(connect, wait * 1000);
    wait = Math.min(wait * 2, LONGEST_WAIT_SECONDS);
  };
}

function end() {
  said.clear();
  for (const lines of document.querySelectorAll("[data-lines]")) lines.replaceChildren();
  document.getElementById("live")?.remove();
  document.getElementById("call")?.remove();
  tell("off", "You may not watch calls any more. Log in again, or ask a manager.");
}

function tell(state, sentence) {
  holder.dataset.live = state;
  status.textContent = sentence;
}

function take({ call, news }) {
  for (const each of news) {
    if (each.kind === "said") say(call, each);
    else if (each.kind === "began") refresh();
    else if (each.kind === "ended") over(call);
    else if (each.kind === "ringing") say(call, { speaker: "desk", text: "A person is being rung.", is_interim: "" });
  }
  show(call);
}

function say(call, { speaker, text, is_interim }) {
  const lines = said.get(call) ?? [];
  if (lines.at(-1)?.isInterim) lines.pop();
  const last = lines.at(-1);
  if (speaker === "desk" && last?.speaker === "desk" && !is_interim) last.text += ` ${text}`;
  else lines.push({ speaker, text, isInterim: Boolean(is_interim) });
  said.set(call, lines.slice(-LINES_KEPT));
}

function over(call) {
  say(call, { speaker: "", text: "The call is over.", is_interim: "" });
  refresh();
}

function refresh() {
  const list = document.getElementById("live");
  if (list) htmx.trigger(list, "refresh");
}

function show(call) {
  const lines = document.querySelector(`[data-call="${call}"] [data-lines]`);
  if (!lines || !said.has(call)) return;
  lines.replaceChildren(...said.get(call).map(line));
  lines.scrollTop = lines.scrollHeight;
}

function line({ speaker, text, isInterim }) {
  const line = document.createElement("p");
  if (isInterim) line.className = "live-interim";
  const name = document.createElement("b");
  name.textContent = SPEAKERS[speaker] ?? "";
  line.append(name, ` ${text}`);
  return line;
}

document.addEventListener("htmx:afterSwap", () => [...said.keys()].forEach(show));
connect();
