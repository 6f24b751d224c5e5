// Plays sound that comes in pieces over a network, each with its place on the call's clock. A little is
// kept back, so that a piece may be late; one that is too late is skipped.

import { decode } from "../phone/mulaw.js";

const RATE = 8000; // of the line, and of our clock: then pieces that follow each other have no seam
const SIDES = ["caller", "desk"]; // as in voice/tracks.py
const HEADER_BYTES = 5;
const KEPT_BACK = 0.5 * RATE; // samples from the end of the first piece to its sound
const MOST_AHEAD = 2 * RATE;

export class Player {
  /** Call from a click, or the browser keeps the sound suspended. */
  constructor(context = new AudioContext({ sampleRate: RATE })) {
    this.context = context;
    this.sides = SIDES.map(() => new AnalyserNode(context, { fftSize: 512 }));
    for (const side of this.sides) side.connect(context.destination);
    this.playing = new Set();
    this.zero = null; // where on our clock, in samples, the call's clock had its zero
  }

  /** Take a piece: side (1 byte), position in samples (4), µ-law. */
  take(piece) {
    const side = this.sides[piece.getUint8(0)];
    const position = piece.getUint32(1);
    const samples = decode(new Uint8Array(piece.buffer, piece.byteOffset + HEADER_BYTES));
    const now = Math.ceil(this.context.currentTime * RATE);
    this.zero ??= now + KEPT_BACK - (position + samples.length);
    const at = this.zero + position;
    if (at < now || at > now + MOST_AHEAD) this.startOver();
    else this.play(samples, at / RATE, side);
  }

  play(samples, at, side) {
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.onended = () => this.playing.delete(source);
    this.playing.add(source);
    source.connect(side);
    source.start(at);
  }

  /** The clocks have come apart: the next piece sets ours anew. */
  startOver() {
    for (const source of this.playing) source.stop();
    this.playing.clear();
    this.zero = null;
  }

  /** Loudness of the caller and of the desk now, each from 0 to 1. */
  levels() {
    return this.sides.map((side) => {
      const samples = new Float32Array(side.fftSize);
      side.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      return Math.min(1, Math.sqrt(power) * 5);
    });
  }

  close() {
    this.context.close();
  }
}
