import { describe, expect, it } from "vitest";
import { click, listen, noise, off, RATE, steady, track } from "./clicks";

describe.each([72, 90, 110, 128, 150])("clicks at %i a minute", (bpm) => {
  const beats = steady(bpm, 0.4, 12);
  const heard = listen(track(12, beats));
  const late = heard.filter(({ time }) => time > 4);

  it("are heard at their tempo", () => {
    expect(late.length).toBeGreaterThan(70);
    for (const { hz } of late) expect(hz * 60).toBeCloseTo(bpm, -0.31);
  });

  it("are heard when they are", () => {
    for (const { beatAt } of late) expect(off(beatAt, beats)).toBeLessThan(12);
  });
});

it("hears the beat through noise", () => {
  const beats = steady(110, 0.3, 12);
  const samples = track(12, beats, 0.5);
  const random = noise(3);
  for (let i = 0; i < samples.length; i += 1) samples[i] = (samples[i] ?? 0) + 0.08 * random();
  const late = listen(samples).filter(({ time }) => time > 5);
  expect(late.length).toBeGreaterThan(60);
  for (const { hz, beatAt } of late) {
    expect(Math.abs(hz * 60 - 110)).toBeLessThan(2.5);
    expect(off(beatAt, beats)).toBeLessThan(20);
  }
});

it("hears the beat of a drum kit that swings", () => {
  const beats = steady(100, 0.5, 14);
  const samples = track(14, beats, 0.7);
  // Between two beats a weaker one, late by a sixth.
  for (const beat of beats) click(samples, beat + (60 / 100) * (2 / 3), 0.2);
  const late = listen(samples).filter(({ time }) => time > 6);
  const near = late.filter(({ beatAt }) => off(beatAt, beats) < 25);
  expect(late.length).toBeGreaterThan(60);
  expect(near.length / late.length).toBeGreaterThan(0.95);
});

it.each([
  [90, 128],
  [128, 90],
])("follows a tempo that changes from %i to %i within three seconds", (before, after) => {
  const first = steady(before, 0.3, 8);
  const second = steady(after, (first.at(-1) ?? 0) + 60 / after, 16);
  const changed = first.at(-1) ?? 0;
  const late = listen(track(16, [...first, ...second])).filter(({ time }) => time > changed + 3);
  expect(late.length).toBeGreaterThan(40);
  for (const { hz, beatAt } of late) {
    expect(Math.abs(hz * 60 - after)).toBeLessThan(3);
    expect(off(beatAt, second)).toBeLessThan(25);
  }
});

describe("nothing is heard", () => {
  it.each<[string, (time: number, random: () => number) => number]>([
    ["of silence", () => 0],
    ["of noise", (_, random) => 0.3 * random()],
    ["of a tone", (time) => 0.5 * Math.sin(2 * Math.PI * 220 * time)],
    [
      "of a drone that swells",
      (time) => 0.4 * Math.sin(2 * Math.PI * 110 * time) * (1 + 0.5 * Math.sin(0.9 * time)),
    ],
  ])("%s", (_, sound) => {
    const random = noise(11);
    const samples = Float32Array.from({ length: 12 * RATE }, (__, i) => sound(i / RATE, random));
    expect(listen(samples)).toEqual([]);
  });

  it("most of the time, of clicks at random", () => {
    const random = noise(5);
    const beats: number[] = [];
    for (let at = 0.2; at < 30; at += 0.15 + 0.9 * Math.abs(random())) beats.push(at);
    const heard = listen(track(30, beats));
    expect(heard.length).toBeLessThan(0.35 * 270);
  });
});
