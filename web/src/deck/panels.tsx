import { Gamepad2, Music, Zap } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "./panel";

const DrivePanel = lazy(() =>
  import("@/drive/DrivePanel").then((module) => ({ default: module.DrivePanel })),
);
const MusicPanel = lazy(() =>
  import("@/music/MusicPanel").then((module) => ({ default: module.MusicPanel })),
);
const Disturb = lazy(() =>
  import("./disturb/Disturb").then((module) => ({ default: module.Disturb })),
);

/** All of them, in the order of their buttons. A new one is a folder beside this file, and a line. */
export const PANELS: readonly Panel[] = [
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
