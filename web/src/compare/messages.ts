/** What the page and the worker of several robots tell each other. */
import type { Trouble } from "@/api/types";
import type { Connection, FromWorker, RobotRules } from "@/sim/messages";

export type ToGroup =
  | {
      type: "load";
      sceneXml: Uint8Array;
      wasmUrl: string;
      rules: RobotRules;
      /** One robot for each. */
      connections: Connection[];
    }
  | { type: "reset" }
  | { type: "pause"; paused: boolean }
  | { type: "shove"; direction: number }
  | { type: "trouble"; trouble: Trouble | null };

/** What a robot's simulation says, with its number; a failure is that of all. */
export interface FromGroup {
  member: number;
  message: FromWorker;
}
