import type { Connection, RobotRules, SceneInfo } from "@/sim/messages";

/** What is to be filmed: a policy in its scene. */
export interface Order {
  sceneXml: Uint8Array;
  wasmUrl: string;
  rules: RobotRules;
  connection: Connection;
}

/** Poses of all bodies, `[nbody * 7]` each, evenly spaced; or why there are none. */
export type Rehearsed =
  | { ok: true; scene: SceneInfo; poses: Float32Array[] }
  | { ok: false; message: string };

/** Pictures of a strip. */
export const PICTURES = 16;
/** Seconds of motion before the first picture, and between two. */
export const RUN_UP_S = 1.5;
export const BETWEEN_S = 0.12;
