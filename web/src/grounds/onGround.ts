import { useMemo } from "react";
import type { Model, Robot } from "@/api/types";

/** The robot in the scene that a model was trained in: on its ground. */
export function useOnGround(robot: Robot | undefined, model: Model | undefined): Robot | undefined {
  const scene = model?.scene_url;
  return useMemo(
    () => (robot === undefined || scene === undefined ? robot : { ...robot, scene_url: scene }),
    [robot, scene],
  );
}
