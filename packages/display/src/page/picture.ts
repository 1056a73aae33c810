// SPDX-License-Identifier: Apache-2.0
// Draws planes with WebGL2: chroma interpolated linearly at its stated location, then the frame's own matrix.
import { chromaSize, type FrameHeader, HEADER_BYTES } from './frame-header.js';

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

// Positions are in samples, 0 the centre of the first. `field` is -1 for whole frames; else rows of the other field are
// replaced by interpolation between rows of this one (bob).
const FRAGMENT = `#version 300 es
precision highp float;
uniform highp sampler2D luma, cb, cr;
uniform vec2 size, chromaSize;
uniform vec2 chromaScale, chromaShift;
uniform int field;
uniform float fieldChromaShift;
uniform mat3 matrix;
uniform vec3 offset;
out vec4 colour;

float whole(highp sampler2D plane, vec2 at, vec2 planeSize) {
  return texture(plane, (at + 0.5) / planeSize).r;
}

float row(highp sampler2D plane, float x, float y, vec2 planeSize) {
  float parity = float(field);
  float last = parity + 2.0 * floor((planeSize.y - 1.0 - parity) / 2.0);
  return texture(plane, vec2((x + 0.5) / planeSize.x, (clamp(y, parity, max(parity, last)) + 0.5) / planeSize.y)).r;
}

// 'y' counts rows of the field.
float ofField(highp sampler2D plane, float x, float y, vec2 planeSize) {
  float first = floor(y);
  float upper = row(plane, x, first * 2.0 + float(field), planeSize);
  float lower = row(plane, x, first * 2.0 + 2.0 + float(field), planeSize);
  return mix(upper, lower, y - first);
}

void main() {
  vec2 at = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - 0.5;
  vec3 yuv;
  if (field < 0) {
    vec2 chroma = at * chromaScale + chromaShift;
    yuv = vec3(whole(luma, at, size), whole(cb, chroma, chromaSize), whole(cr, chroma, chromaSize));
  } else {
    float x = at.x * chromaScale.x + chromaShift.x;
    float y = (at.y - float(field)) / 2.0;
    float chromaY = y * chromaScale.y + fieldChromaShift;
    yuv = vec3(ofField(luma, at.x, y, size), ofField(cb, x, chromaY, chromaSize), ofField(cr, x, chromaY, chromaSize));
  }
  colour = vec4(matrix * (yuv * 255.0 - offset) / 255.0, 1.0);
}`;

const PLANES = ['luma', 'cb', 'cr'] as const;
const UNIFORMS = [
  'size',
  'chromaSize',
  'chromaScale',
  'chromaShift',
  'field',
  'fieldChromaShift',
  'matrix',
  'offset',
] as const;

/** Everything the context holds; made again when it was lost. */
interface Drawing {
  readonly uniforms: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;
  readonly textures: readonly WebGLTexture[];
}

/**
 * In interlaced 4:2:0 a chroma row lies a quarter of a field row below the upper luma row of the top field, three
 * quarters in the bottom field (ISO/IEC 13818-2, 6.1.1.8); `topleft` is beside the upper row in both.
 */
function fieldChromaShift({ format, chromaLocation }: FrameHeader, field: number): number {
  if (format !== 'I420' || chromaLocation === 'topleft') return 0;
  return field === 0 ? -0.125 : -0.375;
}

function compiled(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind) as WebGLShader;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
    throw new Error(`Expected the shader to compile but ${gl.getShaderInfoLog(shader)}`);
  }
  return shader;
}

/** The canvas with the present picture, one canvas pixel for each luma sample. */
export class Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  #drawing: Drawing;
  #shape = '';
  #loaded: { readonly header: FrameHeader; readonly message: ArrayBuffer } | undefined;
  #field = -1;

  /** Throws when the browser has no WebGL2. */
  constructor(canvas: HTMLCanvasElement) {
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, desynchronized: false });
    if (gl === null) throw new Error('Expected a browser with WebGL2 but it has none');
    this.#canvas = canvas;
    this.#gl = gl;
    this.#drawing = this.#prepare();
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      this.#shape = '';
      this.#drawing = this.#prepare();
      const loaded = this.#loaded;
      if (loaded === undefined) return;
      this.load(loaded.header, loaded.message);
      this.draw(this.#field);
    });
  }

  #prepare(): Drawing {
    const gl = this.#gl;
    const program = gl.createProgram() as WebGLProgram;
    gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`Expected the shaders to link but ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
    const textures = PLANES.map((name, unit) => {
      const texture = gl.createTexture() as WebGLTexture;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.uniform1i(gl.getUniformLocation(program, name), unit);
      return texture;
    });
    const locations = UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]);
    return { textures, uniforms: Object.fromEntries(locations) as Drawing['uniforms'] };
  }

  /** Takes the planes of a message. Throws a RangeError when there are fewer bytes than the header says. */
  load(header: FrameHeader, message: ArrayBuffer): void {
    const { format, width, height } = header;
    const [chromaWidth, chromaHeight] = chromaSize(format, width, height);
    const sizes: [number, number][] = [
      [width, height],
      [chromaWidth, chromaHeight],
      [chromaWidth, chromaHeight],
    ];
    const bytes = sizes.reduce((sum, [w, h]) => sum + w * h, HEADER_BYTES);
    if (message.byteLength !== bytes) {
      throw new RangeError(`Expected ${bytes} bytes for the frame but received ${message.byteLength}`);
    }
    const gl = this.#gl;
    const shape = `${format} ${width}x${height}`;
    if (shape !== this.#shape) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    let at = HEADER_BYTES;
    sizes.forEach(([w, h], unit) => {
      const plane = new Uint8Array(message, at, w * h);
      at += w * h;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this.#drawing.textures[unit] as WebGLTexture);
      if (shape === this.#shape) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, w, h, gl.RED, gl.UNSIGNED_BYTE, plane);
      else gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, w, h, 0, gl.RED, gl.UNSIGNED_BYTE, plane);
    });
    this.#shape = shape;
    this.#loaded = { header, message };
  }

  /** Draws the frame that was loaded last; `field` 0 shows the top field, 1 the bottom one, -1 all rows. */
  draw(field = -1): void {
    const header = this.#loaded?.header;
    if (header === undefined) return;
    this.#field = field;
    const gl = this.#gl;
    const { uniforms } = this.#drawing;
    const { format, width, height, chromaLocation, matrix, offset } = header;
    const [chromaWidth, chromaHeight] = chromaSize(format, width, height);
    const across = format === 'I444' ? 1 : 0.5;
    const down = format === 'I420' ? 0.5 : 1;
    const shiftAcross = across < 1 && chromaLocation === 'center' ? -0.25 : 0;
    const shiftDown = down < 1 && chromaLocation !== 'topleft' ? -0.25 : 0;
    gl.uniform2f(uniforms.size, width, height);
    gl.uniform2f(uniforms.chromaSize, chromaWidth, chromaHeight);
    gl.uniform2f(uniforms.chromaScale, across, down);
    gl.uniform2f(uniforms.chromaShift, shiftAcross, shiftDown);
    gl.uniform1i(uniforms.field, field);
    gl.uniform1f(uniforms.fieldChromaShift, fieldChromaShift(header, field));
    gl.uniformMatrix3fv(uniforms.matrix, true, matrix);
    gl.uniform3f(uniforms.offset, offset[0] ?? 0, offset[1] ?? 0, offset[2] ?? 0);
    gl.viewport(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /**
   * The picture as it is shown, RGBA from the upper left corner, one pixel a luma sample: drawn once more, into memory
   * of that size, whatever the size of the page. Empty before the first frame.
   */
  readPixels(): { width: number; height: number; data: Uint8Array } {
    const header = this.#loaded?.header;
    if (header === undefined) return { width: 0, height: 0, data: new Uint8Array(0) };
    const { width, height } = header;
    const gl = this.#gl;
    const memory = gl.createRenderbuffer();
    const target = gl.createFramebuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, memory);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, memory);
    this.draw(this.#field);
    const upsideDown = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, upsideDown);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(target);
    gl.deleteRenderbuffer(memory);
    const data = new Uint8Array(upsideDown.length);
    const stride = width * 4;
    for (let y = 0; y < height; y++) {
      data.set(upsideDown.subarray((height - 1 - y) * stride, (height - y) * stride), y * stride);
    }
    return { width, height, data };
  }
}
