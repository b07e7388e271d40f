import type { Stats } from "@/sim/messages";
import type { Show } from "./show";

/** Figures over the picture, label and value in turns. */
export function figures({ robot }: Show, stats: Stats): [string, string][] {
  const readings = robot.readouts.flatMap(
    ({ label, unit, decimals }, index): [string, string][] => {
      const value = stats.readings[index] ?? null;
      return value === null ? [] : [[label, `${number(value, decimals)} ${unit}`.trim()]];
    },
  );
  return [
    ...readings,
    ["control", `${number(stats.controlHz, 0)} Hz`],
    ["real time", `${number(stats.realTimeFactor, 2)} ×`],
    ["runs in", "this browser"],
  ];
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : "–";
}
