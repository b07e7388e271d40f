import { MoveLeft, MoveRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button, cx } from "@/ui/kit";
import { useSessionState } from "@/viewer/SessionProvider";
import type { Scene } from "../panel";

const LEFT = Math.PI / 2;

/** Pushes, and a world other than the scene: what robustness rows measure, to try by hand. */
export function Disturb({ session, robot }: Scene): ReactNode {
  const { trouble } = useSessionState(session);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button className="h-8" onClick={() => session.shove(LEFT)}>
        <MoveLeft className="size-4" aria-hidden /> Push to its left
      </Button>
      <Button className="h-8" onClick={() => session.shove(-LEFT)}>
        Push to its right <MoveRight className="size-4" aria-hidden />
      </Button>
      {robot.troubles.map((one) => {
        const on = one.name === trouble?.name;
        return (
          <Button
            key={one.name}
            className={cx("h-8", on && "border-warn/60 text-warn")}
            aria-pressed={on}
            onClick={() => session.setTrouble(on ? null : one)}
          >
            {one.label}
          </Button>
        );
      })}
      <p className="w-full text-xs text-faint">
        The policy is not told. How it did under these over many episodes stands with its result,
        under robustness.
      </p>
    </div>
  );
}
