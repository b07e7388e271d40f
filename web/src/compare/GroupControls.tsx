import { MoveLeft, MoveRight, Pause, Play, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import type { Robot } from "@/api/types";
import { Button, cx } from "@/ui/kit";
import type { Group } from "./group";
import { useGroupState } from "./useGroup";

const LEFT = Math.PI / 2;

/** What is done to all robots at the same moment. */
export function GroupControls({ group, robot }: { group: Group; robot: Robot }): ReactNode {
  const { paused, trouble } = useGroupState(group);
  return (
    <div className="flex flex-wrap gap-2 border-t border-line p-2 sm:p-3">
      <Button className="h-8" onClick={() => group.reset()}>
        <RotateCcw className="size-4" aria-hidden /> Start together
      </Button>
      <Button className="h-8" onClick={() => group.pause(!paused)}>
        {paused ? (
          <Play className="size-4" aria-hidden />
        ) : (
          <Pause className="size-4" aria-hidden />
        )}
        {paused ? "Play" : "Pause"}
      </Button>
      <Button className="h-8" onClick={() => group.shove(LEFT)}>
        <MoveLeft className="size-4" aria-hidden /> Push all to their left
      </Button>
      <Button className="h-8" onClick={() => group.shove(-LEFT)}>
        Push all to their right <MoveRight className="size-4" aria-hidden />
      </Button>
      {robot.troubles.map((one) => {
        const on = one.name === trouble?.name;
        return (
          <Button
            key={one.name}
            className={cx("h-8", on && "border-warn/60 text-warn")}
            aria-pressed={on}
            onClick={() => group.setTrouble(on ? null : one)}
          >
            {one.label}
          </Button>
        );
      })}
    </div>
  );
}
