import type { ReactNode } from "react";
import type { Robot } from "@/api/types";
import { fullName } from "./names";
import { RobotPicture } from "./RobotPicture";

interface Props {
  /** Unknown while robots are being loaded, or when its folder is gone: the id then stands here. */
  robot: Robot | undefined;
  robotId: string;
}

/** Whose task or policy something is. */
export function RobotTag({ robot, robotId }: Props): ReactNode {
  return (
    <span className="inline-flex items-center gap-1.5 align-middle" data-testid="robot">
      <RobotPicture robot={robot} className="h-6 w-8 rounded" />
      <span className="text-soft">{robot === undefined ? robotId : fullName(robot)}</span>
    </span>
  );
}
