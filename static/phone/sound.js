// Hearing and speaking in the browser. Two classes with one shape: Sound, and Silence for
// browsers or addresses where no sound is to be had (then captions and typing carry the call).

import { decode, encode, SILENCE } from "./mulaw.js";

const FRAME_MS = 20;
const FRAME_BYTES = 160;
const BYTES_PER_MS = 8;

/** Can this page have sound at all? Browsers give worklets and microphones to secure pages only. */
export const hasSound = () => window.isSecureContext && "AudioWorkletNode" in window;

/** Ask for the microphone. Rejects with a sentence for people. */
export async function openMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("This browser gives the page no microphone. Type what you would say.");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
  } catch (error) {
    throw new Error(microphoneSentence(error.name), { cause: error });
  }
}

function microphoneSentence(name) {
  if (name === "NotAllowedError") {
    return "The microphone is not allowed on this page. Type what you would say, or allow it in the address bar and call again.";
  }
  if (name === "NotFoundError") return "No microphone was found. Type what you would say.";
  return "The microphone could not be opened; another program may be using it. Type what you would say.";
}

/**
 * Marks in order, so that each is echoed once: when it was played, or at once on clear.
 * A mark that the audio thread reports after a clear is no longer known here and is dropped.
 */
class Marks {
  constructor(onMark) {
    this.onMark = onMark;
    this.pending = new Map();
    this.lastId = 0;
  }

  add(name) {
    this.lastId += 1;
    this.pending.set(this.lastId, name);
    return this.lastId;
  }

  reached(id) {
    const name = this.pending.get(id);
    if (name === undefined) return;
    this.pending.delete(id);
    this.onMark(name);
  }

  flush() {
    const names = [...this.pending.values()];
    this.pending.clear();
    names.forEach((name) => this.onMark(name));
  }
}

export class Sound {
  /** onFrame takes 160 bytes of µ-law every 20 ms; onMark takes a mark's name once it was played. */
  constructor({ onFrame, onMark }) {
    this.onFrame = onFrame;
    this.marks = new Marks(onMark);
    this.isOpen = false;
  }

  /** Call from a click, or the browser keeps the sound suspended. */
  async open() {
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    this.microphone = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 1 });
    this.loudspeaker = new AudioWorkletNode(this.context, "loudspeaker", { numberOfInputs: 0 });
    this.heard = this.context.createAnalyser();
    this.spoken = this.context.createAnalyser();
    for (const analyser of [this.heard, this.spoken]) analyser.fftSize = 512;
    this.spoken.connect(this.microphone);
    // Its output is silent; only nodes that lead to the destination are sure to run.
    this.microphone.connect(this.context.destination);
    this.loudspeaker.connect(this.heard).connect(this.context.destination);
    this.microphone.port.onmessage = ({ data }) => this.isOpen && this.onFrame(encode(data));
    this.loudspeaker.port.onmessage = ({ data }) => this.afterOutput(() => this.marks.reached(data.mark));
    await this.context.resume();
  }

  /** Frames begin now; before, nobody would take them. */
  start(stream) {
    this.isOpen = true;
    if (!stream) return;
    this.stream = stream;
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.spoken);
  }

  play(mulaw) {
    const samples = decode(mulaw);
    this.loudspeaker.port.postMessage({ play: samples }, [samples.buffer]);
  }

  mark(name) {
    this.loudspeaker.port.postMessage({ mark: this.marks.add(name) });
  }

  clear() {
    this.loudspeaker.port.postMessage({ clear: true });
    this.marks.flush();
  }

  mute(isMuted) {
    this.microphone.port.postMessage({ muted: isMuted });
  }

  /** Loudness of the desk and of the caller now, each from 0 to 1. */
  levels() {
    return { desk: level(this.heard), caller: level(this.spoken) };
  }

  /** A tone of several frequencies for so many seconds, for the caller's own ear. */
  tone(frequencies, seconds) {
    const until = this.context.currentTime + seconds;
    const volume = new GainNode(this.context, { gain: 0.06 });
    volume.connect(this.context.destination);
    for (const frequency of frequencies) {
      const oscillator = new OscillatorNode(this.context, { frequency });
      oscillator.connect(volume);
      oscillator.start();
      oscillator.stop(until);
    }
  }

  close() {
    this.isOpen = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    for (const node of [this.microphone, this.loudspeaker]) node?.port.postMessage({ close: true });
    this.context?.close();
  }

  /** What the audio thread hands over is heard a little later: wait for the device to catch up. */
  afterOutput(act) {
    const seconds = this.context.outputLatency || this.context.baseLatency || 0;
    setTimeout(act, seconds * 1000);
  }
}

/** The same shape without sound: silent frames, and a playout clock that only counts. */
export class Silence {
  constructor({ onFrame, onMark }) {
    this.onFrame = onFrame;
    this.marks = new Marks(onMark);
    this.playedUntil = 0;
  }

  async open() {}

  start() {
    this.framesSent = 0;
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.sendDue(), FRAME_MS);
  }

  sendDue() {
    const due = Math.floor((performance.now() - this.startedAt) / FRAME_MS);
    // A tab in the background wakes once a second: catch up, but never with more than that.
    this.framesSent = Math.max(this.framesSent, due - 1000 / FRAME_MS);
    for (; this.framesSent < due; this.framesSent += 1) this.onFrame(new Uint8Array(FRAME_BYTES).fill(SILENCE));
  }

  play(mulaw) {
    this.playedUntil = Math.max(this.playedUntil, performance.now()) + mulaw.length / BYTES_PER_MS;
  }

  mark(name) {
    const id = this.marks.add(name);
    setTimeout(() => this.marks.reached(id), Math.max(0, this.playedUntil - performance.now()));
  }

  clear() {
    this.playedUntil = 0;
    this.marks.flush();
  }

  mute() {}

  levels() {
    return { desk: this.playedUntil > performance.now() ? 0.4 : 0, caller: 0 };
  }

  tone() {}

  close() {
    clearInterval(this.timer);
  }
}

function level(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, Math.sqrt(power) * 5);
}
