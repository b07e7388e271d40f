import type { ReactNode } from "react";
import type { Robot } from "@/api/types";

interface Props {
  robots: readonly Robot[];
  chosen: Robot | undefined;
  onChoose: (robotId: string) => void;
}

/** Step 1: every robot there is; those that cannot learn yet can be looked at. */
export function RobotPicker({ robots, chosen, onChoose }: Props): ReactNode {
  return (
    <fieldset>
      <legend className="eyebrow mb-2">Step 1 · Robot</legend>
      <div className="flex flex-wrap gap-2">
        {robots.map((robot) => (
          <label
            key={robot.id}
            className="relative rounded-xl border border-line bg-panel px-4 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent/60 has-checked:shadow-[0_0_0_3px_#6ee7c81a]"
          >
            {/* Unseen, but over the whole label: it takes the clicks and shows the focus. */}
            <input
              type="radio"
              name="robot"
              checked={robot.id === chosen?.id}
              onChange={() => onChoose(robot.id)}
              // Also that of the robot at hand: what was offered has then been chosen.
              onClick={() => onChoose(robot.id)}
              className="absolute inset-0 cursor-pointer appearance-none rounded-xl"
            />
            <span className="block text-sm font-semibold">
              {robot.maker} {robot.name}
            </span>
            <span className="block max-w-sm text-xs text-soft">{robot.description}</span>
            {robot.training_command !== null && (
              <span className="mt-1 block max-w-sm text-xs text-warn">
                Not trained yet: <code className="font-mono">{robot.training_command}</code>
              </span>
            )}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
