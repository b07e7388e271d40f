import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCreateTask } from "@/api/queries";
import type { Task } from "@/api/types";
import { MAX_PROMPT } from "@/generated/contract";
import { Button, Note } from "@/ui/kit";

interface Props {
  task: Task;
  /** Number of the candidate to go on from. */
  candidate: number;
  /** The training that was seen of it, if there was one. */
  jobId: string | null;
}

/** Going on from what is seen: a sentence that says what should be different. */
export function FollowUp({ task, candidate, jobId }: Props): ReactNode {
  const [words, setWords] = useState("");
  const [, navigate] = useLocation();
  const create = useCreateTask();
  const prompt = words.trim();
  const submit = (): void => {
    if (prompt === "" || create.isPending) return;
    create.mutate(
      { robot: task.robot, prompt, parent: { task_id: task.id, candidate, job_id: jobId } },
      {
        onSuccess: (next) => {
          navigate(`/tasks/${next.id}`);
          window.scrollTo({ top: 0 });
        },
      },
    );
  };
  return (
    <form
      className="space-y-3"
      data-testid="reflect"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="card flex flex-wrap items-center gap-2 p-2 pl-4 transition-colors focus-within:border-accent/50 focus-within:shadow-ring">
        <input
          aria-label="What should be different"
          dir="auto"
          value={words}
          maxLength={MAX_PROMPT}
          placeholder="Say what should be different: slower, and lower"
          onChange={(event) => setWords(event.target.value)}
          className="h-9 min-w-0 flex-1 basis-64 bg-transparent text-[15px] text-ellipsis outline-none placeholder:text-faint"
        />
        <Button type="submit" busy={create.isPending} disabled={prompt === ""}>
          Go on from this {!create.isPending && <ArrowRight className="size-4" aria-hidden />}
        </Button>
      </div>
      {create.error !== null && <Note kind="bad" title={create.error.message} />}
    </form>
  );
}
