import type { WebGLRenderer } from "three";
import { PerspectiveCamera, Scene, type Vector2 } from "three";
import { describe, expect, it, vi } from "vitest";
import { Easel } from "@/viewer/picture/easel";

/** Graphics that have done what they were asked for as soon as `done` says so. */
function graphics() {
  const state = { done: false, lost: false };
  const [asked, told] = [vi.fn(), vi.fn()];
  const gl = {
    SIGNALED: 1,
    fenceSync: () => ({}),
    flush: vi.fn(),
    deleteSync: vi.fn(),
    bindFramebuffer: vi.fn(),
    isContextLost: () => state.lost,
    getSyncParameter: () => (state.done ? 1 : 0),
    blitFramebuffer: vi.fn(),
  };
  const renderer = {
    getContext: () => gl,
    getDrawingBufferSize: (size: Vector2) => size.set(60, 40),
    setRenderTarget: vi.fn(),
    render: vi.fn(),
    compile: asked,
    compileAsync: vi.fn(),
    extensions: { has: () => false },
    info: { programs: [{ getUniforms: told, getAttributes: vi.fn() }] },
  };
  const easel = new Easel(renderer as unknown as WebGLRenderer);
  return { state, gl, renderer, easel, asked, told };
}

const [scene, camera] = [new Scene(), new PerspectiveCamera()];

describe("a picture that nobody waits for", () => {
  it("is drawn beside the canvas, and on it once it is done", () => {
    const { state, gl, renderer, easel } = graphics();
    easel.draw(scene, camera);
    expect(renderer.setRenderTarget.mock.calls[0]?.[0]).not.toBeNull();
    expect(renderer.setRenderTarget.mock.lastCall).toEqual([null]);
    expect([easel.busy, easel.hang()]).toEqual([true, false]);
    expect(gl.blitFramebuffer).not.toHaveBeenCalled();
    state.done = true;
    expect([easel.hang(), easel.busy]).toEqual([true, false]);
    expect(gl.blitFramebuffer.mock.calls[0]?.slice(0, 8)).toEqual([0, 0, 60, 40, 0, 0, 60, 40]);
    expect(easel.hang()).toBe(false);
    expect(gl.blitFramebuffer).toHaveBeenCalledOnce();
  });

  it("is begun when its shaders are built, which are not asked before", async () => {
    vi.useFakeTimers();
    const { state, asked, told, easel } = graphics();
    const ready = vi.fn();
    const prepared = easel.prepare(scene, scene, camera).then(ready);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toHaveBeenCalledOnce();
    expect([told.mock.calls.length, ready.mock.calls.length]).toEqual([0, 0]);
    state.done = true;
    await vi.advanceTimersByTimeAsync(50);
    await prepared;
    expect([told.mock.calls.length, ready.mock.calls.length]).toEqual([1, 1]);
    vi.useRealTimers();
  });

  it("is not waited for where the graphics are gone", async () => {
    const { state, told, easel } = graphics();
    state.lost = true;
    await easel.prepare(scene, scene, camera);
    expect(told).not.toHaveBeenCalled();
  });
});
