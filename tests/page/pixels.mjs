// What is on the page's canvases, and what the daemon says should be there.
import { readPng } from '../../server/page/png.js'
import { CHALK } from '../../server/page/plate.js'

// Posts bytes to the daemon itself; -> {width, height, frames} of the picture that it answers.
export async function drawn(url, body, accept = 'image/png') {
  const response = await fetch(url, { method: 'POST', body, headers: { Accept: accept } })
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return readPng(new Uint8Array(await response.arrayBuffer()))
}

function pixelsOf(page, selector) {
  return page.locator(selector).evaluate(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return [...data]
  })
}

export const same = (one, other) => one.length === other.length && one.every((value, i) => value === other[i])

// Waits until a canvas shows these grey values, in the colours of pictures.
export async function shows(page, selector, grey) {
  const wanted = [...grey].flatMap(value => [...CHALK.subarray(value * 3, value * 3 + 3), 255])
  const until = Date.now() + 5000
  while (!same(await pixelsOf(page, selector), wanted)) {
    if (Date.now() > until) throw new Error(`${selector} does not show what the daemon draws`)
    await page.waitForTimeout(50)
  }
}

// How many different colours a canvas shows: 1 when it is blank.
export function colours(page, selector) {
  return page.locator(selector).evaluate(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return new Set(new Uint32Array(data.buffer)).size
  })
}

export const squaredDistance = (one, other) => one.reduce((sum, value, i) => sum + (value - other[i]) ** 2, 0)
