// Plays a call's recording in step with its transcript. The audio is asked for when somebody wants to
// hear it, and then whole: its waveform is drawn from it, and jumping about needs no server.

const player = document.getElementById("player");
const WAVE_RATE = 8000; // Hz: as a telephone hears, so that a long call takes little memory

if (player) start(player);

function start(player) {
  const audio = new Audio();
  const offset = Number(player.dataset.offset) / 1000; // where the audio begins on the call's clock
  const button = player.querySelector("[data-play]");
  const position = player.querySelector("input[type=range]");
  const speed = player.querySelector("[data-speed]");
  const status = player.querySelector("[data-status]");
  const canvas = player.querySelector("canvas");
  const turns = [...document.querySelectorAll(".desk-turn")];
  let loading = null;
  let peaks = [];

  document.querySelector(".desk-talk").classList.add("call-plays");

  async function load() {
    status.textContent = "Loading the recording…";
    const answer = await fetch(player.dataset.audio);
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = await answer.arrayBuffer();
    audio.src = URL.createObjectURL(new Blob([bytes], { type: answer.headers.get("Content-Type") }));
    await new Promise((done, failed) => {
      audio.addEventListener("loadedmetadata", done, { once: true });
      audio.addEventListener("error", () => failed(new Error("unplayable")), { once: true });
    });
    audio.playbackRate = Number(speed.value);
    position.max = audio.duration;
    status.textContent = "";
    draw(bytes);
  }

  async function ready() {
    loading ??= load();
    try {
      await loading;
      return true;
    } catch {
      loading = null;
      status.textContent = "The recording could not be loaded. It may have been deleted; the transcript stays.";
      return false;
    }
  }

  async function draw(bytes) {
    const context = new OfflineAudioContext(1, 1, WAVE_RATE);
    const decoded = await context.decodeAudioData(bytes.slice(0)).catch(() => null);
    if (!decoded) return; // it may be played all the same
    const samples = decoded.getChannelData(0);
    const size = Math.max(1, Math.floor(samples.length / 400));
    for (let at = 0; at < samples.length; at += size) {
      let peak = 0;
      for (let i = at; i < Math.min(at + size, samples.length); i += 1) peak = Math.max(peak, Math.abs(samples[i]));
      peaks.push(peak);
    }
    player.dataset.wave = "drawn";
    paint();
  }

  function paint() {
    const ratio = window.devicePixelRatio || 1;
    const width = (canvas.width = canvas.clientWidth * ratio);
    const height = (canvas.height = canvas.clientHeight * ratio);
    const brush = canvas.getContext("2d");
    const loudest = Math.max(0.05, ...peaks);
    const played = audio.duration ? audio.currentTime / audio.duration : 0;
    brush.fillStyle = getComputedStyle(canvas).color;
    peaks.forEach((peak, index) => {
      const bar = Math.max(2, (peak / loudest) * height);
      brush.globalAlpha = index / peaks.length < played ? 1 : 0.4;
      brush.fillRect((index * width) / peaks.length, (height - bar) / 2, Math.max(1, width / peaks.length - 1), bar);
    });
  }

  async function play() {
    if (await ready()) await audio.play().catch(() => {});
  }

  const toggle = () => (audio.paused ? play() : audio.pause());

  async function playFrom(milliseconds) {
    if (!(await ready())) return;
    audio.currentTime = Math.max(0, milliseconds / 1000 - offset);
    await audio.play().catch(() => {});
  }

  function follow() {
    const now = (audio.currentTime + offset) * 1000;
    const present = turns.findLast((turn) => Number(turn.dataset.starts) <= now);
    for (const turn of turns) turn.classList.toggle("call-now", turn === present && now <= Number(turn.dataset.ends) + 400);
    position.value = audio.currentTime;
    position.setAttribute("aria-valuetext", clock(audio.currentTime));
    player.querySelector("[data-clock]").textContent = `${clock(audio.currentTime)} / ${clock(audio.duration)}`;
    if (peaks.length) paint();
  }

  function showState() {
    button.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    button.firstElementChild.textContent = audio.paused ? "play_arrow" : "pause";
  }

  function step(by) {
    const now = (audio.currentTime + offset) * 1000;
    const focused = turns.indexOf(document.activeElement?.closest(".desk-turn"));
    const at = focused >= 0 ? focused : turns.findLastIndex((turn) => Number(turn.dataset.starts) <= now);
    const next = turns[Math.min(turns.length - 1, Math.max(0, at + by))];
    next?.focus();
    if (!audio.paused && next) playFrom(Number(next.dataset.starts));
  }

  function setSpeed(index) {
    speed.selectedIndex = Math.min(speed.options.length - 1, Math.max(0, index));
    audio.playbackRate = Number(speed.value);
    status.textContent = `Speed ${speed.selectedOptions[0].text}`;
  }

  const keys = {
    " ": () => {
      const turn = document.activeElement?.closest(".desk-turn");
      if (turn && audio.paused) playFrom(Number(turn.dataset.starts));
      else toggle();
    },
    ArrowLeft: () => (audio.currentTime -= 5),
    ArrowRight: () => (audio.currentTime += 5),
    j: () => step(1),
    k: () => step(-1),
    "<": () => setSpeed(speed.selectedIndex - 1),
    ">": () => setSpeed(speed.selectedIndex + 1),
  };

  button.addEventListener("click", toggle);
  position.addEventListener("input", async () => {
    const wanted = Number(position.value);
    if (await ready()) audio.currentTime = wanted;
  });
  speed.addEventListener("change", () => (audio.playbackRate = Number(speed.value)));
  audio.addEventListener("timeupdate", follow);
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, showState);
  window.addEventListener("resize", () => peaks.length && paint());
  document.addEventListener("click", (event) => {
    const said = event.target.closest(".desk-turn > p");
    const link = event.target.closest("[data-seek]");
    if (said && !String(getSelection())) playFrom(Number(said.parentElement.dataset.starts));
    if (link) playFrom(Number(link.dataset.seek));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = event.key === " " ? ", button, a, summary" : ""; // which Space presses
    if (event.target.closest(`input, select, textarea${acts}`)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
