import { LocateFixed } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useMemo, useRef } from "react";
import type { Control } from "@/api/types";
import type { Scene } from "@/deck/panel";
import type { LiveChannel } from "@/sim/wire";
import { Button } from "@/ui/kit";
import { useSessionState } from "@/viewer/SessionProvider";
import { Driver } from "./driver";
import { keyName } from "./inputs";
import { Stick } from "./Stick";
import { useInputs } from "./useInputs";

/** The robot at the wheel, as long as this is open. */
export function DrivePanel(scene: Scene): ReactNode {
  const { live, link } = useSessionState(scene.session);
  if (live === null) {
    return (
      <p className="text-sm text-soft">
        {link.state === "live"
          ? "This policy takes no commands while it plays."
          : "The robot can be driven as soon as its policy plays."}
      </p>
    );
  }
  return <Wheel {...scene} channels={live.channels} />;
}

function Wheel({ session, robot, channels }: Scene & { channels: LiveChannel[] }): ReactNode {
  const { stats } = useSessionState(session);
  const { controls, meanwhile } = robot.driving;
  const driver = useMemo(
    () => new Driver(controls, channels, meanwhile),
    [controls, channels, meanwhile],
  );
  const sticks = useRef([0, 0, 0, 0]);
  const used = driver.controls.flatMap(({ keys }) => keys.flat());
  useInputs(used, sticks, (inputs, dt) => session.ask("drive", driver.step(inputs, dt)));
  useEffect(() => () => session.ask("drive", null), [session]);

  const push = (first: number) => (x: number, y: number) => {
    sticks.current[first] = x;
    sticks.current[first + 1] = y;
  };
  const onStick = (axis: number): string =>
    driver.controls.find((control) => control.axis === axis)?.label ?? "nothing";
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-3" data-testid="drive">
      <div className="flex gap-4">
        <Stick label={`${onStick(1)}, ${onStick(0)}`} onPush={push(0)} />
        <Stick label={`${onStick(3)}, ${onStick(2)}`} onPush={push(2)} />
      </div>
      <table className="tabular text-xs">
        <thead>
          <tr className="text-left text-faint">
            <th className="pr-4 font-normal">keys</th>
            <th className="pr-4 font-normal">move</th>
            <th className="pr-4 text-right font-normal">asked</th>
            <th className="text-right font-normal">done</th>
          </tr>
        </thead>
        <tbody>
          {driver.controls.map((control) => (
            <Row
              key={control.channel}
              control={control}
              unit={channels.find(({ name }) => name === control.channel)?.unit ?? ""}
              driven={stats?.driven.find(({ channel }) => channel === control.channel)}
            />
          ))}
        </tbody>
      </table>
      <div className="min-w-40 flex-1 space-y-2 text-xs text-faint">
        <p>Keys, a gamepad, or the sticks here. Shift for everything it can do.</p>
        {driver.controls.some(({ manner }) => manner === "moved") && (
          <Button className="h-8" onClick={() => driver.centre()}>
            <LocateFixed className="size-4" aria-hidden /> Centre
          </Button>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  control: Control;
  unit: string;
  driven: { asked: number | null; done: number | null } | undefined;
}

function Row({ control, unit, driven }: RowProps): ReactNode {
  return (
    <tr data-testid={`driven-${control.channel}`}>
      <td className="pr-4 font-mono text-soft">
        {control.keys.map((pair) => pair.map(keyName).join(" ")).join(" · ")}
      </td>
      <td className="pr-4 text-soft">{control.label}</td>
      <td className="pr-4 text-right font-mono text-text">{figure(driven?.asked)}</td>
      <td className="text-right font-mono text-text">
        {figure(driven?.done)} <span className="text-faint">{unit}</span>
      </td>
    </tr>
  );
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? "–"
    : `${value < -0.005 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
}
