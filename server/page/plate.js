// Puts grey pictures on canvases, pixel by pixel, through a table of colours.

// A table of 256 colours between some of them, given as [place in 0..1, red, green, blue].
function gradient(...stops) {
  const table = new Uint8Array(256 * 3)
  for (let value = 0; value < 256; value++) {
    const place = value / 255
    const after = Math.max(1, stops.findIndex(([at]) => at >= place))
    const [from, to] = [stops[after - 1], stops[after]]
    const share = (place - from[0]) / (to[0] - from[0])
    for (let i = 0; i < 3; i++) table[value * 3 + i] = from[i + 1] + share * (to[i + 1] - from[i + 1])
  }
  return table
}

export const CHALK = gradient([0, 21, 19, 17], [1, 255, 248, 236])
export const EMBER = gradient([0, 21, 19, 17], [0.35, 88, 34, 20], [0.7, 240, 122, 44], [1, 255, 240, 205])
const TOO_DARK = [86, 165, 245]
const TOO_BRIGHT = [255, 140, 60]
const EVEN = [21, 19, 17]

function put(canvas, width, height, colourAt) {
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  const image = context.createImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = colourAt(i)
    image.data.set([red, green, blue, 255], i * 4)
  }
  context.putImageData(image, 0, 0)
}

export function paint(canvas, { width, height }, grey, table = CHALK) {
  put(canvas, width, height, i => table.subarray(grey[i] * 3, grey[i] * 3 + 3))
}

// Where `made` is brighter than `wanted` orange, where it is darker blue.
export function paintDifference(canvas, { width, height }, wanted, made) {
  put(canvas, width, height, i => {
    const error = (made[i] - wanted[i]) / 255
    const colour = error > 0 ? TOO_BRIGHT : TOO_DARK
    const share = Math.sqrt(Math.abs(error))
    return EVEN.map((even, c) => even + share * (colour[c] - even))
  })
}

export function meanSquaredError(wanted, made) {
  let sum = 0
  for (let i = 0; i < wanted.length; i++) sum += ((wanted[i] - made[i]) / 255) ** 2
  return sum / wanted.length
}

export function clear(canvas) {
  canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height)
}
