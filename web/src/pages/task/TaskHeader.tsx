import type { ReactNode } from "react";
import type { Robot, Task } from "@/api/types";
import { ago } from "@/lib/format";
import { RobotTag } from "@/robots/RobotTag";
import { LineageLine } from "@/tasks/Lineage";
import { Headline } from "@/ui/Headline";
import { StepRail } from "./StepRail";

interface Props {
  task: Task;
  robot: Robot | undefined;
  /** How many of the steps are done. */
  done: number;
}

/** A task's sentence, whose it is, and how far it has come. */
export function TaskHeader({ task, robot, done }: Props): ReactNode {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
      <div className="min-w-0">
        <p className="text-xs text-faint">
          <RobotTag robot={robot} robotId={task.robot} /> · {ago(task.created_at)}
        </p>
        <Headline
          text={task.prompt}
          className="mt-0.5 text-xl font-semibold tracking-tight sm:text-2xl"
        />
        <LineageLine task={task} />
      </div>
      <StepRail done={done} />
    </header>
  );
}
