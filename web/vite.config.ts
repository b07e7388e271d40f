import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env.TABRL_API ?? "http://127.0.0.1:8400";

/** What the entry starts is named in the page's head: it comes beside the entry, not after it. */
function preloadShow(): Plugin {
  return {
    name: "preload-show",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle = {}, path }) => {
        const chunks = Object.values(bundle).flatMap((one) => (one.type === "chunk" ? one : []));
        const show = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/src/show.tsx"));
        if (path !== "/index.html" || show === undefined) return [];
        const named = (file: string): boolean => html.includes(file);
        const link = (file: string, kind: object) => ({
          tag: "link",
          attrs: { ...kind, crossorigin: true, href: `./${file}` },
          injectTo: "head" as const, // below <base>
        });
        const scripts = [show.fileName, ...show.imports].filter((file) => !named(file));
        const styles = [...(show.viteMetadata?.importedCss ?? [])];
        return [
          ...scripts.map((file) => link(file, { rel: "modulepreload" })),
          ...styles.map((file) => link(file, { rel: "preload", as: "style" })),
        ];
      },
    },
  };
}

/** As the gateway does for deep links: files lie where the page does, here at a host's root. */
function baseInDevelopment(): Plugin {
  return {
    name: "base-in-development",
    apply: "serve",
    transformIndexHtml: (html) => html.replace('<base href="./" />', '<base href="/" />'),
  };
}

export default defineConfig({
  base: "./", // the page may lie under any path
  plugins: [react(), tailwindcss(), preloadShow(), baseInDevelopment()],
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
  // The api compares Origin with Host: both stay those of this server.
  server: { proxy: { "/api": { target: api, changeOrigin: false } } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
