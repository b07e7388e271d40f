import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.TABRL_API ?? "http://127.0.0.1:8400";

export default defineConfig({
  base: "./", // the page may lie under any path
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The package finds its wasm relative to itself; pre-bundling would move it away.
  optimizeDeps: { exclude: ["@mujoco/mujoco"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsInlineLimit: 2048,
    // The page, and that of a folder which plays one policy with no server of ours.
    rolldownOptions: { input: ["index.html", "share.html"] },
  },
  server: { proxy: { "/api": { target: api, changeOrigin: true } } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
