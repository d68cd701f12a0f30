// The recordings and pictures that the server brings along.
import { getBlob } from './api.js'
import { WORDS, findAll, make } from './dom.js'

export const voice = () => document.querySelector('input[name=voice]:checked').value
export const spokenName = (digit, speaker) => `${digit}_${speaker}.wav`
export const writtenName = digit => `digit_${digit}.png`

// -> {blob, name} of a sample.
export async function loadSample(name) {
  return { blob: await getBlob(`/page/${name}`), name }
}

// A button for each digit; `face(digit)` is what it shows, take(digit) what it does.
export function fillSamples(group, kind, face, take) {
  group.replaceChildren(...WORDS.map((_, digit) => {
    const button = make('button', { type: 'button', ariaLabel: `${kind} ${digit}`, ariaPressed: 'false' }, face(digit))
    button.addEventListener('click', () => {
      markSample(group, digit)
      take(digit)
    })
    return button
  }))
}

// Marks a digit as the one at hand; none without a digit.
export function markSample(group, digit) {
  findAll('button', group).forEach((button, i) => { button.ariaPressed = String(i === digit) })
}
