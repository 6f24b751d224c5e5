// The audio thread: microphone → 8 kHz frames, and 8 kHz pieces → loudspeaker on a real clock.

const LINE_RATE = 8000;
const FRAME_SAMPLES = 160; // 20 ms
const PHASES = 64;
const PREBUFFER_SAMPLES = 480; // 60 ms, so that a late packet is not heard as a crackle

/**
 * Filters for fractional positions between samples: one row of taps for each of PHASES positions.
 * cutoff is a share of the input's sample rate.
 */
function filterBank(taps, cutoff) {
  return Array.from({ length: PHASES }, (_, phase) => {
    const row = new Float32Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const x = tap - (taps - 1) / 2 - phase / PHASES;
      const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
      const window = Math.abs(x) > taps / 2 ? 0 : 0.5 + 0.5 * Math.cos((2 * Math.PI * x) / taps);
      row[tap] = sinc * window;
      sum += row[tap];
    }
    return row.map((weight) => weight / sum);
  });
}

/** The last few samples, newest last, and their weighted sum at a fractional position. */
class Window {
  constructor(taps, cutoff) {
    this.taps = taps;
    this.bank = filterBank(taps, cutoff);
    this.samples = new Float32Array(taps * 2); // every sample twice, so that a read never wraps
    this.next = 0;
  }

  push(sample) {
    this.samples[this.next] = sample;
    this.samples[this.next + this.taps] = sample;
    this.next = (this.next + 1) % this.taps;
  }

  at(fraction) {
    const row = this.bank[Math.min(PHASES - 1, Math.floor(fraction * PHASES))];
    let sum = 0;
    for (let tap = 0; tap < this.taps; tap += 1) sum += this.samples[this.next + tap] * row[tap];
    return sum;
  }
}

/** Posts 160 samples every 20 ms, silence while nothing is connected or the caller is muted. */
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    const ratio = sampleRate / LINE_RATE;
    this.step = ratio;
    this.due = 0; // input samples until the next output sample
    this.window = new Window(Math.max(16, Math.ceil(ratio * 16) | 1), Math.min(0.45, 0.45 / ratio));
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
    this.isMuted = false;
    this.isOpen = true;
    this.port.onmessage = ({ data }) => {
      if (data.muted !== undefined) this.isMuted = data.muted;
      if (data.close) this.isOpen = false;
    };
  }

  process([input]) {
    const heard = this.isMuted ? undefined : input[0];
    const length = input[0]?.length ?? 128;
    for (let index = 0; index < length; index += 1) {
      this.window.push(heard ? heard[index] : 0);
      this.due -= 1;
      if (this.due <= 0) {
        this.emit(this.window.at(1 + this.due)); // the moment lies -due samples before the newest
        this.due += this.step;
      }
    }
    return this.isOpen;
  }

  emit(sample) {
    this.frame[this.filled] = sample;
    this.filled += 1;
    if (this.filled < FRAME_SAMPLES) return;
    this.port.postMessage(this.frame, [this.frame.buffer]);
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
  }
}

/** Plays pieces in order. A mark is reported when the last sample before it has left the queue. */
class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = LINE_RATE / sampleRate;
    this.position = 0;
    this.window = new Window(16, 0.45);
    this.queue = []; // Float32Array, or {mark: id}
    this.offset = 0; // samples already taken from the first piece
    this.buffered = 0;
    this.isPlaying = false;
    this.waited = 0;
    this.isOpen = true;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(data) {
    if (data.play) {
      this.queue.push(data.play);
      this.buffered += data.play.length;
    } else if (data.mark !== undefined) {
      this.queue.push({ mark: data.mark });
    } else if (data.clear) {
      this.queue = [];
      this.offset = 0;
      this.buffered = 0;
    } else if (data.close) {
      this.isOpen = false;
    }
  }

  process(_inputs, [output]) {
    const channel = output[0];
    if (!this.mayPlay(channel.length)) return this.isOpen;
    for (let index = 0; index < channel.length; index += 1) {
      this.position += this.step;
      while (this.position >= 1) {
        this.position -= 1;
        this.window.push(this.nextSample());
      }
      channel[index] = this.window.at(this.position);
    }
    for (let other = 1; other < output.length; other += 1) output[other].set(channel);
    return this.isOpen;
  }

  mayPlay(length) {
    if (this.isPlaying || this.queue.length === 0) return this.isPlaying;
    this.waited += length * this.step;
    // A mark at the end says that nothing more is on its way: do not wait for it.
    const isComplete = this.queue.at(-1).mark !== undefined;
    if (this.buffered < PREBUFFER_SAMPLES && !isComplete && this.waited < PREBUFFER_SAMPLES) return false;
    this.isPlaying = true;
    this.waited = 0;
    return true;
  }

  nextSample() {
    while (this.queue.length > 0) {
      const first = this.queue[0];
      if (first.mark !== undefined) {
        this.port.postMessage({ mark: first.mark });
        this.queue.shift();
      } else if (this.offset < first.length) {
        this.offset += 1;
        this.buffered -= 1;
        return first[this.offset - 1];
      } else {
        this.queue.shift();
        this.offset = 0;
      }
    }
    this.isPlaying = false;
    return 0;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
