import { MonitorOff } from "lucide-react";
import type { ReactNode } from "react";
import type { SessionState } from "@/sim/session";

interface Props {
  failure: SessionState["failure"];
  webgl: string | null;
}

/** Why there is no robot to see, and what to do about it. */
export function Unavailable({ failure, webgl }: Props): ReactNode {
  const [title, advice] = explain(failure, webgl);
  return (
    <div role="alert" className="absolute inset-0 grid place-items-center p-6">
      <div className="max-w-md text-center">
        <MonitorOff className="mx-auto mb-3 size-8 text-faint" aria-hidden />
        <p className="font-medium">{title}</p>
        <p className="mt-1.5 text-sm leading-relaxed text-soft">{advice}</p>
        <p className="mt-3 font-mono text-xs break-words text-faint">{failure?.message ?? webgl}</p>
      </div>
    </div>
  );
}

function explain(failure: SessionState["failure"], webgl: string | null): [string, string] {
  if (failure?.code === "wasm") {
    return [
      "The physics engine did not start",
      "It needs WebAssembly. Allow it for this site (strict security modes switch it off) or use a current Chrome, Edge, Firefox or Safari. Training and results work without it.",
    ];
  }
  if (failure?.code === "scene") {
    return [
      "The robot's scene could not be compiled",
      "Reload the page. If it stays, the server and this page are of different versions.",
    ];
  }
  if (failure?.code === "worker") {
    return [
      "The simulation stopped",
      "Reload the page. If it happens again, the server and this page may be of different versions.",
    ];
  }
  if (failure?.code === "network") {
    return [
      "The robot's scene could not be loaded",
      "Check that the server is running, then reload the page.",
    ];
  }
  return [
    "No 3D picture in this browser",
    webgl === null
      ? "WebGL is missing."
      : "WebGL is switched off or missing. Turn on hardware acceleration in the browser's settings, or use another browser. Training and results work without it.",
  ];
}
