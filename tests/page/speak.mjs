// Speak, take a sample, choose or drop a file; and the picture that builds up.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, given } from './harness.mjs'
import { colours, drawn, shows, squaredDistance } from './pixels.mjs'

const sampleOf = digit => readFileSync(join(given.samples, `${digit}_en-us.wav`))
const SPOKEN = 7 // what the false microphone says

const isDrawn = page => page.waitForFunction(() => document.querySelector('#speak-facts').checkVisibility())
const stepOf = page => page.locator('#speak-transport input').evaluate(slider => Number(slider.value))
const isFinished = page => page.waitForFunction(() => {
  const slider = document.querySelector('#speak-transport input')
  return slider.value === slider.max && document.querySelector('#speak-transport button').ariaLabel === 'Play'
})

// Opens the page, says a digit and sees its picture.
async function speak({ page }, base, width) {
  await page.goto(base)
  await page.click('#record')
  const levels = []
  await page.waitForFunction(() => document.querySelector('#record-note').textContent === 'I hear you', null, { polling: 20 })
  for (let i = 0; i < 5; i++)
    levels.push(await page.locator('#level-bar').evaluate(bar => bar.getBoundingClientRect().width))
  await page.click('#draw-speech') // waits for it: the recording stops by itself
  await isDrawn(page)
  await check(`${width}: from opening the page to a picture from speech in two clicks`, async () =>
    assert.equal(await page.evaluate(() => window.clicks), 2))
  await check(`${width}: the level of the voice is shown`, () => assert.ok(Math.max(...levels) > 10, levels.join()))
}

async function looksAtRecording(watched, base, width) {
  const { page } = watched
  const file = await watched.saved('#save-sound')
  const recording = readFileSync(file.path)
  const picture = await drawn(`${base}v1/synthesize`, recording)
  await check(`${width}: the recording is a WAV of about a second`, () => {
    assert.equal(file.name, 'recording.wav')
    assert.equal(recording.toString('latin1', 0, 4) + recording.toString('latin1', 8, 12), 'RIFFWAVE')
    const seconds = (recording.length - 44) / recording.readUInt32LE(28)
    assert.ok(seconds > 0.4 && seconds < 1.2, `${seconds} s`)
  })
  await check(`${width}: the picture is the daemon's own of that recording`, async () => {
    await isFinished(page)
    await shows(page, '#speak-picture', picture.frames[0])
  })
  await check(`${width}: and nearest to the digit that was said`, async () => {
    const distances = []
    for (let digit = 0; digit < 10; digit++)
      distances.push(squaredDistance(picture.frames[0], (await drawn(`${base}v1/synthesize`, sampleOf(digit))).frames[0]))
    assert.equal(distances.indexOf(Math.min(...distances)), SPOKEN)
  })
  await check(`${width}: waveform, cochleagram and raster are shown`, async () => {
    assert.ok(await colours(page, '#wave') > 3)
    assert.ok(await colours(page, '#ear') > 30)
    assert.ok(await colours(page, '#speak-raster') >= 2)
  })
  await check(`${width}: the recording can be heard again`, async () => {
    await page.click('#hear')
    await page.waitForFunction(() => document.querySelector('#hear-text').textContent === 'Stop')
    await page.waitForFunction(() => document.querySelector('#hear-text').textContent === 'Hear it')
  })
}

async function plays({ page }, base, width) {
  const { frames } = await drawn(`${base}v1/synthesize?frames=1`, sampleOf(3), 'image/apng')
  await page.click('#sound-samples button:nth-child(4)')
  await page.waitForFunction(() => document.querySelector('#sound-name').textContent.startsWith('3_en-us.wav'))
  await page.click('#draw-speech')
  await page.waitForFunction(() => document.querySelector('#speak-picture').ariaLabel.includes('3_en-us.wav'))
  await check(`${width}: a sample's picture builds up by itself and pauses`, async () => {
    await page.waitForFunction(() => document.querySelector('#speak-transport input').value > 2)
    await page.click('#speak-transport button')
    const step = await stepOf(page)
    assert.ok(step < frames.length, `it was at ${step}`)
    await page.waitForTimeout(400)
    assert.equal(await stepOf(page), step)
    await shows(page, '#speak-picture', frames[step - 1])
  })
  await check(`${width}: any step can be looked at`, async () => {
    for (const step of [1, 5, frames.length]) {
      await page.locator('#speak-transport input').fill(String(step))
      await shows(page, '#speak-picture', frames[step - 1])
      assert.equal(await page.locator('#speak-transport output').textContent(), `step ${step} of ${frames.length}`)
    }
  })
  await check(`${width}: it plays again from the beginning`, async () => {
    await page.click('#speak-transport button')
    await isFinished(page)
    await shows(page, '#speak-picture', frames.at(-1))
  })
}

async function tellsNumbers({ page }, base, width) {
  const response = await fetch(`${base}v1/synthesize`, { method: 'POST', body: sampleOf(3), headers: { Accept: 'application/json' } })
  const reply = await response.json()
  const facts = await page.locator('#speak-facts').innerText()
  await check(`${width}: confidence, spikes, operations and seed are the daemon's`, () => {
    assert.ok(facts.includes(`${Math.round(reply.confidence * 100)} %`), facts)
    assert.ok(facts.includes(reply.spikes.toLocaleString('en')), facts)
    assert.ok(facts.includes(reply.synops.toLocaleString('en')), facts)
    assert.ok(facts.includes(String(reply.seed)), facts)
  })
  await check(`${width}: the raster tells how many spikes came so far`, async () => {
    await page.locator('#speak-transport input').fill('4')
    const sofar = reply.latent.events.filter(([step]) => step < 4).length
    assert.equal(await page.locator('#speak-raster-count').textContent(),
      `${sofar.toLocaleString('en')} of ${reply.latent.events.length.toLocaleString('en')}`)
  })
}

async function controls(watched, base, width) {
  const { page } = watched
  await check(`${width}: handwriting and seed change the picture`, async () => {
    await page.click('#style-more')
    await page.locator('#seed').fill('11')
    await page.locator('#seed').blur()
    await page.waitForFunction(() => document.querySelector('#speak-facts').innerText.includes('\n11'))
    await isFinished(page)
    await shows(page, '#speak-picture', (await drawn(`${base}v1/synthesize?style=1&seed=11`, sampleOf(3))).frames[0])
  })
  await check(`${width}: PNG, animated PNG and latent can be saved`, async () => {
    const query = 'style=1&seed=11'
    for (const [selector, path, accept] of [['#save-png', `synthesize?${query}&scale=16`, 'image/png'],
      ['#save-apng', `synthesize?${query}&scale=16&frames=1`, 'image/apng'], ['#save-latent', `encode?${query}`, 'application/json']]) {
      const file = await watched.saved(selector)
      const response = await fetch(`${base}v1/${path}`, { method: 'POST', body: sampleOf(3), headers: { Accept: accept } })
      assert.ok(readFileSync(file.path).equals(Buffer.from(await response.arrayBuffer())), `${file.name} is another`)
    }
  })
}

async function takesFiles({ page }, base, width) {
  await page.locator('#style').fill('0')
  await page.locator('#seed').fill('')
  await check(`${width}: a file can be chosen`, async () => {
    await page.setInputFiles('#sound-file', join(given.samples, '8_en-gb-f2.wav'))
    await page.waitForFunction(() => document.querySelector('#sound-name').textContent.startsWith('8_en-gb-f2.wav'))
  })
  await check(`${width}: or dropped`, async () => {
    const transfer = await page.evaluateHandle(bytes => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(bytes)], 'dropped.wav', { type: 'audio/wav' }))
      return data
    }, [...sampleOf(5)])
    await page.dispatchEvent('#speak-source', 'drop', { dataTransfer: transfer })
    await page.waitForFunction(() => document.querySelector('#sound-name').textContent.startsWith('dropped.wav'))
    await page.click('#draw-speech')
    await page.waitForFunction(() => document.querySelector('#speak-picture').ariaLabel.includes('dropped.wav'))
    await isFinished(page)
    await shows(page, '#speak-picture', (await drawn(`${base}v1/synthesize`, sampleOf(5))).frames[0])
  })
}

export async function testSpeak(watched, base, width) {
  await speak(watched, base, width)
  await watched.picture('speak')
  await looksAtRecording(watched, base, width)
  await plays(watched, base, width)
  await tellsNumbers(watched, base, width)
  await controls(watched, base, width)
  await takesFiles(watched, base, width)
}

// On plain HTTP the browser gives no microphone; everything else is as ever.
export async function testWithoutMicrophone(watched, base, width) {
  const { page } = watched
  await page.goto(base)
  await check(`${width}: without HTTPS it says why there is no microphone`, async () => {
    assert.ok(await page.locator('#record').isDisabled())
    assert.match(await page.locator('#record-note').textContent(), /HTTPS or localhost/)
  })
  await check(`${width}: and samples are drawn all the same`, async () => {
    await page.click('#sound-samples button:nth-child(2)')
    await page.click('#draw-speech')
    await isDrawn(page)
  })
}

// The user does not let the page listen.
export async function testRefused(watched, base, width) {
  const { page } = watched
  await page.goto(base)
  await check(`${width}: a microphone that is not allowed is told, and asked for again on the next click`, async () => {
    for (let time = 0; time < 2; time++) {
      await page.click('#record')
      await page.locator('#record-note', { hasText: 'not allowed to use the microphone' }).waitFor()
      assert.equal(await page.locator('#record-text').textContent(), 'Speak')
    }
  })
}

// Who wants no movement sees the finished picture at once.
export async function testStillness(watched, base, width) {
  const { page } = watched
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(base)
  await page.click('#sound-samples button:nth-child(2)')
  await page.click('#draw-speech')
  await isDrawn(page)
  await check(`${width}: nothing plays by itself where movement is not wanted`, async () => {
    const { max } = await page.locator('#speak-transport input').evaluate(slider => ({ max: Number(slider.max) }))
    assert.equal(await stepOf(page), max)
    assert.equal(await page.locator('#speak-transport button').getAttribute('aria-label'), 'Play')
  })
}
