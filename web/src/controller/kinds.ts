import type { RobotConstants } from "./constants";
import { observer as arm } from "./embodiments/arm/observe";
import { observer as legged } from "./embodiments/legged/observe";
import type { MakeObserver, Observer } from "./observe";
import { PolicyFileError } from "./policyFile";
import type { Program } from "./program";

const OBSERVERS: Record<string, MakeObserver> = { arm, legged };

/** Throws `PolicyFileError` for a kind of robot that only the server knows. */
export function observerOf(program: Program, robot: RobotConstants): Observer {
  const make = OBSERVERS[robot.embodiment];
  if (make === undefined) {
    throw new PolicyFileError(`robots of the kind "${robot.embodiment}" run on the server alone`);
  }
  return make(program, robot);
}
