import { describe, expect, it } from "vitest";
import { click, listen, noise, RATE, steady, track } from "./clicks";

describe.each([50, 55, 60, 75, 90, 110, 128, 140, 170])("%i beats a minute", (bpm) => {
  it("are counted as they are, not half or twice as many", () => {
    const late = listen(track(10, steady(bpm, 0.3, 10))).filter(({ time }) => time > 4);
    expect(late.length).toBeGreaterThan(50);
    for (const { hz } of late) expect(Math.abs((60 * hz) / bpm - 1)).toBeLessThan(0.03);
  });
});

it("a weaker click between two beats is none", () => {
  const beats = steady(90, 0.3, 10);
  const samples = track(10, beats, 0.7);
  for (const beat of beats) click(samples, beat + 30 / 90, 0.15);
  const late = listen(samples).filter(({ time }) => time > 4);
  expect(late.length).toBeGreaterThan(50);
  for (const { hz } of late) expect(Math.abs(60 * hz - 90)).toBeLessThan(2.7);
});

/** Noise in syllables, as loud and as long as it happens, with pauses now and then. */
function babble(seconds: number, seed: number): Float32Array {
  const random = noise(seed);
  const samples = new Float32Array(seconds * RATE);
  let at = 0.2;
  while (at < seconds) {
    const length = 0.08 + 0.14 * Math.abs(random());
    const size = 0.1 + 0.3 * Math.abs(random());
    for (let i = 0; i < length * RATE; i += 1) {
      const place = Math.round(at * RATE) + i;
      const swell = Math.sin((Math.PI * i) / (length * RATE));
      if (place < samples.length) samples[place] = size * random() * swell;
    }
    at += length + 0.03 + 0.25 * random() ** 2 + (random() > 0.75 ? 0.5 : 0);
  }
  return samples;
}

it.each([3, 4, 5, 6])("what sounds like speech (%i) has no beat most of the time", (seed) => {
  const heard = listen(babble(20, 7919 * seed));
  expect(heard.length).toBeLessThan(0.35 * 170);
});
