// Whether the server is ready, how many requests wait, and its version: from /metrics, or where that
// has a port of its own, from the health route.
import { Failure, getJson, getText } from './api.js'
import { find } from './dom.js'

const EVERY_MS = 10000

const gauge = (text, name) => Number(new RegExp(`^${name} ([0-9.e+]+)$`, 'm').exec(text)?.[1])
const label = (text, name, key) => new RegExp(`^${name}\\{[^}]*${key}="([^"]*)"`, 'm').exec(text)?.[1]

async function fromMetrics() {
  const text = await getText('/metrics')
  return {
    ready: gauge(text, 'spikeloom_ready') === 1,
    waiting: gauge(text, 'spikeloom_queue_depth'),
    version: label(text, 'spikeloom_build_info', 'version')
  }
}

async function fromHealth() {
  let ready = true
  try {
    await getText('/v2/health/ready')
  } catch (error) {
    if (error.status !== 503) throw error
    ready = false
  }
  const { version } = await getJson('/v2').catch(() => ({}))
  return { ready, version }
}

async function look() {
  try {
    return await fromMetrics()
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return fromHealth()
    throw error
  }
}

function words({ ready, waiting, version }) {
  return [ready ? 'Ready' : 'Not ready', ...waiting === undefined ? [] : [`${waiting} waiting`],
    ...version ? [`v${version}`] : []].join(' · ')
}

// Writes only what has changed: a screen reader would read it again.
function put(state, text) {
  find('#status').dataset.state = state
  if (find('#status-text').textContent !== text) find('#status-text').textContent = text
}

export async function refreshStatus() {
  try {
    const status = await look()
    put(status.ready ? 'ready' : 'away', words(status))
  } catch {
    put('away', 'Not reachable')
  }
}

export function watchStatus() {
  refreshStatus()
  setInterval(() => document.hidden || refreshStatus(), EVERY_MS)
}
