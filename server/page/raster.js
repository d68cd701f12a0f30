// Draws a latent as a raster: a column for each step, a row for each unit, a mark for each spike.

const GROUND = '#151311'
const SPIKE = '#ff9a52'
const LATER = '#5c3a22'
const NOW = '#2c2621'
const CELL_WIDTH = 20
const CELL_HEIGHT = 4

// Steps from `step` on have not come yet; the one before it is lit.
export function drawRaster(canvas, latent, step = latent.numSteps) {
  const { numSteps, numUnits, spikes } = latent
  canvas.width = numSteps * CELL_WIDTH
  canvas.height = numUnits * CELL_HEIGHT
  const context = canvas.getContext('2d')
  context.fillStyle = GROUND
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = NOW
  context.fillRect((step - 1) * CELL_WIDTH, 0, CELL_WIDTH, canvas.height)
  for (let at = 0; at < numSteps; at++) {
    context.fillStyle = at < step ? SPIKE : LATER
    for (let unit = 0; unit < numUnits; unit++)
      if (spikes[at * numUnits + unit])
        context.fillRect(at * CELL_WIDTH + 1, unit * CELL_HEIGHT, CELL_WIDTH - 2, CELL_HEIGHT - 1)
  }
}
