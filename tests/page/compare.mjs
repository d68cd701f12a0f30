// One input through several models and numbers of steps.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, given } from './harness.mjs'
import { drawn, shows } from './pixels.mjs'

async function compared(page, label) {
  await page.selectOption('#compare-input', { label })
  await page.waitForFunction(task => document.querySelector('#compare-models').textContent.includes(task),
    label.startsWith('Spoken') ? 'speech' : 'mnist')
  await page.locator('#compare-steps span', { hasText: /^1$/ }).click()
  await page.locator('#compare-table').evaluate(table => table.replaceChildren())
  await page.click('#compare-go')
  await page.locator('#compare-table td').first().waitFor()
}

// The cells that there should be, as their labels tell: models with the steps that were chosen.
function wanted(models, task) {
  return models.filter(card => card.task === task).flatMap(({ name, kind, num_steps: all }) =>
    (kind === 'ann' ? [1] : [1, 4, all]).map(steps => `${name}, ${steps} steps`))
}

// Each cell shows what the daemon draws with its model and steps; -> the labels of the cells.
async function checkCells(page, path, sample, models) {
  const cells = page.locator('#compare-table td canvas')
  const labels = await cells.evaluateAll(canvases => canvases.map(({ ariaLabel }) => ariaLabel))
  for (const [i, label] of labels.entries()) {
    const [, model, steps] = /^(.+), (\d+) steps$/.exec(label)
    const query = models.find(({ name }) => name === model).kind === 'ann' ? '' : `&steps=${steps}`
    await cells.nth(i).evaluate((canvas, id) => { canvas.id = id }, `cell-${i}`)
    await shows(page, `#cell-${i}`, (await drawn(`${path}?model=${model}${query}`, sample)).frames[0])
  }
  return labels
}

export async function testCompare(watched, base, width) {
  const { page } = watched
  const { models } = await (await fetch(`${base}v1/models`)).json()
  await page.goto(`${base}#compare`)
  await check(`${width}: a recording with fewer steps, side by side`, async () => {
    await compared(page, 'Spoken two')
    const sample = readFileSync(join(given.samples, '2_en-us.wav'))
    assert.deepEqual(await checkCells(page, `${base}v1/synthesize`, sample, models), wanted(models, 'synthesize'))
  })
  await check(`${width}: a picture by several models, side by side`, async () => {
    await compared(page, 'Written eight')
    const sample = readFileSync(join(given.samples, 'digit_8.png'))
    assert.deepEqual(await checkCells(page, `${base}v1/reconstruct`, sample, models), wanted(models, 'reconstruct'))
    assert.match(await page.locator('#compare-table td').first().innerText(), /error 0\.\d{4}[^]*operations[^]*ms/)
  })
  await watched.picture('compare')
}
