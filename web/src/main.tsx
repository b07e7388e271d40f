import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { recallToken } from "@/api/token";
import { recallTheme } from "@/lib/theme";
import { App } from "./App";
import "./styles.css";

const root = document.getElementById("root");
recallTheme();
recallToken(window.location, window.history);
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
