// Requests to the daemon that served this page, and what becomes of those that fail.

// What went wrong, in words for people; `status` 0 when there was no answer at all.
export class Failure extends Error {
  constructor(status, text, requestId = '') {
    super(text)
    this.status = status
    this.requestId = requestId
  }
}

const WORDS = {
  overloaded: 'The server has too much to do right now. Try again in a moment.',
  not_ready: 'The server is starting or stopping. Try again in a moment.',
  deadline: 'The server took too long and gave up. Try again.',
  rate_limited: 'This key has asked too often. Wait a little and try again.',
  unauthenticated: 'This server answers only with an API key.',
  too_large: 'This file is larger than the server takes.'
}

let key = ''
const listeners = new Set()

export const useKey = value => { key = value }
export const hasKey = () => key !== ''

// Calls `listener` with each request of the user's own, once it was answered: see curl.js.
export const onCall = listener => listeners.add(listener)

async function failureOf(response) {
  let problem = {}
  try {
    problem = await response.json()
  } catch { /* not the daemon's own words: a proxy's, perhaps */ }
  const text = WORDS[problem.code] ?? problem.detail ?? `The server answered ${response.status}.`
  return new Failure(response.status, text, response.headers.get('X-Request-Id') ?? '')
}

async function send(url, options) {
  const headers = { ...options.headers, ...key && { Authorization: `Bearer ${key}` } }
  let response
  try {
    response = await fetch(url, { ...options, headers })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new Failure(0, 'The server cannot be reached. Is it still running?')
  }
  if (!response.ok) throw await failureOf(response)
  return response
}

// GET, as the daemon's own JSON or as what it is.
export const getJson = async path => (await send(path, {})).json()
export const getText = async path => (await send(path, {})).text()
export const getBlob = async path => (await send(path, {})).blob()

function urlOf(path, query) {
  const url = new URL(path, location.href)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  return url
}

// Posts `file`, {blob, name}. `quiet` requests are not shown as curl. -> the answer.
export async function post(path, { query = {}, accept, file, signal, quiet = false }) {
  const url = urlOf(path, query)
  const call = { url: url.href, accept, file, withKey: hasKey() }
  if (!quiet) for (const listener of listeners) listener(call)
  return send(url, { method: 'POST', body: file.blob, headers: { Accept: accept }, signal })
}

export async function postForJson(path, options) {
  const response = await post(path, { ...options, accept: 'application/json' })
  const timing = response.headers.get('Server-Timing') ?? ''
  const milliseconds = [...timing.matchAll(/dur=([0-9.]+)/g)].reduce((sum, [, part]) => sum + Number(part), 0)
  return { reply: await response.json(), milliseconds }
}

let models
// The cards of all models, asked for once.
export async function loadModels() {
  models ??= (await getJson('/v1/models')).models
  return models
}

export const bytesOf = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0))
