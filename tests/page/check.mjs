// Uses the page as people do, at the width of a phone and of a desktop; run.sh starts what it needs.
import { join } from 'node:path'
import { testCompare } from './compare.mjs'
import { testDraw } from './draw.mjs'
import { UNTRUSTED, Watched, check, finish, given, launch } from './harness.mjs'
import { writeSpoken } from './microphone.mjs'
import { checkAccess, checkFaults, checkWidth, testWeight } from './quality.mjs'
import { testEnd, testGuarded, testService } from './service.mjs'
import { testSpeak, testStillness, testWithoutMicrophone } from './speak.mjs'
import { testSpikes } from './spikes.mjs'

const WIDTHS = [{ width: 375, height: 812 }, { width: 1440, height: 900 }]
const VIEWS = { speak: testSpeak, draw: testDraw, spikes: testSpikes, compare: testCompare }
const plain = `${given.plain}/`
const guarded = `${given.guarded}/`

// One test on a page of its own.
async function using(browser, title, base, options, test, quality = false) {
  const watched = await Watched.open(browser, base, options)
  try {
    await test(watched, base, title)
  } catch (error) {
    await check(`${title}: comes to its end`, () => { throw error })
  }
  if (quality) {
    await checkWidth(watched, title)
    await checkAccess(watched, title)
  }
  await checkFaults(watched, title)
  await watched.context.close()
}

const spoken = join(given.scratch, 'spoken.wav')
writeSpoken(join(given.samples, '7_en-us.wav'), spoken)
const browser = await launch(spoken)
async function atWidth(viewport) {
  const options = { viewport }
  const test = (name, ...rest) => using(browser, `${name} ${viewport.width}`, ...rest)
  for (const [name, view] of Object.entries(VIEWS)) await test(name, plain, options, view, true)
  await test('service', plain, options, testService, true)
  await test('no microphone', plain.replace('127.0.0.1', UNTRUSTED), options, testWithoutMicrophone)
  await test('stillness', plain, options, testStillness)
  await test('keys', guarded, options, testGuarded)
}

await Promise.all(WIDTHS.map(atWidth)) // side by side: most of the time they wait
await using(browser, 'weight', plain, {}, testWeight)
await using(browser, 'end', guarded, {}, testEnd)
await browser.close()
finish()
