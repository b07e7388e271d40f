import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { needsTickets } from "@/api/tickets";
import type { Engine } from "@/sim/engine";
import { App } from "./App";
import { makeCache } from "./cache";
import "./styles.css";

/** The page, in an element. */
export function show(root: HTMLElement, engine: Engine): void {
  const cache = makeCache();
  void needsTickets(); // asked now, so that it is known when a socket opens
  createRoot(root).render(
    <StrictMode>
      <App cache={cache} engine={engine} />
    </StrictMode>,
  );
}
