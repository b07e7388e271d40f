/** Sounds that are made up, and what the tracker hears of them. */
import { BeatTracker } from "@/music/beats";
import { ONSET_HZ, Onsets } from "@/music/onsets";

export const RATE = 16_000;

/** Numbers in [-1, 1) that look random and are the same every time. */
export function noise(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}

/** Adds a click: noise that dies away within hundredths of a second. */
export function click(samples: Float32Array, at: number, size = 0.6): void {
  const random = noise(7);
  for (let i = 0; i < 0.06 * RATE; i += 1) {
    const place = Math.round(at * RATE) + i;
    if (place < samples.length) {
      samples[place] = (samples[place] ?? 0) + size * random() * Math.exp(-i / (0.012 * RATE));
    }
  }
}

export function track(seconds: number, beats: number[], size?: number): Float32Array {
  const samples = new Float32Array(seconds * RATE);
  for (const beat of beats) click(samples, beat, size);
  return samples;
}

export function steady(bpm: number, from: number, to: number): number[] {
  const beats: number[] = [];
  for (let at = from; at < to; at += 60 / bpm) beats.push(at);
  return beats;
}

/** What is heard of samples, every tenth of a second. */
export function listen(samples: Float32Array) {
  const onsets = new Onsets(RATE);
  const tracker = new BeatTracker();
  let frame = 0;
  const heard: { time: number; hz: number; beatAt: number; clarity: number }[] = [];
  for (let at = 0; at + 128 <= samples.length; at += 128) {
    for (const strength of onsets.feed(samples.subarray(at, at + 128))) {
      tracker.feed(frame / ONSET_HZ, strength);
      frame += 1;
      const found = frame % 10 === 0 ? tracker.heard() : null;
      if (found !== null) heard.push({ time: frame / ONSET_HZ, ...found });
    }
  }
  return heard;
}

/** How far the beat that is heard is from the nearest of those that there are, ms. */
export function off(beatAt: number, beats: number[]): number {
  return 1000 * Math.min(...beats.map((beat) => Math.abs(beat - beatAt)));
}
