// What holds for the page as a whole: accessibility, weight, width.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { check } from './harness.mjs'

const MOST_BYTES = 150000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// In the page: until colours that change by and by are what they are to be.
async function settled() {
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await frame()
  const changes = document.getAnimations().filter(each => each instanceof CSSTransition)
  await Promise.race([Promise.allSettled(changes.map(({ finished }) => finished)), new Promise(resolve => setTimeout(resolve, 2000))])
}

// What axe finds on the page as it is now: nothing serious or critical.
export async function checkAccess({ page }, colorScheme, title) {
  await page.emulateMedia({ colorScheme })
  await page.evaluate(settled)
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'], preload: { assets: ['media'] } }))
  const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
  await check(`${title}: axe finds nothing serious, ${colorScheme}`, () => {
    assert.ok(passes.length > 10, 'axe looked at nothing')
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`)}`), [])
  })
}

export async function checkWidth({ page }, title) {
  await check(`${title}: nothing is wider than the window`, async () =>
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)))
}

// All documents that the browser asks for in all of the views; recordings come only when somebody
// takes one.
export async function testWeight({ page }, base) {
  const paths = new Set()
  page.on('request', request => {
    const { pathname } = new URL(request.url())
    if (pathname === '/' || pathname.startsWith('/page/') && !pathname.endsWith('.wav')) paths.add(pathname)
  })
  for (const view of ['speak', 'draw', 'spikes', 'compare']) {
    await page.goto(`${base}#${view}`)
    await page.waitForLoadState('networkidle')
  }
  paths.add('/page/recorder-worklet.js') // with the first recording
  const sizes = await Promise.all([...paths].map(async path => (await (await fetch(new URL(path, base))).arrayBuffer()).byteLength))
  const sum = sizes.reduce((total, size) => total + size)
  await check(`the page weighs ${sum} bytes in ${sizes.length} files, of at most ${MOST_BYTES}`, () => {
    assert.ok(sizes.length > 30 && sum > 50000, 'all files were seen')
    assert.ok(sum <= MOST_BYTES)
  })
}

export async function checkFaults({ faults }, title) {
  await check(`${title}: no error on the console, nothing loaded from elsewhere`, () => assert.deepEqual(faults, []))
}
