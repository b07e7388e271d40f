import { ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useCreateTask } from "@/api/queries";
import type { Robot } from "@/api/types";
import { MAX_PROMPT } from "@/generated/contract";
import { RobotPicker } from "@/robots/RobotPicker";
import { Button, cx, Note } from "@/ui/kit";

interface Props {
  robots: Robot[];
  robot: Robot | undefined;
  onRobot: (robotId: string) => void;
  /** The sentence as far as it is written. */
  sentence: string;
  onSentence: (sentence: string) => void;
  /** Called when it has become a task. */
  onMade?: () => void;
}

/** Steps 1 and 2: choose a robot, write the task. */
export function TaskForm(props: Props): ReactNode {
  const { robots, robot, onRobot, sentence, onSentence, onMade } = props;
  const [, navigate] = useLocation();
  const create = useCreateTask();
  const text = sentence.trim();
  const tooLong = text.length > MAX_PROMPT;
  const ready = robot?.trained === true && text !== "" && !tooLong;

  const submit = (): void => {
    if (robot === undefined || !ready || create.isPending) return;
    create.mutate(
      { robot: robot.id, prompt: text },
      {
        onSuccess: (task) => {
          onMade?.();
          navigate(`/tasks/${task.id}`);
        },
      },
    );
  };

  return (
    <div className="space-y-4">
      <RobotPicker robots={robots} chosen={robot} onChoose={onRobot} />

      <div>
        <label htmlFor="prompt" className="eyebrow mb-2 block">
          Step 2 · Task
        </label>
        <div className="card relative focus-within:border-accent/50 focus-within:shadow-ring">
          <textarea
            id="prompt"
            dir="auto"
            value={sentence}
            rows={3}
            placeholder={robot && (robot.examples[0] ?? `What should the ${robot.name} do?`)}
            onChange={(event) => onSentence(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                submit();
              }
            }}
            className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-[17px] leading-relaxed outline-none placeholder:text-faint"
          />
          <div className="flex items-center justify-between gap-3 p-2.5 pl-4">
            <span className={cx("text-xs", tooLong ? "text-bad" : "text-faint")}>
              {tooLong ? `${text.length - MAX_PROMPT} characters too many` : "Enter to start"}
            </span>
            <Button tone="primary" onClick={submit} busy={create.isPending} disabled={!ready}>
              {!create.isPending && <ArrowUp className="size-4" aria-hidden />} Write rewards
            </Button>
          </div>
        </div>
      </div>

      {robot?.trained === false && (
        <Note
          kind="warn"
          title={`The ${robot.name} cannot learn yet: it has no pretrained policy.`}
        >
          You can look at it. To let it learn, train a policy first:{" "}
          <code className="font-mono text-[13px] whitespace-nowrap">{robot.training_command}</code>
        </Note>
      )}

      {create.error !== null && <Note kind="bad" title={create.error.message} />}

      {robot !== undefined && robot.examples.length > 0 && (
        <ul className="flex flex-wrap gap-2" aria-label="Examples">
          {robot.examples.map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => onSentence(example)}
                className="rounded-full border border-line bg-panel/80 px-3 py-1.5 text-[13px] text-soft backdrop-blur transition-colors hover:border-line-strong hover:text-text"
              >
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
