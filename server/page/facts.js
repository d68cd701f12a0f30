// Numbers of a run as a list of terms.
import { inGroups, inMilliseconds, inPercent, make } from './dom.js'

function gauge(share) {
  const bar = make('span')
  bar.style.transform = `scaleX(${share})`
  return make('div', { className: 'gauge' }, bar)
}

function sureness(confidence) {
  if (confidence >= 0.9) return 'surely a digit'
  if (confidence >= 0.5) return 'probably a digit'
  return 'probably no digit'
}

export function showFacts(list, facts) {
  list.replaceChildren(...facts.map(([term, value, note, share]) => {
    const text = make('dd', { className: term === 'Seed' ? 'number' : '' }, value, note ? make('small', {}, ` ${note}`) : '')
    if (share !== undefined) text.append(gauge(share))
    return make('div', { className: share === undefined ? '' : 'sure' }, make('dt', {}, term), text)
  }))
  list.hidden = false
}

// What every run tells: from a JSON reply and the milliseconds that it took.
export function factsOf(reply, milliseconds) {
  const facts = []
  if (reply.confidence !== undefined)
    facts.push(['Confidence', inPercent(reply.confidence), sureness(reply.confidence), reply.confidence])
  if (reply.latent) facts.push(['Spikes', inGroups(reply.spikes)])
  facts.push(['Synaptic operations', inGroups(reply.synops)],
    ['Time', inMilliseconds(milliseconds), 'ms'])
  if (reply.seed !== undefined) facts.push(['Seed', String(reply.seed)])
  return facts
}
