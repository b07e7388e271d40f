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
  /** Names of what the policy sees, in the order of its input. */
  observation: string[];
}
