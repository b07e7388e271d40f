import { Mountain } from "lucide-react";
import type { ReactNode } from "react";
import { useId } from "react";
import { useRobots } from "@/api/queries";
import type { NamedGround, Task } from "@/api/types";
import { Select } from "@/ui/fields";

interface Props {
  task: Task;
  /** One of the robot's; null for what the sentence said. */
  chosen: NamedGround | null;
  onChoose: (ground: NamedGround | null) => void;
}

/** What the robot stands on while it learns; nothing to choose for a robot that is fixed. */
export function GroundSelect({ task, chosen, onChoose }: Props): ReactNode {
  const grounds = useRobots().data?.find(({ id }) => id === task.robot)?.grounds ?? [];
  const id = useId();
  if (grounds.length < 2) return null;
  const asked = task.candidates[0]?.ground_words ?? "flat ground";
  return (
    <div className="mb-4 flex items-center gap-2 text-[13px] text-soft">
      <Mountain className="size-4 shrink-0 text-accent" aria-hidden />
      <label htmlFor={id} className="shrink-0">
        Train on
      </label>
      <Select
        id={id}
        className="max-w-64"
        value={chosen?.name ?? ""}
        onChange={({ target }) =>
          onChoose(grounds.find(({ name }) => name === target.value) ?? null)
        }
      >
        <option value="">as asked: {asked}</option>
        {grounds.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
    </div>
  );
}
