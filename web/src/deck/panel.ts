import type { ComponentType, ReactNode } from "react";
import type { Job, Model, Robot, Task } from "@/api/types";
import type { Session } from "@/sim/session";
import type { Drive } from "@/viewer/drive";

/** What a panel beneath the picture has to do with. */
export interface Scene {
  session: Session;
  robot: Robot;
  drive: Drive;
  /** What drives it; null where nothing was trained. */
  model: Model | undefined;
  task: Task | undefined;
  job: Job | undefined;
}

/** Something to do with the robot that is shown; opened by its button beneath the picture. */
export interface Panel {
  id: string;
  label: string;
  icon: ReactNode;
  /** Whether it is of use for this robot, as it is driven now. */
  fits: (scene: Scene) => boolean;
  /** Loaded when it is opened. */
  Body: ComponentType<Scene>;
}
