import { describe, expect, it } from "vitest";
import type { Move } from "@/api/types";
import {
  BeatCount,
  beatsACycle,
  beatsNear,
  lagAt,
  moveAt,
  order,
  rhythm,
  SECTION,
  wavesOf,
} from "@/music/dance";
import { Taps } from "@/music/taps";

const AT_EASE = { slowest_hz: 0.5, fastest_hz: 1.3 };

it.each([
  [0.5, 0.01],
  [0.7, 0.01],
  [0.8, 0.02],
  [1.0, 0.04],
  [1.05, 0.05],
  [2.0, 0.06],
])("at %s cycles a second a robot is late by what was measured about there", (hz, late) => {
  const lags = [
    { hz: 0.7, s: 0.01 },
    { hz: 1.0, s: 0.04 },
    { hz: 1.1, s: 0.06 },
  ];
  expect(lagAt(lags, hz)).toBeCloseTo(late, 9);
});

it("is on time where nobody measured", () => expect(lagAt([], 1)).toBe(0));

describe("a tempo", () => {
  it.each([
    [90, 2],
    [110, 2],
    [128, 2],
    [180, 4],
    [60, 2],
    [50, 1],
    [240, 4],
  ])("of %i a minute takes %i beats a cycle", (bpm, beats) => {
    expect(beatsACycle(bpm / 60, AT_EASE)).toBe(beats);
  });

  it("stays near a rhythm that was learnt", () => {
    expect(beatsNear(2, 2)).toBe(1);
    expect(beatsNear(2, 1.1)).toBe(2);
    expect(beatsNear(1, 2.1)).toBe(0.5);
  });
});

describe("beats", () => {
  it("go on over corrections and changes of tempo", () => {
    const count = new BeatCount();
    count.heard(2, 10_000);
    expect(count.now(11_250)).toBeCloseTo(2.5);
    count.heard(2, 12_020);
    expect(count.now(12_020)).toBe(4);
    count.heard(1.5, 13_040);
    expect(count.now(13_040)).toBe(6);
    expect(count.now(14_040)).toBeCloseTo(7.5);
  });

  it("lead a rhythm ahead of the robot's lag", () => {
    const count = new BeatCount();
    count.heard(2, 10_000);
    const beat = rhythm(count, 2, 10_750, 0.1);
    expect(beat.hz).toBe(1);
    expect(beat.phase).toBeCloseTo(0.75 + 0.1);
  });
});

const wave = { constant: 0, amplitude: 0, phase: 0, harmonic: 1 };
const MOVES: Move[] = [
  { name: "sway", lags: [], waves: [{ ...wave, channel: "roll", amplitude: 0.5, phase: 1 }] },
  { name: "bob", lags: [], waves: [{ ...wave, channel: "height", constant: -0.5, amplitude: 1 }] },
  { name: "spin", lags: [], waves: [{ ...wave, channel: "yaw", constant: 0.5 }] },
];

describe("a dance", () => {
  it("has every move, in an order that the seed says", () => {
    const orders = Array.from({ length: 8 }, (_, seed) =>
      order(MOVES, seed).map(({ name }) => name),
    );
    for (const one of orders) expect([...one].sort()).toEqual(["bob", "spin", "sway"]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(2);
    expect(order(MOVES, 3)).toEqual(order(MOVES, 3));
  });

  it("changes moves with the section, round and round", () => {
    const names = [0, SECTION - 0.1, SECTION, 2 * SECTION, 3 * SECTION].map(
      (beats) => moveAt(MOVES, beats)?.name,
    );
    expect(names).toEqual(["sway", "sway", "bob", "spin", "sway"]);
    expect(moveAt([], 5)).toBeNull();
  });

  it("asks shares of what the channels do, and that other moves' channels rest", () => {
    const channels = [
      { name: "height", unit: "m", lower: -0.1, upper: 0.02, amplitude: 0.05 },
      { name: "roll", unit: "rad", lower: -0.4, upper: 0.4, amplitude: 0.3 },
      { name: "speed", unit: "m/s", lower: -1, upper: 1, amplitude: 1 },
    ];
    const [sway, bob] = MOVES as [Move, Move];
    expect(wavesOf(sway, MOVES, channels)).toEqual({
      height: wave,
      roll: { constant: 0, amplitude: 0.15, phase: 1, harmonic: 1 },
    });
    expect(wavesOf(bob, MOVES, channels).height).toMatchObject({
      constant: -0.05,
      amplitude: 0.05,
    });
  });
});

describe("taps", () => {
  it("are a beat from the second one on, and better with more", () => {
    const taps = new Taps();
    expect(taps.tap(5_000)).toBeNull();
    expect(taps.tap(5_500)?.hz).toBeCloseTo(2);
    const late = [30, -25, 20, -30, 25, -20].map((off, i) => taps.tap(6_000 + 500 * i + off));
    expect(late.at(-1)?.hz).toBeCloseTo(2, 1);
    expect(Math.abs((late.at(-1)?.at ?? 0) - 8_500)).toBeLessThan(25);
  });

  it("begin anew after a pause", () => {
    const taps = new Taps();
    taps.tap(0);
    taps.tap(500);
    expect(taps.tap(9_000)).toBeNull();
    expect(taps.tap(9_400)?.hz).toBeCloseTo(2.5);
  });
});
