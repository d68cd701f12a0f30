// Uses the page as people do, at the width of a phone and of a desktop; run.sh starts what it needs.
import { join } from 'node:path'
import { testCompare } from './compare.mjs'
import { testDocs } from './docs.mjs'
import { testDraw } from './draw.mjs'
import { UNTRUSTED, Watched, check, finish, given, launch } from './harness.mjs'
import { writeSpoken } from './microphone.mjs'
import { testModules } from './modules.mjs'
import { checkAccess, checkFaults, checkWidth, testWeight } from './quality.mjs'
import { testEnd, testGuarded, testService } from './service.mjs'
import { testRefused, testSpeak, testStillness, testWithoutMicrophone } from './speak.mjs'
import { testSpikes } from './spikes.mjs'

const WIDTHS = [{ width: 375, height: 812, touch: true }, { width: 1440, height: 900, touch: false }]
const BOTH = ['light', 'dark']
const plain = `${given.plain}/`
const guarded = `${given.guarded}/`

// One test on a page of its own; in these themes its end is looked at for faults of accessibility.
async function using(browser, title, base, options, test, themes = []) {
  const watched = await Watched.open(browser, base, options)
  try {
    await test(watched, base, title)
  } catch (error) {
    await check(`${title}: comes to its end`, () => { throw error })
  }
  await checkWidth(watched, title)
  for (const theme of themes) await checkAccess(watched, theme, title)
  await checkFaults(watched, title)
  await watched.context.close()
}

async function atWidth(browser, { touch, ...viewport }) {
  const options = { viewport, hasTouch: touch, isMobile: touch }
  const test = (name, ...rest) => using(browser, `${name} ${viewport.width}`, ...rest)
  await test('speak', plain, options, testSpeak, BOTH)
  await test('draw', plain, options, testDraw, BOTH)
  await test('spikes', plain, options, testSpikes, BOTH)
  await test('compare', plain, options, testCompare, BOTH)
  await test('service', plain, options, testService, BOTH)
  await test('docs', plain, options, testDocs, [touch ? 'light' : 'dark']) // it is long
  await test('no microphone', plain.replace('127.0.0.1', UNTRUSTED), options, testWithoutMicrophone)
  await test('stillness', plain, options, testStillness)
  await test('keys', guarded, options, testGuarded)
}

await testModules()
const spoken = join(given.scratch, 'spoken.wav')
writeSpoken(join(given.samples, '7_en-us.wav'), spoken)
const browser = await launch(spoken)
await Promise.all(WIDTHS.map(viewport => atWidth(browser, viewport))) // most of the time they wait
await using(browser, 'weight', plain, {}, testWeight)
await using(browser, 'end', guarded, {}, testEnd)
await browser.close()
const strict = await launch()
await using(strict, 'refused', plain, {}, testRefused)
await strict.close()
finish()
