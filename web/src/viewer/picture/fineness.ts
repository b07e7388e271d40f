/** Pixels of the simple picture to a pixel of the page, along a side. */
const COARSE = 0.6;
/** Of the full one, at most; and of all of it. More than the screen has: that smooths edges. */
const [FINEST, MOST_PIXELS] = [2, 4e6];

/** Pixels along a side for each of a picture of so many of the page's. */
export function fineness(full: boolean, pixels: number): number {
  if (!full) return COARSE;
  const least = Math.min(1, window.devicePixelRatio);
  return Math.min(FINEST, Math.max(least, Math.sqrt(MOST_PIXELS / pixels)));
}
