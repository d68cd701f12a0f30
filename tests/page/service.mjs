// The command of what was done, the state of the server, and what is said when something fails.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, given } from './harness.mjs'

const BAD_NAME = "it's $(a) \"strange\" one.wav"

// Runs the command that the page shows, beside the file that it names; -> what curl wrote.
function run(command, file) {
  const folder = mkdtempSync(join(given.scratch, 'curl-'))
  writeFileSync(join(folder, file.name), file.bytes)
  execFileSync('sh', ['-ec', command], { cwd: folder, stdio: 'pipe', env: { ...process.env, SPIKELOOM_KEY: given.key } })
  return readFileSync(join(folder, /-o (\S+)/.exec(command)[1]))
}

async function drawSample(page, path) {
  const answered = page.waitForResponse(response => response.url().includes(path) && response.ok())
  await page.click('#draw-speech')
  return (await answered).body()
}

async function curls(watched, base, width) {
  const { page } = watched
  await page.goto(base)
  await page.setInputFiles('#sound-file', { name: BAD_NAME, mimeType: 'audio/wav', buffer: readFileSync(join(given.samples, '4_en-us.wav')) })
  await page.waitForFunction(() => document.querySelector('#sound-name').textContent.startsWith("it's"))
  await check(`${width}: the command shown does in a shell what the page did`, async () => {
    const body = await drawSample(page, '/v1/synthesize')
    const file = await watched.saved('#curl-save')
    assert.ok(run(await page.locator('#curl').textContent(), { name: BAD_NAME, bytes: readFileSync(file.path) }).equals(body))
  })
  await check(`${width}: each view has its own command`, async () => {
    await page.goto(`${base}#spikes`)
    await page.waitForFunction(() => document.querySelector('#spikes-facts').checkVisibility())
    const { answer } = await watched.exchange('/v1/decode', () => page.locator('#cloth').click({ position: { x: 9, y: 9 } }))
    const body = await answer.body()
    const file = await watched.saved('#curl-save')
    assert.ok(run(await page.locator('#curl').textContent(), { name: file.name, bytes: readFileSync(file.path) }).equals(body))
    await page.goto(`${base}#speak`)
    assert.match(await page.locator('#curl').textContent(), /synthesize/)
  })
}

async function tellsStatus({ page }, base, width) {
  const { version } = await (await fetch(`${base}v2`)).json()
  await check(`${width}: ready, queue and version are told`, async () => {
    await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready')
    assert.match(await page.locator('#status-text').textContent(), new RegExp(`^Ready · \\d+ waiting · v${version.replaceAll('.', '\\.')}$`))
  })
}

// The daemon's own sentence and the id that its log has.
async function explains(watched, base, width) {
  const { page } = watched
  watched.expected.push('status of 4')
  await page.goto(base)
  await check(`${width}: a file that is no recording is refused in plain words with the request's id`, async () => {
    await page.setInputFiles('#sound-file', { name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound at all') })
    const answered = page.waitForResponse(response => response.url().includes('/v1/synthesize'))
    await page.click('#draw-speech')
    const answer = await answered
    await page.getByText((await answer.json()).detail).waitFor()
    const text = await page.locator('#speak-failure').innerText()
    assert.ok(text.includes(answer.headers()['x-request-id']), text)
    assert.equal(await page.locator('#speak-failure').getAttribute('role'), 'alert')
  })
  await watched.picture('failure')
}

export async function testService(watched, base, width) {
  await curls(watched, base, width)
  await tellsStatus(watched, base, width)
  await explains(watched, base, width)
}

// A daemon with API keys, and its metrics on a port of their own.
export async function testGuarded(watched, base, width) {
  const { page } = watched
  watched.expected.push('status of 401', 'status of 404')
  await page.goto(base)
  await check(`${width}: where metrics have another port, health tells the state`, async () => {
    await page.waitForFunction(() => document.querySelector('#status-text').textContent === 'Ready')
  })
  await check(`${width}: a server with keys is asked with one`, async () => {
    await page.click('#sound-samples button:nth-child(1)')
    await page.click('#draw-speech')
    await page.locator('#speak-failure input').fill('wrong-key-000000000')
    await page.click('#speak-failure form button')
    await page.getByText('does not know this API key').waitFor()
    await page.locator('#speak-failure input').fill(given.key)
    const answered = page.waitForResponse(response => response.url().includes('/v1/synthesize') && response.ok())
    await page.click('#speak-failure form button')
    const body = await (await answered).body()
    await page.waitForFunction(() => document.querySelector('#speak-facts').checkVisibility())
    const command = await page.locator('#curl').textContent()
    assert.ok(command.includes('Bearer $SPIKELOOM_KEY') && !command.includes(given.key), command)
    assert.ok(run(command, { name: '0_en-us.wav', bytes: readFileSync(join(given.samples, '0_en-us.wav')) }).equals(body))
  })
}

// The server ends while the page is open.
export async function testEnd(watched, base, width) {
  const { page } = watched
  watched.expected.push('status of 401', 'status of 404', 'Failed to load resource')
  await page.goto(base)
  await page.waitForFunction(() => document.querySelector('#status').dataset.state === 'ready')
  await page.click('#sound-samples button:nth-child(1)')
  await page.waitForFunction(() => document.querySelector('#sound').checkVisibility())
  process.kill(Number(given['guarded-pid']))
  for (let tries = 0; tries < 100 && await fetch(base).then(() => true, () => false); tries++)
    await new Promise(resolve => setTimeout(resolve, 100))
  await check(`${width}: a server that is gone is told, and can be asked again`, async () => {
    await page.click('#draw-speech')
    await page.getByText('The server cannot be reached').waitFor()
    await page.locator('#speak-failure button', { hasText: 'Try again' }).waitFor()
    await page.waitForFunction(() => document.querySelector('#status-text').textContent === 'Not reachable', null, { timeout: 15000 })
  })
}
