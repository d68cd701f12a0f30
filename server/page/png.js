// Reads the PNGs that the daemon writes, still or animated: 8-bit grey, not interlaced, each frame a
// whole picture. The browser's own decoder would give no single frames and no exact values.

const SIGNATURE_SIZE = 8

async function inflate(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function paeth(left, above, corner) {
  const guess = left + above - corner
  const [a, b, c] = [left, above, corner].map(value => Math.abs(guess - value))
  return a <= b && a <= c ? left : b <= c ? above : corner
}

// Filtered rows, each behind a byte that names its filter (PNG specification, section 9), to pixels.
function unfilter(rows, width, height) {
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)]
    for (let x = 0; x < width; x++) {
      const left = x ? pixels[y * width + x - 1] : 0
      const above = y ? pixels[(y - 1) * width + x] : 0
      const corner = x && y ? pixels[(y - 1) * width + x - 1] : 0
      const added = [0, left, above, left + above >> 1, paeth(left, above, corner)][filter]
      pixels[y * width + x] = rows[y * (width + 1) + 1 + x] + added
    }
  }
  return pixels
}

function* chunksOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = SIGNATURE_SIZE; at + 12 <= bytes.length;) {
    const size = view.getUint32(at)
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    yield { name, data: bytes.subarray(at + 8, at + 8 + size) }
    at += size + 12
  }
}

// -> {width, height, frames: [Uint8Array of width * height]}; one frame when it is not animated.
export async function readPng(bytes) {
  let width = 0
  let height = 0
  const still = []
  const animation = []
  for (const { name, data } of chunksOf(bytes)) {
    if (name === 'IHDR') {
      const view = new DataView(data.buffer, data.byteOffset)
      width = view.getUint32(0)
      height = view.getUint32(4)
    } else if (name === 'IDAT') still.push(data)
    else if (name === 'fcTL') animation.push([])
    else if (name === 'fdAT') animation.at(-1).push(data.subarray(4))
  }
  const parts = animation.length ? animation : [still]
  const frames = await Promise.all(parts.map(async part => unfilter(await inflate(part), width, height)))
  return { width, height, frames }
}
