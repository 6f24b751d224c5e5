// The page of the browser phone: its states, its buttons, and what is said.

import { Line } from "./line.js";
import { Ringer } from "./ringer.js";
import { hasSound, openMicrophone, Silence, Sound } from "./sound.js";
import { Telephone } from "./texts.js";

const ANSWER_LIMIT_MS = 20_000;
const AUDIBLE = 0.02; // of full loudness
const PAUSE_MS = 700; // a longer silence of the desk means that it listens
const KEY_TONES = {
  1: [697, 1209], 2: [697, 1336], 3: [697, 1477],
  4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
  7: [852, 1209], 8: [852, 1336], 9: [852, 1477],
  "*": [941, 1209], 0: [941, 1336], "#": [941, 1477],
};
const RINGING = { tone: [440, 480], seconds: 1.2, everyMs: 3600, lastsMs: 8000 };

const element = (id) => document.getElementById(id);
const page = element("phone");
const ringer = new Ringer();
let call = null; // the call that is being made or held

// --- one call -----------------------------------------------------------------------------

class Call {
  /** fetchTicket opens a call, or answers one: it tells where its stream is, and the token. */
  constructor(fetchTicket) {
    this.fetchTicket = fetchTicket;
    this.isOver = false;
    const audio = {
      onFrame: (mulaw) => this.line?.sendFrame(mulaw),
      onMark: (name) => this.line?.sendMark(name),
    };
    this.sound = hasSound() ? new Sound(audio) : new Silence(audio);
  }

  /** Sound first, then the microphone, then the line: its token is only good for a short while. */
  async begin() {
    show("connecting", "Connecting…");
    await this.sound.open();
    const stream = await this.microphone();
    if (this.isOver) return;
    show("connecting", "Connecting…");
    const ticket = await this.fetchTicket();
    if (this.isOver) return;
    this.deadline = setTimeout(() => this.end("The service desk did not answer. Try again in a moment."), ANSWER_LIMIT_MS);
    this.line = new Line(ticket, {
      opened: () => this.opened(stream),
      media: (mulaw) => this.answered() && this.sound.play(mulaw),
      mark: (name) => this.sound.mark(name),
      clear: () => this.sound.clear(),
      caption: (caption) => this.answered() && addCaption(caption),
      notice: (notice) => this.notice(notice),
      closed: (how) => this.closed(how),
    });
  }

  async microphone() {
    if (!hasSound()) {
      complain("This address has no sound: browsers allow it only over https or on localhost. Read the captions and type.");
      return null;
    }
    if (!element("use-microphone").checked) return null;
    show("connecting", "Waiting for your microphone…");
    try {
      const stream = await openMicrophone();
      if (this.isOver) stream.getTracks().forEach((track) => track.stop());
      return stream;
    } catch (error) {
      complain(error.message);
      return null;
    }
  }

  opened(stream) {
    this.sound.start(stream);
    element("mute").hidden = !stream;
    allowTyping(true);
    if (!stream) element("text").focus();
  }

  /** The first sign of life from the desk: from now on the clock runs. */
  answered() {
    if (this.isOver || this.startedAt) return !this.isOver;
    clearTimeout(this.deadline);
    this.startedAt = performance.now();
    show("talking", "In call");
    return true;
  }

  notice({ kind, text }) {
    this.answered();
    addHappening(text);
    if (kind === "ringing") {
      show("ringing", "Ringing the service desk…");
      const ring = () => this.sound.tone(RINGING.tone, RINGING.seconds);
      ring();
      this.ringing ??= setInterval(ring, RINGING.everyMs);
    }
    if (kind === "ended") this.hasEnded = true;
  }

  /** The desk leaves the line when it hands over; a browser has nobody else to be connected with. */
  closed(how) {
    if (this.isOver) return;
    if (!this.ringing || how.code !== 1000) return this.end(closingSentence(how, this));
    allowTyping(false);
    this.deadline = setTimeout(() => this.end(), RINGING.lastsMs);
  }

  press(digit) {
    this.line?.sendDigit(digit);
    this.sound.tone(KEY_TONES[digit], 0.12);
  }

  say(text) {
    this.line.sendText(text);
    addCaption({ speaker: "caller", text, isFinal: false });
  }

  hangUp() {
    this.line?.hangUp();
    this.end();
  }

  /** However a call ends, it ends here and once. A sentence says what went wrong. */
  end(sentence = "") {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.deadline);
    clearInterval(this.ringing);
    this.line?.socket.close(1000);
    this.sound.close();
    const length = this.startedAt ? clock(performance.now() - this.startedAt) : "";
    if (length) addHappening(`Call ended after ${length}`);
    if (sentence) complain(sentence);
    show("ended", length ? "Call ended" : "Not connected");
    settle();
  }
}

function closingSentence({ code, wasOpen }, { hasEnded, startedAt }) {
  if (code === 1000 || hasEnded) return "";
  if (code === 1008) return "The service desk refused this call. Press Call to try again.";
  if (!wasOpen) return "The service desk cannot be reached. Check that its server is running, then call again.";
  if (!startedAt) return "The service desk hung up before it answered. Try again in a moment.";
  return "The connection to the service desk was lost.";
}

async function openCall() {
  const form = new FormData(element("setup"));
  form.set("from", callerNumber());
  let response;
  try {
    response = await fetch(page.dataset.callUrl, { method: "POST", body: form });
  } catch (error) {
    throw new Error("The server cannot be reached. Check that it is running, then call again.", { cause: error });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (answer.error) throw new Error(answer.error);
  if (response.status === 403) throw new Error("This page has grown old. Reload it and call again.");
  throw new Error(`The server could not open a call (error ${response.status}). Try again in a moment.`);
}

// --- what the page shows ------------------------------------------------------------------

function show(state, sentence) {
  page.dataset.state = state;
  element("state").textContent = sentence;
  element("timer").hidden = !["talking", "ringing"].includes(state);
  if (state === "incoming") ringer.start();
  else ringer.stop();
}

function complain(sentence) {
  element("problem").textContent = sentence;
  element("problem").hidden = !sentence;
}

/** In a call one types instead of speaking, else to write a text. */
function allowTyping(isAllowed) {
  page.dataset.typing = isAllowed ? "call" : "";
  showComposer();
}

function showComposer() {
  const isText = page.dataset.view === "texts";
  const isAllowed = isText ? Boolean(fullNumber()) : page.dataset.typing === "call";
  element("text").disabled = !isAllowed;
  element("send").disabled = !isAllowed;
  element("text").placeholder = isText ? "Write a text" : "Type instead of speaking";
}

/** Back to the page before a call; what was said stays to be read. */
function settle() {
  allowTyping(false);
  mute(false);
  showPad(false);
  delete page.dataset.desk;
  document.documentElement.style.setProperty("--level", 0);
  element("call").focus({ preventScroll: true });
}

/** A final caption takes the place of its speaker's interim one. */
function addCaption({ speaker, text, isFinal }) {
  const captions = element("captions");
  let said = captions.querySelector(`.said.interim.${speaker}`);
  if (!text) return said?.remove();
  if (!said) {
    said = document.createElement("li");
    if (captions.lastElementChild?.dataset.speaker !== speaker) {
      said.append(Object.assign(document.createElement("b"), { textContent: speaker === "desk" ? "Service desk" : "You" }));
    }
    said.append(document.createElement("span"));
    said.dataset.speaker = speaker;
    captions.append(said);
  }
  said.className = `said ${speaker}${isFinal ? "" : " interim"}`;
  said.querySelector("span").textContent = text;
  followCaptions();
  return said;
}

function addHappening(text) {
  const captions = element("captions");
  captions.append(Object.assign(document.createElement("li"), { className: "happened", textContent: text }));
  followCaptions();
}

/** The latest words stay in sight, also when a keyboard or the keypad takes room. */
function followCaptions() {
  const captions = element("captions");
  captions.scrollTop = captions.scrollHeight;
}

function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function draw() {
  if (call && !call.isOver && call.startedAt) {
    element("timer").textContent = clock(performance.now() - call.startedAt);
    const { desk, caller } = call.sound.levels();
    if (desk > AUDIBLE) call.lastAudibleAt = performance.now();
    page.dataset.desk = performance.now() - (call.lastAudibleAt ?? 0) < PAUSE_MS ? "speaking" : "listening";
    document.documentElement.style.setProperty("--level", desk.toFixed(2));
    document.documentElement.style.setProperty("--caller-level", isMuted() ? 0 : caller.toFixed(2));
  }
  requestAnimationFrame(draw);
}

// --- what the caller does -----------------------------------------------------------------

const isMuted = () => element("mute").getAttribute("aria-pressed") === "true";

function mute(shouldMute) {
  element("mute").setAttribute("aria-pressed", shouldMute);
  element("mute").querySelector("span").textContent = shouldMute ? "Muted" : "Mute";
  if (call && !call.isOver) call.sound.mute(shouldMute);
}

function showPad(shouldShow) {
  page.classList.toggle("with-pad", shouldShow);
  element("keypad").setAttribute("aria-pressed", shouldShow);
}

function callerNumber() {
  const choice = element("caller").value;
  return choice === "new" ? element("new-number").value : choice;
}

function chooseCaller() {
  const isNew = element("caller").value === "new";
  element("new-number-field").hidden = !isNew;
  const last = String(Math.floor(Math.random() * 100)).padStart(2, "0");
  if (isNew && !element("new-number").value) element("new-number").value = `(646) 555-01${last}`;
}

function chooseStore({ target }) {
  const chosen = target.selectedOptions[0];
  element("store-name").textContent = chosen.textContent;
  element("store-number").textContent = chosen.dataset.number;
}

function startCall(fetchTicket) {
  if (call && !call.isOver) return;
  element("captions").replaceChildren();
  element("timer").textContent = "0:00";
  complain("");
  showView("call");
  call = new Call(fetchTicket);
  const made = call;
  made.begin().catch((error) => made.end(error.message));
}

element("setup").addEventListener("submit", (event) => {
  event.preventDefault();
  startCall(openCall);
});
element("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("text").value.trim();
  if (!text) return;
  if (page.dataset.view === "texts") {
    telephone.write(text).catch((error) => complain(error.message));
  } else if (call && !call.isOver) {
    call.say(text);
  } else {
    return;
  }
  element("text").value = "";
});
element("hang-up").addEventListener("click", () => call?.hangUp());
element("mute").addEventListener("click", () => mute(!isMuted()));
element("keypad").addEventListener("click", () => showPad(!page.classList.contains("with-pad")));
element("pad").addEventListener("click", ({ target }) => target.dataset.digit && call?.press(target.dataset.digit));
element("caller").addEventListener("change", chooseCaller);
element("rooftop")?.addEventListener("change", chooseStore);
document.addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
  const isTyping = target.matches("input, select, textarea") || ctrlKey || metaKey || altKey;
  if (!isTyping && KEY_TONES[key] && call && !call.isOver) call.press(key);
});
window.addEventListener("pagehide", () => call?.hangUp());
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// --- texts, and calls that ring this page -------------------------------------------------

let telephone = null; // null where a carrier brings them to people's own telephones
let texts = null; // as they are shown; null until they are known
let ringing = null; // the call that rings now

/** The chosen number as far as it is one; the server reads it in any form. */
function fullNumber() {
  const number = callerNumber();
  return number.replace(/\D/g, "").length >= 10 ? number : "";
}

function showView(name) {
  page.dataset.view = name;
  for (const tab of page.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", tab.dataset.tab === name);
  if (name === "texts") element("texts-tab").classList.remove("has-news");
  showComposer();
  followTexts();
}

function showTexts(latest) {
  if (JSON.stringify(latest) === JSON.stringify(texts)) return;
  const wasKnown = texts !== null;
  const isNews = latest.length > 0 && latest.at(-1).id !== texts?.at(-1)?.id;
  texts = latest;
  element("texts").replaceChildren(...texts.map(bubble));
  followTexts();
  if (!isNews || page.dataset.view === "texts") return;
  if (wasKnown && (!call || call.isOver)) showView("texts");
  else element("texts-tab").classList.add("has-news");
}

/** Another telephone: nothing is known of it yet. */
function forgetTexts() {
  texts = null;
  element("texts").replaceChildren();
  element("texts-tab").classList.remove("has-news");
}

function bubble({ is_from_store: isFromStore, store, body, at }) {
  const said = Object.assign(document.createElement("li"), { className: `said ${isFromStore ? "desk" : "caller"}` });
  const who = Object.assign(document.createElement("b"), { textContent: `${isFromStore ? store : "You"} · ${at}` });
  const words = document.createElement("span");
  for (const part of body.split(/(https?:\/\/\S+)/)) words.append(part.startsWith("http") ? link(part) : part);
  said.append(who, words);
  return said;
}

function link(address) {
  const shown = address.replace(/^https?:\/\//, "");
  return Object.assign(document.createElement("a"), {
    href: address,
    textContent: shown.length > 34 ? `${shown.slice(0, 33)}…` : shown,
    target: "_blank",
    rel: "noopener noreferrer",
  });
}

/** Where a carrier brings them there is no list. */
function followTexts() {
  const list = element("texts");
  if (list) list.scrollTop = list.scrollHeight;
}

function showRinging(calling) {
  if (calling?.call_sid === ringing?.call_sid) return;
  const wasRinging = ringing;
  ringing = calling;
  if (call && !call.isOver) return;
  if (calling) {
    show("incoming", `${calling.store} is calling`);
    element("answer").focus({ preventScroll: true });
  } else if (wasRinging && page.dataset.state === "incoming") {
    show("idle", "Missed call");
  }
}

if (page.dataset.lineUrl) {
  telephone = new Telephone({
    addresses: {
      line: page.dataset.lineUrl,
      text: page.dataset.textUrl,
      answer: page.dataset.answerUrl,
      decline: page.dataset.declineUrl,
    },
    form: () => new FormData(element("setup")),
    number: fullNumber,
    on: { texts: showTexts, ringing: showRinging },
  });
  for (const tab of page.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => showView(tab.dataset.tab));
  for (const id of ["caller", "new-number"]) {
    element(id).addEventListener("change", () => {
      forgetTexts();
      showComposer();
      telephone.look();
    });
  }
  element("answer").addEventListener("click", () => {
    const { call_sid: callSid } = ringing;
    startCall(() => telephone.answer(callSid));
  });
  element("decline").addEventListener("click", () => {
    telephone.decline(ringing.call_sid).catch((error) => complain(error.message));
    show("idle", "Call declined");
  });
}

new ResizeObserver(followCaptions).observe(element("captions"));

chooseCaller();
draw();
