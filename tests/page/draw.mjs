// Draw a digit or drop an image: reconstruction, original and error.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPng } from '../../server/page/png.js'
import { check, given } from './harness.mjs'
import { colours, drawn, shows } from './pixels.mjs'

const isFinished = page => page.waitForFunction(() => {
  const slider = document.querySelector('#draw-transport input')
  return slider && slider.value === slider.max && document.querySelector('#draw-transport button').ariaLabel === 'Play'
})

// A stroke by the mouse, in shares of the pad.
async function stroke(page, points) {
  const box = await page.locator('#pad').boundingBox()
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height]
  await page.mouse.move(...at(points[0]))
  await page.mouse.down()
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 })
  await page.mouse.up()
}

async function draws(watched, base, width) {
  const { page } = watched
  await page.goto(`${base}#draw`)
  await page.locator('#pad').scrollIntoViewIfNeeded()
  const { sent } = await watched.exchange('/v1/reconstruct', () => stroke(page, [[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]))
  await check(`${width}: a drawing is reconstructed when the stroke ends`, async () => {
    await isFinished(page)
    await shows(page, '#draw-picture', (await drawn(`${base}v1/reconstruct`, sent)).frames[0])
  })
  await check(`${width}: beside the original and the error`, async () => {
    assert.ok(await colours(page, '#draw-original') > 3)
    assert.ok(await colours(page, '#draw-error') > 3)
    assert.match(await page.locator('#draw-facts').innerText(), /Mean squared error\s+0\.\d{4}/)
  })
  await check(`${width}: the keyboard draws as well`, async () => {
    await page.click('#pad-clear')
    await page.locator('#pad').focus()
    const { sent: again } = await watched.exchange('/v1/reconstruct', async () => {
      for (const key of ['Space', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'Space']) await page.keyboard.press(key)
    })
    const bright = (await inputOf(base, again)).filter(value => value > 128).length
    assert.ok(bright > 5 && bright < 80, `the pen left a stroke of ${bright} pixels`)
  })
}

async function takesSamples({ page }, base, width) {
  const sample = readFileSync(join(given.samples, 'digit_5.png'))
  await check(`${width}: a sample is shown as it is, with the daemon's reconstruction`, async () => {
    await page.click('#picture-samples button:nth-child(6)')
    await page.waitForFunction(() => document.querySelector('#curl').textContent.includes('digit_5.png'))
    await shows(page, '#draw-original', await inputOf(base, sample))
    await isFinished(page)
    await shows(page, '#draw-picture', (await drawn(`${base}v1/reconstruct`, sample)).frames[0])
  })
  await check(`${width}: a model without spikes has no steps to play`, async () => {
    await page.selectOption('#draw-model', 'mnist-ann')
    await page.waitForFunction(() => document.querySelector('#draw-picture').ariaLabel.includes('mnist-ann'))
    await shows(page, '#draw-picture', (await drawn(`${base}v1/reconstruct?model=mnist-ann`, sample)).frames[0])
    assert.equal(await page.locator('#draw-transport input').getAttribute('max'), '1')
    await page.selectOption('#draw-model', 'mnist-ae')
  })
}

// An image of another kind: dark strokes on white paper, as a JPEG.
async function takesImages(watched, base, width) {
  const { page } = watched
  await check(`${width}: a dropped JPEG of ink on paper is turned into what the network knows`, async () => {
    const transfer = await page.evaluateHandle(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 300 })
      const context = canvas.getContext('2d')
      context.fillStyle = 'white'
      context.fillRect(0, 0, 300, 300)
      context.fillStyle = 'black'
      context.fillRect(135, 60, 30, 180)
      const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.9))
      const data = new DataTransfer()
      data.items.add(new File([blob], 'paper.jpeg', { type: 'image/jpeg' }))
      return data
    })
    const { answer, sent } = await watched.exchange('/v1/reconstruct', () =>
      page.dispatchEvent('#draw-area', 'drop', { dataTransfer: transfer }))
    assert.match(answer.url(), /polarity=auto/)
    const seen = await inputOf(base, sent, '&polarity=auto')
    assert.ok(seen[0] < 40 && Math.max(...seen) > 200, 'the paper is black and the ink is bright')
    await shows(page, '#draw-original', seen)
    await isFinished(page)
  })
}

// What the daemon says that the network was given.
async function inputOf(base, body, query = '') {
  const response = await fetch(`${base}v1/reconstruct?input=1${query}`, { method: 'POST', body, headers: { Accept: 'application/json' } })
  const { input_png: png } = await response.json()
  return (await readPng(new Uint8Array(Buffer.from(png, 'base64')))).frames[0]
}

export async function testDraw(watched, base, width) {
  await draws(watched, base, width)
  await takesSamples(watched, base, width)
  await watched.picture('draw')
  await takesImages(watched, base, width)
}
