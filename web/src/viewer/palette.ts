/** The colours of the stage, by day and by night. */

export interface Palette {
  background: string;
  /** Of the floor's tiles: their ground, the line around a metre, the one every quarter. */
  floor: [ground: string, strong: string, faint: string];
  /** What the floor's texture is multiplied with, with shadows and without. */
  tint: [shadowed: string, plain: string];
  /** Light from all sides, with shadows and without. */
  ambient: [shadowed: number, plain: number];
  /** Red, green, blue of a trail's newest point, and what older ones fade into. */
  footprints: Rgb;
  ink: Rgb;
  faded: Rgb;
}

export type Rgb = [number, number, number];

const NIGHT: Palette = {
  background: "#0b0e13",
  floor: ["#222934", "#4d5b6e", "#2c3541"],
  tint: ["#7d8794", "#aab4c2"],
  ambient: [1.1, 2.2],
  footprints: [0.15, 0.64, 0.5],
  ink: [0.35, 0.8, 1],
  faded: [0, 0, 0],
};

const DAY: Palette = {
  background: "#f4f6f9",
  floor: ["#e9edf3", "#9fabbb", "#cdd5df"],
  tint: ["#ccd3dc", "#d6dce4"],
  ambient: [1.5, 2.4],
  footprints: [0.02, 0.3, 0.24],
  ink: [0.02, 0.2, 0.75],
  faded: [0.6, 0.66, 0.73],
};

export const paletteOf = (dark: boolean): Palette => (dark ? NIGHT : DAY);
