import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Robot } from "@/api/types";
import { abilityLine, fullName } from "@/robots/names";
import { RobotPicker } from "@/robots/RobotPicker";
import { RobotTag } from "@/robots/RobotTag";

const WALKER: Robot = {
  id: "walker",
  name: "Walker",
  maker: "Example",
  description: "A robot with legs.",
  examples: ["walk"],
  embodiment: "legged",
  control_hz: 50,
  camera: { distance_m: 1, height_m: 0.2, azimuth_deg: 0, elevation_deg: 10 },
  readouts: [],
  fall: null,
  ink: null,
  abilities: ["walks up to 1.2 m/s", "turns"],
  driving: { controls: [], meanwhile: {}, moves: [], slowest_hz: 0.5, fastest_hz: 1.3 },
  scene_url: "/api/robots/walker/scene.xml",
  scene_sha256: "0".repeat(64),
  constants_url: "",
  grounds: [],
  visuals_url: null,
  picture_url: "/api/robots/walker/picture.png",
  trained: true,
  training_command: null,
  troubles: [],
  pretrained: null,
  example: null,
};
const CRAWLER: Robot = {
  ...WALKER,
  id: "crawler",
  name: "Crawler",
  maker: "",
  abilities: [],
  picture_url: null,
  trained: false,
  training_command: "tabrl-train-base crawler",
};

function picker(chosen: Robot | undefined): string {
  const props = { robots: [WALKER, CRAWLER], chosen, onChoose: () => undefined };
  return renderToStaticMarkup(createElement(RobotPicker, props));
}

describe("what a robot is called", () => {
  it("has its maker, where one is known", () => {
    expect(fullName(WALKER)).toBe("Example Walker");
    expect(fullName(CRAWLER)).toBe("Crawler");
  });

  it("is its id where the robot is not known", () => {
    const tag = (robot: Robot | undefined) =>
      renderToStaticMarkup(createElement(RobotTag, { robot, robotId: "walker" }));
    expect(tag(undefined)).toContain(">walker<");
    expect(tag(WALKER)).toContain(">Example Walker<");
  });
});

describe("what a robot can do", () => {
  it("is one line that breaks behind its dots", () => {
    expect(abilityLine(WALKER.abilities)).toBe("Walks up to 1.2 m/s\u00a0· turns");
    expect(abilityLine([])).toBe("");
  });

  it("is told of the one at hand; of a kind that does not say, what the robot is", () => {
    expect(picker(WALKER)).toContain(abilityLine(WALKER.abilities));
    expect(picker(CRAWLER)).toMatch(/data-testid="abilities"[^>]*>A robot with legs\./);
    expect(picker(undefined)).not.toContain("abilities");
  });
});

describe("the picker", () => {
  const cards = picker(WALKER).split("<label").slice(1);

  it("shows a picture of each robot, or a sign in its place", () => {
    expect(cards).toHaveLength(2);
    expect(cards[0]).toContain('src="http://localhost/api/robots/walker/picture.png"');
    expect(cards[0]).toContain('alt=""');
    expect(cards[1]).not.toContain("<img");
    expect(cards[1]).toContain("<svg");
  });

  it("marks the robot at hand", () => {
    expect(cards[0]).toContain("checked");
    expect(cards[1]).not.toContain('checked=""');
  });

  it("says of a robot that is not trained what would train it", () => {
    expect(cards[0]).not.toContain("Not trained yet");
    expect(cards[1]).toContain("Not trained yet");
    expect(cards[1]).toContain("tabrl-train-base crawler");
  });
});
