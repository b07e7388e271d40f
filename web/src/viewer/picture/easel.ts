import type { Camera, Object3D, Scene, WebGLRenderer } from "three";
import { NearestFilter, SRGBColorSpace, Vector2, WebGLRenderTarget } from "three";
import { pause } from "@/lib/pause";

const POLL_MS = 8;

/**
 * Pictures that nobody waits for: each is drawn beside the canvas and hung there once it is done.
 *
 * Where software draws, a browser takes what is drawn on a canvas from it at once, and its page stands
 * still until that is done: 50 ms for a picture, half a second for the first one.
 */
export class Easel {
  private readonly gl: WebGL2RenderingContext;
  private readonly size = new Vector2();
  private readonly board = new WebGLRenderTarget(1, 1, {
    colorSpace: SRGBColorSpace,
    internalFormat: "RGBA8", // of colours that are encoded already
    minFilter: NearestFilter,
    magFilter: NearestFilter,
  });
  private wet: WebGLSync | null = null;

  constructor(private readonly renderer: WebGLRenderer) {
    this.gl = renderer.getContext() as WebGL2RenderingContext;
    // Three maps tones for a canvas and for a headset only; this is as good as the canvas.
    Object.assign(this.board, { isXRRenderTarget: true });
  }

  /** A picture is under way. */
  get busy(): boolean {
    return this.wet !== null;
  }

  /** Resolves once the shaders of an object, a part of the scene soon, are built. */
  async prepare(object: Object3D, scene: Scene, camera: Camera): Promise<void> {
    const { renderer } = this;
    renderer.setRenderTarget(this.board);
    const built = renderer.extensions.has("KHR_parallel_shader_compile")
      ? renderer.compileAsync(object, camera, scene)
      : renderer.compile(object, camera, scene);
    renderer.setRenderTarget(null);
    await built;
    const fence = this.fence();
    while (!this.passed(fence)) await pause(POLL_MS);
    if (this.gl.isContextLost()) return;
    // Asked for now, while nothing is being drawn, the answers come at once.
    for (const program of renderer.info.programs ?? []) {
      program.getUniforms();
      program.getAttributes();
    }
  }

  /** Begin a picture. */
  draw(scene: Scene, camera: Camera): void {
    this.renderer.getDrawingBufferSize(this.size);
    this.board.setSize(this.size.x, this.size.y);
    this.renderer.setRenderTarget(this.board);
    this.renderer.render(scene, camera);
    this.renderer.setRenderTarget(null);
    this.wet = this.fence();
  }

  /** Show the picture under way if it is done, and whether it was. */
  hang(): boolean {
    const { gl } = this;
    if (!this.busy || !this.passed(this.wet)) return false;
    this.wet = null;
    this.renderer.setRenderTarget(this.board);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    const { width, height } = this.board;
    const { x, y } = this.renderer.getDrawingBufferSize(this.size);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, x, y, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    this.renderer.setRenderTarget(null);
    return true;
  }

  /** Passed when all that was asked of the graphics until now is done; null where they are gone. */
  private fence(): WebGLSync | null {
    const fence = this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.gl.flush();
    return fence;
  }

  private passed(fence: WebGLSync | null): boolean {
    const { gl } = this;
    if (fence === null || gl.isContextLost()) return true;
    if (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) return false;
    gl.deleteSync(fence);
    return true;
  }

  dispose(): void {
    this.board.dispose();
  }
}
