/** What the page and the simulation worker tell each other. */
import type { Robot, Trouble } from "@/api/types";
import type { PilotStats, PolicySource, Wish } from "@/inference/types";
import type { GroundInfo } from "./ground";
import type { Asker, Beat, Waves } from "./wheel";
import type { Live } from "./wire";

/** What of a robot's data the simulation goes by. */
export type RobotRules = Pick<
  Robot,
  "constants_url" | "control_hz" | "fall" | "ink" | "readouts"
> & { driving?: Pick<Robot["driving"], "controls"> };

/** What the page must know of a compiled scene; arrays are flat, row by row. */
export interface SceneInfo {
  bodyNames: string[];
  geoms: GeomInfo[];
  joints: JointInfo[];
  sites: SiteInfo[];
  root: RootInfo;
  ground: GroundInfo;
  nq: number;
}

/** A marked place of a body, in the order of the scene. */
export interface SiteInfo {
  name: string;
  body: number;
  /** In the body's frame. */
  position: [number, number, number];
}

/** A hinge or a slide, and where its number lies in `qpos`. */
export interface JointInfo {
  name: string;
  qposAdr: number;
}

/** The body that stands for the robot. */
export interface RootInfo {
  body: number;
  /** Where its pose `x y z qw qx qy qz` begins in `qpos`; null for a robot that is fixed. */
  qposAdr: number | null;
  /** Where in `qpos` a robot that moves in a plane has its place, height and tilt; else null. */
  plane: { x: number; z: number; pitch: number } | null;
}

export type Shape = "plane" | "sphere" | "capsule" | "ellipsoid" | "cylinder" | "box" | "other";

export interface GeomInfo {
  body: number;
  shape: Shape;
  group: number;
  /** As MuJoCo has it: half lengths, radii. */
  size: [number, number, number];
  position: [number, number, number];
  /** `w x y z`, as everywhere in MuJoCo. */
  quaternion: [number, number, number, number];
  rgba: [number, number, number, number];
}

export interface Connection {
  /** Of the inference server; null where there is none: the policy is then run here. */
  url: string | null;
  modelId: string;
  sceneSha256: string;
  /** Where people log in: the socket then opens with tickets, which this token is worth. */
  access?: { token: string | null; ticketUrl: string };
  /** From where the policy is fetched, so that it can be run in the browser. */
  source?: PolicySource;
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
  /** Of what answers; null while nobody does. */
  pilot: PilotStats | null;
  paramsVersion: number;
  /** One for each of the robot's readouts; null where the page does not know how. */
  readings: (number | null)[];
  /** One for each of the robot's controls. */
  driven: Driven[];
}

/** A channel at the wheel: what is asked of it after smoothing, and what the robot does. */
export interface Driven {
  channel: string;
  asked: number | null;
  done: number | null;
}

export interface Frame {
  tick: number;
  time: number;
  /** When the robot was there, ms since the epoch. */
  at: number;
  qpos: Float64Array;
  /** Position and quaternion (`w x y z`) of each body, `[nbody * 7]`. */
  poses: Float32Array;
}

export type ToWorker =
  | { type: "engine"; module: WebAssembly.Module }
  /** There is none, for that reason. */
  | { type: "engine"; module: null; message: string }
  | { type: "load"; sceneXml: Uint8Array; rules: RobotRules }
  | { type: "connect"; connection: Connection | null }
  | { type: "infer"; wish: Wish }
  | { type: "reset" }
  | { type: "ask"; asker: Asker; waves: Waves | null }
  | { type: "beat"; beat: Beat | null }
  | { type: "pause"; paused: boolean }
  | { type: "push"; push: Push | null }
  | { type: "shove"; direction: number }
  | { type: "trouble"; trouble: Trouble | null }
  | { type: "replay"; qpos: number[][] | null; hz: number }
  | { type: "pose"; qpos: number[] | null };

export type FromWorker =
  | { type: "loaded"; scene: SceneInfo }
  | { type: "failed"; code: "wasm" | "scene"; message: string }
  | { type: "frame"; frame: Frame }
  | { type: "stats"; stats: Stats }
  | { type: "link"; link: LinkState }
  | { type: "live"; live: Live | null }
  | { type: "snapshot"; version: number; step: number; scheduleWords: string }
  | { type: "recovered"; reason: "fell" | "diverged" };
