import { Zap } from "lucide-react";
import { lazy } from "react";
import type { Panel } from "./panel";

const Disturb = lazy(() =>
  import("./disturb/Disturb").then((module) => ({ default: module.Disturb })),
);

/** All of them, in the order of their buttons. A new one is a folder beside this file, and a line. */
export const PANELS: readonly Panel[] = [
  {
    id: "disturb",
    label: "Disturb",
    icon: <Zap />,
    fits: ({ drive }) => drive.kind !== "replay",
    Body: Disturb,
  },
];
