import type { RobotConstants } from "../../constants";

/** Transforms `[4, 4]`, row by row. */
export type Matrix = number[][];

/** What is known of an arm besides. */
export interface ArmConstants extends RobotConstants {
  /** Transforms over each joint: of angle q, `fixed + sin(q) · sine + cos(q) · cosine`. */
  chain: { fixed: Matrix[]; sine: Matrix[]; cosine: Matrix[]; tip: Matrix; axes: number[][] };
  /** Of the joints in qpos, from the base to the tool. */
  chain_columns: number[];
  /** The channel of each joint in qpos; null for one without. */
  joint_channels: (number | null)[];
  on_path: number;
  /** Of the tool at home, m, and its axes in columns. */
  home_place: number[];
  home_axes: Matrix;
  way: {
    turn_m: number;
    damping_m: number;
    step_m: number;
    step_rad: number;
    near_rad: number;
  };
  /** Which setting says on which side the elbow is; null for an arm that has no such thing. */
  elbow: { setting: number; joints: [number, number, number]; bent_rad: number } | null;
  near_m: number;
  far_m: number;
}
