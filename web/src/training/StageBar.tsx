import type { ReactNode } from "react";
import { cx } from "@/ui/kit";
import type { Stage } from "./events";

const STAGES: { stage: Stage; label: string }[] = [
  { stage: "loading", label: "Load" },
  { stage: "search", label: "Search" },
  { stage: "value_warmup", label: "Critic" },
  { stage: "ppo", label: "Learn" },
  { stage: "evaluation", label: "Check" },
];

/** The stages of a training, the current one lit. */
export function StageBar({ stage, state }: { stage: Stage | null; state: string }): ReactNode {
  const current = STAGES.findIndex((entry) => entry.stage === stage);
  const finished = state === "succeeded";
  return (
    <ol className="grid grid-cols-5 gap-1.5 text-[11px]">
      {STAGES.map(({ label }, index) => {
        const done = finished || index < current;
        const now = !finished && index === current && state === "running";
        return (
          <li key={label} aria-current={now ? "step" : undefined}>
            <div
              className={cx(
                "mb-1 h-0.5 rounded-full",
                done ? "bg-accent/60" : now ? "bg-accent" : "bg-line",
              )}
            />
            <span className={now ? "font-medium text-accent" : done ? "text-soft" : "text-faint"}>
              {label}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
