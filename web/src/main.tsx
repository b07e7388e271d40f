import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { recallToken } from "@/api/token";
import { App } from "./App";
import "./styles.css";

const root = document.getElementById("root");
recallToken(window.location, window.history);
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
