// Small things that all views share: finding and making elements, telling screen readers, numbers in words.

export const find = (selector, root = document) => root.querySelector(selector)
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)]

// make('a', {href: '/'}, 'text', child...): a name that is no property is written as an attribute.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties))
    if (name in element) element[name] = value
    else element.setAttribute(name, value)
  element.append(...children)
  return element
}

// What a screen reader says next, without moving the focus.
export function announce(text) {
  const region = find('#announcer')
  region.textContent = ''
  setTimeout(() => { region.textContent = text }, 50)
}

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
export const inGroups = number => numbers.format(number)
export const inPercent = share => `${Math.round(share * 100)} %`
export const inMilliseconds = milliseconds => milliseconds.toFixed(milliseconds < 10 ? 1 : 0)
export const inSeconds = seconds => `${seconds.toFixed(2)} s`

export const wantsStillness = () => matchMedia('(prefers-reduced-motion: reduce)').matches

// Runs only the last of many calls, once they have stopped for a while.
export function calmed(milliseconds, action) {
  let timer = 0
  return (...args) => {
    clearTimeout(timer)
    timer = setTimeout(() => action(...args), milliseconds)
  }
}

// Offers bytes as a file to save.
export function save(blob, name) {
  const url = URL.createObjectURL(blob)
  make('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10000)
}

export const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
