/** A channel that can be driven: its constant from where to where, its amplitude at most. */
export interface DrivenChannel {
  name: string;
  unit: string;
  lower: number;
  upper: number;
  amplitude: number;
}

export interface LiveConstants {
  channels: DrivenChannel[];
  carried: number;
  rhythm_hz: [number, number];
}

/** How a robot is built, and what its policy is told and sees: what `robot.json` of an export says. */
export interface RobotConstants {
  robot: string;
  /** The kind of robot, which knows what there is to see. */
  embodiment: string;
  control_hz: number;
  joint_names: string[];
  /** rad, as are all angles. */
  home: number[];
  /** rad a unit of action, or where targets are integrated rad/s. */
  action_scale: number[];
  joint_range: [number, number][];
  /** Whether an action says how targets go on from the last ones. */
  integrated: boolean;
  /** Of the actuators, N·m/rad and N·m·s/rad. */
  stiffness: number[];
  damping: number[];
  /** Torque-speed lines, N·m and rad/s. */
  motors: Record<"torque" | "corner_speed" | "no_load_speed", number[]>;
  channels: string[];
  /** Choices, or the range of a number. */
  settings: Record<string, (string | number)[]>;
  /** Whether a channel's sinusoid may have a multiple of the modulation's frequency. */
  harmonics: boolean;
  /** How many channels a path leads, the first ones; none where this is missing. */
  on_path?: number;
  /** How far each channel may be driven, numbers of a carry, and how fast a rhythm may be. */
  live?: LiveConstants;
  /** Names of what the policy sees, in the order of its input. */
  observation: string[];
}
