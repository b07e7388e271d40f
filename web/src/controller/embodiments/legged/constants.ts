import type { RobotConstants } from "../../constants";

/** What is known of a legged robot besides. */
export interface LeggedConstants extends RobotConstants {
  /** The channel that lifts each foot, and whether it is one in front. */
  feet: { lift: string; front: boolean }[];
  /** Cycles by which each foot is ahead, for each gait. */
  gait_offsets: Record<string, number[]>;
  /** Gaits whose swings take their share of a stride at any pace. */
  long_swings: string[];
  /** How far a robot sees its path, m. */
  path_reach: number;
  /** Where its clock changes what it does, SI units. */
  gait: {
    paired_swing: number;
    walking: number;
    turning_radius: number;
    hopping: number;
    lifted: number;
    slow_steps: number;
    added_steps: number;
    stride: number;
    hop_frequency: number;
  };
}
