import type { ReactNode } from "react";
import { useCancel, useModel, usePreview } from "@/api/queries";
import type { Candidate, Job, Robot, Task } from "@/api/types";
import { Stand } from "@/deck/Stand";
import { useOnGround } from "@/grounds/onGround";
import { Note } from "@/ui/kit";
import { replayOf, usePolicyDrive } from "@/viewer/drive";
import type { Progress } from "./progress";
import { TrainingPanel } from "./TrainingPanel";
import type { Stream } from "./useProgress";
import { Waiting } from "./Waiting";

interface Props {
  task: Task;
  job: Job;
  robot: Robot | undefined;
  candidate: Candidate | undefined;
  progress: Progress;
  stream: Stream;
  onRetry: () => void;
  /** While another view needs the simulation. */
  suspended: boolean;
}

/** Steps 5 and 6: the training beside the robot that it drives. */
export function Workspace(props: Props): ReactNode {
  const { task, job, robot, candidate, progress, stream } = props;
  const cancel = useCancel(task.id);
  const model = useModel(job.model_id, { awaited: true });
  const learnt = usePolicyDrive(model.data);
  const onGround = useOnGround(robot, model.data);
  const waits = (progress.state ?? job.state) === "queued" && job.state === "queued";
  const preview = usePreview(task.id, waits ? job.candidate : null);
  const drive = waits && preview.data !== undefined ? replayOf(preview.data) : learnt;
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1.45fr)_minmax(0,1fr)]">
      <div className="card relative h-[56vh] min-h-80 overflow-hidden lg:sticky lg:top-[4.5rem] lg:h-[calc(100dvh-11.5rem)] lg:max-h-[760px] lg:min-h-[480px]">
        {waits && <Waiting job={job} />}
        {!props.suspended && (
          <Stand
            className="h-full"
            robot={onGround}
            drive={drive}
            model={model.data}
            task={task}
            job={job}
          />
        )}
      </div>
      <div className="min-w-0 space-y-3">
        <TrainingPanel
          job={job}
          candidate={candidate}
          progress={progress}
          stream={stream}
          onCancel={() => cancel.mutate(job.id)}
          cancelling={cancel.isPending}
          onRetry={props.onRetry}
        />
        {cancel.error !== null && <Note kind="warn" title={cancel.error.message} />}
        {model.error !== null && (
          <Note kind="warn" title="The policy cannot be shown">
            {model.error.message}
          </Note>
        )}
      </div>
    </div>
  );
}
