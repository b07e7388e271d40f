import { ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCreateTask } from "@/api/queries";
import type { Robot } from "@/api/types";
import { MAX_PROMPT } from "@/generated/contract";
import { Button, cx, Note } from "@/ui/kit";

interface Props {
  robots: Robot[];
  initial?: { robot: string; prompt: string };
  examples?: boolean;
}

/** Steps 1 and 2: choose a robot, write the task. */
export function TaskForm({ robots, initial, examples = true }: Props): ReactNode {
  const [robotId, setRobotId] = useState(initial?.robot ?? robots[0]?.id ?? "");
  const [prompt, setPrompt] = useState(initial?.prompt ?? "");
  const [, navigate] = useLocation();
  const create = useCreateTask();
  const robot = robots.find(({ id }) => id === robotId) ?? robots[0];
  const text = prompt.trim();
  const tooLong = text.length > MAX_PROMPT;

  const submit = (): void => {
    if (robot === undefined || text === "" || tooLong || create.isPending) return;
    create.mutate(
      { robot: robot.id, prompt: text },
      { onSuccess: (task) => navigate(`/tasks/${task.id}`) },
    );
  };

  return (
    <div className="space-y-4">
      <fieldset>
        <legend className="eyebrow mb-2">Step 1 · Robot</legend>
        <div className="flex flex-wrap gap-2">
          {robots.map((option) => (
            <label
              key={option.id}
              className="relative rounded-xl border border-line bg-panel px-4 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent/60 has-checked:shadow-[0_0_0_3px_#6ee7c81a]"
            >
              {/* Unseen, but over the whole label: it takes the clicks and shows the focus. */}
              <input
                type="radio"
                name="robot"
                checked={option.id === robot?.id}
                onChange={() => setRobotId(option.id)}
                className="absolute inset-0 cursor-pointer appearance-none rounded-xl"
              />
              <span className="block text-sm font-semibold">
                {option.maker} {option.name}
              </span>
              <span className="block max-w-sm text-xs text-soft">{option.description}</span>
            </label>
          ))}
        </div>
      </fieldset>

      <div>
        <label htmlFor="prompt" className="eyebrow mb-2 block">
          Step 2 · Task
        </label>
        <div className="card relative focus-within:border-accent/50 focus-within:shadow-[0_0_0_3px_#6ee7c81a]">
          <textarea
            id="prompt"
            value={prompt}
            rows={3}
            placeholder="Trot forward slowly and sway your hips"
            onChange={(event) => setPrompt(event.target.value)}
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
            <Button
              tone="primary"
              onClick={submit}
              busy={create.isPending}
              disabled={text === "" || tooLong}
            >
              {!create.isPending && <ArrowUp className="size-4" aria-hidden />} Write rewards
            </Button>
          </div>
        </div>
      </div>

      {create.error !== null && <Note kind="bad" title={create.error.message} />}

      {examples && robot !== undefined && (
        <ul className="flex flex-wrap gap-2" aria-label="Examples">
          {robot.examples.map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => setPrompt(example)}
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
