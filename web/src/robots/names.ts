import type { Robot } from "@/api/types";

/** "Unitree Go1"; of a robot whose maker nobody knows, its name. */
export function fullName({ maker, name }: Pick<Robot, "maker" | "name">): string {
  return `${maker} ${name}`.trim();
}

/** "walks up to 1.8 m/s · turns · hops": what a robot can do, as one line. */
export function abilityLine(abilities: readonly string[]): string {
  const [first = "", ...rest] = abilities;
  // A line that is broken begins with words, not with a dot.
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join("\u00a0· ");
}
