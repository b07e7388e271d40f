import { useState } from "react";
import type { Robot } from "@/api/types";

/** The robot in hand: the one chosen, else the first that can learn. */
export function useChosenRobot(
  robots: readonly Robot[],
  initial: string | null = null,
): [Robot | undefined, (robotId: string) => void] {
  const [id, choose] = useState(initial);
  const robot =
    robots.find((each) => each.id === id) ?? robots.find(({ trained }) => trained) ?? robots[0];
  return [robot, choose];
}
