/** What the page and the simulation worker tell each other. */

/** What the viewer must know of a compiled scene; arrays are flat, row by row. */
export interface SceneInfo {
  bodyNames: string[];
  geoms: GeomInfo[];
  nq: number;
  timestep: number;
  /** Total mass in kg, which scales the pull of a push. */
  mass: number;
}

export interface GeomInfo {
  name: string;
  body: number;
  /** MuJoCo's geom type: 0 plane, 2 sphere, 3 capsule, 4 ellipsoid, 5 cylinder, 6 box. */
  type: number;
  group: number;
  size: [number, number, number];
  position: [number, number, number];
  /** `w x y z`, as everywhere in MuJoCo. */
  quaternion: [number, number, number, number];
  rgba: [number, number, number, number];
}

export interface Connection {
  url: string;
  modelId: string;
  sceneSha256: string;
}

/** A pull at a point of a body towards a point of the world, metres. */
export interface Push {
  body: number;
  /** In the body's frame. */
  point: [number, number, number];
  target: [number, number, number];
}

export type LinkState =
  | { state: "none" }
  | { state: "connecting" }
  | { state: "live" }
  | { state: "lost"; attempt: number; retryInS: number }
  | { state: "refused"; code: string; message: string };

export interface Stats {
  tick: number;
  time: number;
  controlHz: number;
  realTimeFactor: number;
  roundTripMs: { p50: number; p95: number };
  paramsVersion: number;
  /** In the heading frame: forward, left (m/s), and turning rate (rad/s). */
  forward: number;
  left: number;
  yawRate: number;
  height: number;
}

export interface Frame {
  tick: number;
  time: number;
  qpos: Float64Array;
  /** Position and quaternion (`w x y z`) of each body, `[nbody * 7]`. */
  poses: Float32Array;
}

export type ToWorker =
  | { type: "load"; sceneXml: Uint8Array; wasmUrl: string }
  | { type: "connect"; connection: Connection | null }
  | { type: "reset" }
  | { type: "pause"; paused: boolean }
  | { type: "push"; push: Push | null }
  | { type: "replay"; qpos: number[][] | null; hz: number };

export type FromWorker =
  | { type: "loaded"; scene: SceneInfo }
  | { type: "failed"; code: "wasm" | "scene"; message: string }
  | { type: "frame"; frame: Frame }
  | { type: "stats"; stats: Stats }
  | { type: "link"; link: LinkState }
  | { type: "snapshot"; version: number; step: number; scheduleWords: string }
  | { type: "recovered"; reason: "fell" | "diverged" };
