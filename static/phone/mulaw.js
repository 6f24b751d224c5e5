// G.711 µ-law, the telephone's eight bits. Pure.

const BIAS = 0x84;
const CLIP = 32635;

export const SILENCE = 0xff;

const decoded = new Float32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + BIAS) << ((bits & 0x70) >> 4);
  decoded[byte] = (bits & 0x80 ? BIAS - magnitude : magnitude - BIAS) / 32768;
}

/** Bytes of µ-law → samples between -1 and 1. */
export function decode(mulaw) {
  return Float32Array.from(mulaw, (byte) => decoded[byte]);
}

/** Samples between -1 and 1 → bytes of µ-law. */
export function encode(samples) {
  return Uint8Array.from(samples, encodeSample);
}

function encodeSample(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.round(Math.abs(sample) * 32768), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}
