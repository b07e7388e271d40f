import type { LinkState, Stats } from "@/sim/messages";

/** Below this share of its control rate a robot lags visibly. */
const SLOW_SHARE = 0.9;

/** Whether one of the robots that are driven does not keep its control rate. */
export function tooSlow(
  links: readonly LinkState[],
  stats: readonly (Stats | null)[],
  controlHz: number,
): boolean {
  return stats.some(
    (each, n) =>
      each !== null && links[n]?.state === "live" && each.controlHz < SLOW_SHARE * controlHz,
  );
}
