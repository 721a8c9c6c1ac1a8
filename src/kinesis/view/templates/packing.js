// Undoes kinesis.view.packing.

/** Values of a packed table: {rows, columns, values}, row after row; NaN where there is none. */
async function unpack({ shape: [rows, columns], low, step, bytes }) {
  const deflated = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = rows * columns;
  const values = new Float32Array(count);
  for (let column = 0; column < columns; column++) {
    let code = 0;
    for (let row = 0; row < rows; row++) {
      const at = column * rows + row;
      code = (code + planes[at] + 256 * planes[count + at]) & 0xffff;
      values[row * columns + column] = code === 0xffff ? NaN : low[column] + step[column] * code;
    }
  }
  return { rows, columns, values };
}

/** Row of a table between frames: linear, and nothing where either neighbour has nothing. */
function rowAt({ rows, columns, values }, frame, out) {
  const first = Math.min(Math.max(Math.floor(frame), 0), rows - 1);
  const second = Math.min(first + 1, rows - 1);
  const part = Math.min(Math.max(frame - first, 0), 1);
  for (let column = 0; column < columns; column++) {
    const a = values[first * columns + column];
    const b = values[second * columns + column];
    out[column] = a + part * (b - a);
  }
  return out;
}
