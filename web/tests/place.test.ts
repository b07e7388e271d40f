import { describe, expect, it } from "vitest";
import { at, basePath } from "@/lib/place";
import { asTheme, nextTheme } from "@/lib/theme";

describe("where the page lies", () => {
  it("finds the api at a host's root and under a path", () => {
    expect(at("/api/robots", "http://h:1/")).toBe("http://h:1/api/robots");
    expect(at("/api/robots", "https://h/lab/tabrl/")).toBe("https://h/lab/tabrl/api/robots");
  });

  it("routes beneath the path, which is nothing at the root", () => {
    expect(basePath("http://h:1/")).toBe("");
    expect(basePath("https://h/lab/tabrl/")).toBe("/lab/tabrl");
  });
});

describe("the theme", () => {
  it("goes round by the system's, light and dark", () => {
    const seen = [1, 2, 3].reduce<string[]>(
      (themes) => [...themes, nextTheme(asTheme(themes.at(-1) ?? null))],
      ["system"],
    );
    expect(seen).toEqual(["system", "light", "dark", "system"]);
  });

  it("is the system's where something else is stored", () => {
    expect([null, "", "mauve", "dark"].map(asTheme)).toEqual([
      "system",
      "system",
      "system",
      "dark",
    ]);
  });
});
