// Change the latent by pointer, keyboard and mixing; the picture follows.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, given } from './harness.mjs'
import { colours, drawn, shows } from './pixels.mjs'

const sampleOf = digit => readFileSync(join(given.samples, `${digit}_en-us.wav`))

async function latentOf(base, digit) {
  return (await fetch(`${base}v1/encode`, { method: 'POST', body: sampleOf(digit) })).json()
}

const key = ([step, unit]) => `${step},${unit}`

// Does `action`; -> the latent that the page then had decoded.
async function decodedAfter(watched, action) {
  return JSON.parse((await watched.exchange('/v1/decode', action)).sent)
}

function turned(before, after) {
  const [one, other] = [new Set(before.events.map(key)), new Set(after.events.map(key))]
  return [...[...one].filter(event => !other.has(event)), ...[...other].filter(event => !one.has(event))]
}

const showsNow = async (page, base, latent) =>
  shows(page, '#spikes-now', (await drawn(`${base}v1/decode`, JSON.stringify(latent))).frames[0])

async function takes(watched, base, width) {
  const { page } = watched
  await page.goto(`${base}#spikes`)
  await page.waitForFunction(() => document.querySelector('#spikes-facts').checkVisibility())
  const latent = await latentOf(base, 3)
  await decodedAfter(watched, () => page.selectOption('#latent-a', { label: 'Spoken three' }))
  await page.waitForFunction(count => document.querySelector('#spikes-facts').innerText.includes(count), latent.events.length.toLocaleString('en'))
  await check(`${width}: a latent's own picture is shown`, async () => {
    const { frames } = await drawn(`${base}v1/decode`, JSON.stringify(latent))
    await shows(page, '#spikes-before', frames[0])
    await shows(page, '#spikes-now', frames[0])
    assert.equal(await colours(page, '#spikes-change'), 1)
  })
  return latent
}

// Each brush turns what it says, and the same again is as before.
async function clicks(watched, base, width, latent) {
  const { page } = watched
  const { num_steps: steps, num_units: units } = latent
  const spot = { x: 5, y: 50 } // of the third step and one of the first units
  await page.locator('#cloth').scrollIntoViewIfNeeded()
  const click = () => page.locator('#cloth').click({ position: spot })
  const brush = name => page.locator(`input[name=brush][value=${name}] + span`).click()
  await check(`${width}: a click turns one spike, and the picture is that of the new latent`, async () => {
    const after = await decodedAfter(watched, click)
    assert.equal(turned(latent, after).length, 1)
    assert.match(turned(latent, after)[0], /^2,/)
    await showsNow(page, base, after)
    assert.deepEqual(turned(latent, await decodedAfter(watched, click)), [])
  })
  await check(`${width}: or a whole step, or all of a unit`, async () => {
    await brush('step')
    const byStep = turned(latent, await decodedAfter(watched, click))
    assert.ok(byStep.length > 20 && byStep.length < units && byStep.every(event => event.startsWith('2,')))
    await decodedAfter(watched, () => page.click('#undo-edits'))
    await brush('unit')
    const byUnit = turned(latent, await decodedAfter(watched, click))
    assert.ok(byUnit.length > 1 && byUnit.length <= steps)
    assert.equal(new Set(byUnit.map(event => event.split(',')[1])).size, 1)
    assert.deepEqual(turned(latent, await decodedAfter(watched, () => page.click('#undo-edits'))), [])
    await brush('spike')
  })
}

// A finger that moves scrolls; one that taps turns a spike.
async function taps(watched, width, latent) {
  const { page } = watched
  await check(`${width}: so does a tap`, async () => {
    const after = await decodedAfter(watched, () => page.locator('#cloth').tap({ position: { x: 5, y: 50 } }))
    assert.deepEqual(turned(latent, after), ['2,0'])
    await decodedAfter(watched, () => page.click('#undo-edits'))
  })
}

async function keys(watched, width, latent) {
  const { page } = watched
  await check(`${width}: so does the keyboard, which says where it is`, async () => {
    await page.locator('#cloth').click({ position: { x: 2, y: 5 } })
    await decodedAfter(watched, () => page.click('#undo-edits'))
    await page.locator('#cloth').focus()
    for (const name of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(name)
    await page.waitForFunction(() => /^Step 3, unit 3: (no )?spike$/.test(document.querySelector('#announcer').textContent))
    const after = await decodedAfter(watched, () => page.keyboard.press('Space'))
    assert.deepEqual(turned(latent, after), ['2,2'])
    await decodedAfter(watched, () => page.keyboard.press('Space'))
  })
}

async function mixes(watched, base, width, latent) {
  const { page } = watched
  const other = await latentOf(base, 8)
  await decodedAfter(watched, () => page.selectOption('#latent-b', { label: 'Spoken eight' }))
  const mixed = share => decodedAfter(watched, () => page.locator('#mix').fill(String(share)))
  await check(`${width}: two latents are mixed, from all of one to all of the other`, async () => {
    const half = await mixed(50)
    const apart = turned(latent, other).length
    assert.ok(turned(latent, half).length > apart / 3 && turned(half, other).length > apart / 3)
    await showsNow(page, base, half)
    assert.ok(await colours(page, '#spikes-change') > 5)
    assert.deepEqual(turned(await mixed(100), other), [])
    assert.deepEqual(turned(await mixed(0), latent), [])
  })
  await mixed(40)
}

export async function testSpikes(watched, base, width) {
  const latent = await takes(watched, base, width)
  await clicks(watched, base, width, latent)
  if (await watched.page.evaluate(() => matchMedia('(pointer: coarse)').matches)) await taps(watched, width, latent)
  await keys(watched, width, latent)
  await mixes(watched, base, width, latent)
  await watched.picture('spikes')
}
