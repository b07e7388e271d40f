import type { ReactNode } from "react";
import { useState } from "react";
import { useRobots } from "@/api/queries";
import type { Task } from "@/api/types";
import { TaskForm } from "@/tasks/TaskForm";
import { useChosenRobot } from "@/tasks/useChosenRobot";
import { Note } from "@/ui/kit";

/** The sentence led to no reward: why, and another try. */
export function WritingFailed({ task }: { task: Task }): ReactNode {
  const robots = useRobots();
  const [robot, chooseRobot] = useChosenRobot(robots.data ?? [], task.robot);
  const [sentence, setSentence] = useState(task.prompt);
  const title =
    task.state === "cancelled" ? "Writing was cancelled" : "No reward could be written for this";
  return (
    <div className="max-w-3xl space-y-5">
      <Note kind={task.state === "failed" ? "bad" : "info"} title={title}>
        {task.failure?.message}
      </Note>
      {robots.data !== undefined && (
        <TaskForm
          robots={robots.data}
          robot={robot}
          onRobot={chooseRobot}
          sentence={sentence}
          onSentence={setSentence}
        />
      )}
    </div>
  );
}
