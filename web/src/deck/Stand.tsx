import type { ReactNode } from "react";
import type { Job, Model, Robot, Task } from "@/api/types";
import { cx } from "@/ui/kit";
import type { Drive } from "@/viewer/drive";
import { useSession } from "@/viewer/SessionProvider";
import { Viewer } from "@/viewer/Viewer";
import { Deck } from "./Deck";

interface Props {
  /** Not known yet: an empty place. */
  robot: Robot | undefined;
  drive: Drive;
  model?: Model | undefined;
  task?: Task | undefined;
  job?: Job | undefined;
  className?: string;
}

/** The robot, and beneath it what can be done with it. */
export function Stand({ robot, drive, model, task, job, className }: Props): ReactNode {
  const session = useSession(robot);
  return (
    <div className={cx("flex flex-col", className)}>
      <Viewer className="min-h-0 flex-1" robot={robot} drive={drive} />
      {session !== null && robot !== undefined && (
        <Deck
          key={robot.id}
          session={session}
          robot={robot}
          drive={drive}
          model={model}
          task={task}
          job={job}
        />
      )}
    </div>
  );
}
