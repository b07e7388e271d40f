import { Crosshair, Gauge, Pause, Play, RotateCcw, Sparkles, Video } from "lucide-react";
import type { ReactNode } from "react";
import type { Session } from "@/sim/session";
import { FilmButton } from "./FilmButton";
import { InferenceSwitch } from "./InferenceSwitch";
import { Tool } from "./Tool";
import type { CameraMode, Quality } from "./view";

interface Props {
  session: Session;
  paused: boolean;
  /** A recorded moment is shown: there is nothing to pause or to begin anew. */
  posed: boolean;
  mode: CameraMode;
  onMode: (mode: CameraMode) => void;
  onCentre: () => void;
  quality: Quality;
  slowed: boolean;
  onQuality: (quality: Quality) => void;
  pushable: boolean;
  canvas: HTMLCanvasElement | null;
}

/** What a user can do with the simulated robot. */
export function Controls(props: Props): ReactNode {
  const { session, paused, mode, quality } = props;
  const high = quality !== "low";
  return (
    <div className="flex flex-wrap items-end justify-between gap-2">
      <p className="hidden text-xs text-faint sm:block">
        {props.slowed ? "Simple picture: this machine draws slowly. " : ""}
        {props.pushable
          ? "Drag the robot to push it · drag the floor to look around, or use arrow keys"
          : "Drag to look around"}
      </p>
      <div className="pointer-events-auto flex gap-1 rounded-xl border border-line bg-panel/85 p-1 backdrop-blur">
        {!props.posed && (
          <>
            <InferenceSwitch session={session} />
            <Tool label="Reset" onClick={() => session.reset()} icon={<RotateCcw />} />
            <Tool
              label={paused ? "Play" : "Pause"}
              onClick={() => session.pause(!paused)}
              icon={paused ? <Play /> : <Pause />}
              active={paused}
            />
          </>
        )}
        <Tool
          label={mode === "follow" ? "Camera follows" : "Camera stays"}
          onClick={() => props.onMode(mode === "follow" ? "orbit" : "follow")}
          icon={<Video />}
          active={mode === "follow"}
        />
        <FilmButton canvas={props.canvas} />
        <Tool label="Centre" onClick={props.onCentre} icon={<Crosshair />} />
        <Tool
          label={high ? "High quality" : "Low quality"}
          onClick={() => props.onQuality(high ? "low" : "high")}
          icon={high ? <Sparkles /> : <Gauge />}
          active={high}
        />
      </div>
    </div>
  );
}
