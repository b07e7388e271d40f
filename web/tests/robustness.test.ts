import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { RobustnessRow } from "@/api/types";
import type { Trials } from "@/checks/Robustness";
import { Robustness } from "@/checks/Robustness";

const NOMINAL: RobustnessRow = {
  name: "nominal",
  words: "as simulated",
  reward: 2,
  speed_error: 0.031,
  fall_rate: 0,
  episodes: 64,
};
const ICE: RobustnessRow = {
  name: "ice",
  words: "a slippery floor",
  reward: 1,
  speed_error: 0.42,
  fall_rate: 0.05,
  episodes: 64,
};

function shown(...rows: RobustnessRow[]): string {
  return renderToStaticMarkup(createElement(Robustness, { rows }));
}

/** The text of every cell, row by row. */
function cells(markup: string): string[][] {
  const rows = markup.match(/<tr.*?<\/tr>/g) ?? [];
  return rows.map((row) =>
    (row.match(/<t[hd].*?<\/t[hd]>/g) ?? []).map((cell) => cell.replace(/<[^>]*>/g, "")),
  );
}

describe("the robustness of a result", () => {
  it("is a row for every disturbance, in figures for people", () => {
    const markup = shown(NOMINAL, ICE);
    expect(cells(markup)).toEqual([
      ["The robot", "reward a step", "speed error", "falls"],
      ["as simulated", "2", "3.1 %", "0 %"],
      ["a slippery floor", "1", "42 %", "5.0 %"],
    ]);
    expect(markup).toContain("64 episodes each");
  });

  it("shows how much of the undisturbed reward is left, between nothing and all of it", () => {
    const bars = (reward: number, nominal = 2) =>
      (shown({ ...NOMINAL, reward: nominal }, { ...ICE, reward }).match(/width:[^"]*/g) ?? []).at(
        1,
      );
    expect([bars(1), bars(-3), bars(5)]).toEqual(["width:50%", "width:0%", "width:100%"]);
    expect(bars(1, -2), "of less than nothing there are no parts").toBeUndefined();
  });

  it("colours what is lost and who falls often", () => {
    const [calm, bad] = [
      shown(NOMINAL, { ...ICE, reward: 1.6, fall_rate: 0.049 }),
      shown(NOMINAL, ICE),
    ];
    expect([calm.includes("bg-warn"), calm.includes("text-bad")]).toEqual([false, false]);
    expect([bad.includes("bg-warn"), bad.includes("text-bad")]).toEqual([true, true]);
  });

  it("has a dash for what was not measured, and no column that nobody has", () => {
    const blank = { ...ICE, reward: null, speed_error: null };
    expect(cells(shown(NOMINAL, blank))[2]).toEqual(["a slippery floor", "–", "–", "5.0 %"]);
    const still = cells(shown({ ...NOMINAL, speed_error: null }, blank));
    expect(still.map((row) => row.length)).toEqual([3, 3, 3]);
  });

  it("offers to try what the picture can show, and to put it right", () => {
    const trouble = { name: "ice", label: "Slippery floor", friction: 0.5, mass: 1, load_kg: 0 };
    const buttons = (tried: string | null): string[] => {
      const trials: Trials = { troubles: [trouble], tried, onTry: () => undefined };
      const markup = renderToStaticMarkup(
        createElement(Robustness, { rows: [NOMINAL, ICE], trials }),
      );
      return cells(markup).map((row) => row.at(-1) ?? "");
    };
    expect(buttons(null)).toEqual(["in the picture", "", "Try it"]);
    expect(buttons("ice")).toEqual(["in the picture", "", "As it was"]);
    expect(buttons("another")[2]).toBe("Try it");
  });

  it("of an older result is not there", () => expect(shown()).toBe(""));
});
