// The ring of a call that comes in, made here: two tones for two seconds, then four of silence.

const TONES = [440, 480];
const LOUDNESS = 0.08;
const RING_SECONDS = 2;
const EVERY_SECONDS = 6;
const LONGEST_SECONDS = 60;
const GESTURES = ["pointerdown", "keydown"];

export class Ringer {
  /** Until somebody has touched the page the browser keeps it silent; then it rings at the first touch. */
  start() {
    if (this.context || !("AudioContext" in window)) return;
    this.context = new AudioContext();
    const volume = new GainNode(this.context, { gain: 0 });
    volume.connect(this.context.destination);
    for (let at = 0; at < LONGEST_SECONDS; at += EVERY_SECONDS) {
      volume.gain.setValueAtTime(LOUDNESS, at);
      volume.gain.setValueAtTime(0, at + RING_SECONDS);
    }
    for (const frequency of TONES) {
      const tone = new OscillatorNode(this.context, { frequency });
      tone.connect(volume);
      tone.start();
    }
    this.wake = () => this.context.resume();
    for (const gesture of GESTURES) document.addEventListener(gesture, this.wake);
  }

  stop() {
    if (!this.context) return;
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.wake);
    this.context.close();
    this.context = null;
  }
}
