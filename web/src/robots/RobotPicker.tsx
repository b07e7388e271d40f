import type { ReactNode } from "react";
import type { Robot } from "@/api/types";
import { abilityLine } from "./names";
import { RobotPicture } from "./RobotPicture";

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
      {/* The padding keeps the ring around a chosen card within what scrolls. */}
      <div className="-m-1 grid max-h-[25rem] grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-2 overflow-y-auto p-1">
        {robots.map((robot) => (
          <Card
            key={robot.id}
            robot={robot}
            chosen={robot.id === chosen?.id}
            onChoose={() => onChoose(robot.id)}
          />
        ))}
      </div>
      {chosen !== undefined && (
        <p className="mt-2.5 text-[13px] leading-relaxed text-soft" data-testid="abilities">
          {abilityLine(chosen.abilities) || chosen.description}
        </p>
      )}
    </fieldset>
  );
}

interface CardProps {
  robot: Robot;
  chosen: boolean;
  onChoose: () => void;
}

function Card({ robot, chosen, onChoose }: CardProps): ReactNode {
  return (
    <label
      className="relative flex flex-col overflow-hidden rounded-xl border border-line bg-panel transition-colors hover:border-line-strong has-checked:border-accent/60 has-checked:shadow-ring has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent"
      title={robot.description}
    >
      {/* Unseen, but over the whole card: it takes the clicks and shows the focus. */}
      <input
        type="radio"
        name="robot"
        checked={chosen}
        onChange={onChoose}
        // Also that of the robot at hand: what was offered has then been chosen.
        onClick={onChoose}
        className="absolute inset-0 z-10 cursor-pointer appearance-none outline-none"
      />
      <RobotPicture robot={robot} className="aspect-[8/5] w-full" />
      <span className="flex flex-1 flex-col px-3 py-2">
        <span className="truncate text-sm font-semibold">{robot.name}</span>
        <span className="truncate text-xs text-faint">{robot.maker}</span>
        {robot.training_command !== null && (
          <span className="mt-1 text-xs text-warn">
            Not trained yet
            <code className="block font-mono text-[11px] break-words">
              {robot.training_command}
            </code>
          </span>
        )}
      </span>
    </label>
  );
}
