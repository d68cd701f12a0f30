// Plays frames: a button, a slider and the number of the step. What a frame looks like is the
// caller's business.
import { make, wantsStillness } from './dom.js'

const STEP_MS = 130
const PLAY = 'M8 5v14l11-7z'
const PAUSE = 'M7 5h4v14H7zM13 5h4v14h-4z'

function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  shape.setAttribute('d', path)
  shape.setAttribute('class', 'solid')
  svg.append(shape)
  return svg
}

export class Player {
  // show(step) with 1..count whenever the step changes.
  constructor(place, show) {
    this.place = place
    this.show = show
    this.timer = 0
    this.button = make('button', { type: 'button' })
    this.slider = make('input', { type: 'range', min: '1', max: '1', ariaLabel: 'Step' })
    this.text = make('output')
    this.button.addEventListener('click', () => this.timer ? this.pause() : this.play())
    this.slider.addEventListener('input', () => {
      this.pause()
      this.go(Number(this.slider.value))
    })
  }

  // Starts anew with so many frames; shows the last one at once where the user wants no movement.
  load(count) {
    this.place.replaceChildren(this.button, this.slider, this.text)
    this.count = count
    this.slider.max = count
    if (count > 1 && !wantsStillness()) {
      this.go(1)
      this.play()
    } else {
      this.pause()
      this.go(count)
    }
  }

  unload() {
    this.pause()
    this.place.replaceChildren()
  }

  go(step) {
    this.step = step
    this.slider.value = step
    this.slider.setAttribute('aria-valuetext', `step ${step} of ${this.count}`)
    this.text.textContent = `step ${step} of ${this.count}`
    this.show(step)
  }

  play() {
    clearInterval(this.timer)
    if (this.step >= this.count) this.go(1)
    this.timer = setInterval(() => {
      this.go(this.step + 1)
      if (this.step >= this.count) this.pause()
    }, STEP_MS)
    this.label('Pause', PAUSE)
  }

  pause() {
    clearInterval(this.timer)
    this.timer = 0
    this.label('Play', PLAY)
  }

  label(text, path) {
    this.button.ariaLabel = text
    this.button.replaceChildren(icon(path))
  }
}
