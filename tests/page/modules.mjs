// The page's modules that need no browser.
import assert from 'node:assert/strict'
import { check } from './harness.mjs'
import { Endpoint } from '../../server/page/endpoint.js'
import { Latent } from '../../server/page/latent.js'
import { encodeWav } from '../../server/page/wav.js'

const BLOCK_S = 0.02
const ROOM = 0.001

// Pushes levels, [loudness, seconds] each, until it is over; -> {phase, now, range}.
function listen(...levels) {
  const endpoint = new Endpoint()
  let phase
  for (const [level, seconds] of levels)
    for (let i = 0; i < Math.round(seconds / BLOCK_S) && !['done', 'nothing'].includes(phase); i++)
      phase = endpoint.push(level, BLOCK_S)
  return { phase, now: endpoint.now, range: endpoint.range() }
}

const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 2 * BLOCK_S, `${value}, not ${wanted}`)

async function endpoints() {
  await check('the recording ends when somebody has spoken and then paused', () => {
    const { phase, now, range } = listen([ROOM, 1], [0.1, 0.5], [ROOM, 5])
    assert.equal(phase, 'done')
    near(now, 2.3)
    near(range.begin, 1)
    near(range.end, 1.5)
  })
  await check('quiet sounds before and after belong to the word, across short silences', () => {
    const { range } = listen([ROOM, 1], [0.004, 0.2], [0.1, 0.4], [ROOM, 0.08], [0.005, 0.1], [ROOM, 5])
    near(range.begin, 1)
    near(range.end, 1.78)
  })
  await check('a louder room is not taken for speech, and speech in it is heard', () => {
    assert.equal(listen([0.01, 2]).phase, 'waiting')
    const { phase, range } = listen([0.01, 1], [0.2, 0.5], [0.01, 5])
    assert.equal(phase, 'done')
    near(range.begin, 1)
  })
  await check('who speaks at once is heard', () => near(listen([0.15, 0.5], [ROOM, 2]).range.begin, 0))
  await check('a click is no word, and patience ends', () => {
    const { phase, now, range } = listen([ROOM, 1], [0.3, BLOCK_S], [ROOM, 20])
    assert.equal(phase, 'nothing')
    near(now, 8)
    assert.equal(range, undefined)
  })
  await check('nobody speaks for ever', () => near(listen([ROOM, 1], [0.1, 60]).now, 5))
}

async function files() {
  await check('a WAV has the samples that were spoken, within what fits', async () => {
    const wav = Buffer.from(await encodeWav(Float32Array.of(0, 0.5, -1, 2, -2), 48000).arrayBuffer())
    assert.equal(wav.length, 54)
    assert.deepEqual([wav.readUInt32LE(4), wav.readUInt32LE(24), wav.readUInt16LE(34), wav.readUInt32LE(40)], [46, 48000, 16, 10])
    assert.deepEqual([44, 46, 48, 50, 52].map(at => wav.readInt16LE(at)), [0, 16384, -32767, 32767, -32767])
  })
}

async function latents() {
  const head = { model: 'm', num_units: 50, num_steps: 4 }
  const one = Latent.fromJson({ ...head, encoding: 'aer', events: [[0, 1], [2, 3], [3, 49]] })
  const other = Latent.fromJson({ ...head, encoding: 'aer', events: [[0, 1], [1, 7]] })
  await check('a latent is read and written as it was', () => {
    assert.deepEqual(one.toJson().events, [[0, 1], [2, 3], [3, 49]])
    assert.deepEqual([one.count, one.countUntil(0), one.countUntil(3)], [3, 0, 2])
  })
  await check('a mixture has what both have, and nothing that neither has', () => {
    for (let share = 0; share <= 1; share += 0.125) {
      const mixed = one.mixedWith(other, share)
      mixed.spikes.forEach((spike, i) => assert.ok(spike === one.spikes[i] || spike === other.spikes[i]))
      assert.equal(mixed.spikes[1], 1)
    }
    assert.deepEqual(one.mixedWith(other, 0).spikes, one.spikes)
    assert.deepEqual(one.mixedWith(other, 1).spikes, other.spikes)
  })
}

export async function testModules() {
  await endpoints()
  await files()
  await latents()
}
