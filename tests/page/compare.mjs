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

// Each cell shows what the daemon draws with its model and steps; -> the number of cells.
async function checkCells(page, path, sample, tables) {
  const cells = page.locator('#compare-table td canvas')
  const count = await cells.count()
  for (let i = 0; i < count; i++) {
    const [, model, steps] = /^(.+), (\d+) steps$/.exec(await cells.nth(i).getAttribute('aria-label'))
    const query = tables.get(model).kind === 'ann' ? '' : `&steps=${steps}`
    await cells.nth(i).evaluate((canvas, id) => { canvas.id = id }, `cell-${i}`)
    await shows(page, `#cell-${i}`, (await drawn(`${path}?model=${model}${query}`, sample)).frames[0])
  }
  return count
}

export async function testCompare(watched, base, width) {
  const { page } = watched
  const { models } = await (await fetch(`${base}v1/models`)).json()
  const cards = new Map(models.map(card => [card.name, card]))
  await page.goto(`${base}#compare`)
  const cellsOf = task => models.filter(card => card.task === task)
    .reduce((sum, card) => sum + (card.kind === 'ann' ? 1 : 3), 0)
  await check(`${width}: a recording with fewer steps, side by side`, async () => {
    await compared(page, 'Spoken two')
    const sample = readFileSync(join(given.samples, '2_en-us.wav'))
    assert.equal(await checkCells(page, `${base}v1/synthesize`, sample, cards), cellsOf('synthesize'))
  })
  await check(`${width}: a picture by several models, side by side`, async () => {
    await compared(page, 'Written eight')
    const sample = readFileSync(join(given.samples, 'digit_8.png'))
    assert.equal(await checkCells(page, `${base}v1/reconstruct`, sample, cards), cellsOf('reconstruct'))
    assert.match(await page.locator('#compare-table td').first().innerText(), /error 0\.\d{4}[^]*operations[^]*ms/)
  })
  await watched.picture('compare')
}
