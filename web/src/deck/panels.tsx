import { Gamepad2, History, Music, Zap } from "lucide-react";
import { lazy } from "react";
import type { Model } from "@/api/types";
import type { Panel } from "./panel";

const DrivePanel = lazy(() =>
  import("@/drive/DrivePanel").then((module) => ({ default: module.DrivePanel })),
);
const MusicPanel = lazy(() =>
  import("@/music/MusicPanel").then((module) => ({ default: module.MusicPanel })),
);
const ReplayPanel = lazy(() =>
  import("@/replay/ReplayPanel").then((module) => ({ default: module.ReplayPanel })),
);
const Disturb = lazy(() =>
  import("./disturb/Disturb").then((module) => ({ default: module.Disturb })),
);

/** All of them, in the order of their buttons. A new one is a folder beside this file, and a line. */
export const PANELS: readonly Panel[] = [
  {
    id: "replay",
    label: "Replay",
    icon: <History />,
    fits: ({ drive, model, job }) =>
      drive.kind === "policy" && (recorded(model) || job?.result?.recorded === true),
    Body: ReplayPanel,
  },
  {
    id: "drive",
    label: "Drive",
    icon: <Gamepad2 />,
    fits: ({ drive, robot }) => drive.kind === "policy" && robot.driving.controls.length > 0,
    Body: DrivePanel,
  },
  {
    id: "music",
    label: "Music",
    icon: <Music />,
    fits: ({ drive, robot }) => drive.kind === "policy" && robot.driving.controls.length > 0,
    Body: MusicPanel,
  },
  {
    id: "disturb",
    label: "Disturb",
    icon: <Zap />,
    fits: ({ drive }) => drive.kind !== "replay",
    Body: Disturb,
  },
];

function recorded(model: Model | undefined): boolean {
  return model?.episodes_url !== null && model?.episodes_url !== undefined;
}
