// The page's beginning: which view is shown, and what each does when it is shown first.
import { openCompare, showCompare } from './compare.js'
import { connectCurl } from './curl.js'
import { find, findAll } from './dom.js'
import { openDraw } from './draw.js'
import { openSpeak } from './speak.js'
import { openSpikes, showSpikes } from './spikes.js'
import { watchStatus } from './status.js'

const views = {
  speak: { title: 'Speak', open: openSpeak },
  draw: { title: 'Draw', open: openDraw },
  spikes: { title: 'Spikes', open: openSpikes, show: showSpikes },
  compare: { title: 'Compare', open: openCompare, show: showCompare }
}
const opened = new Set()

let current = 'speak'

// The view that the address names; the last one where it names another place of the page.
function viewNow() {
  const name = location.hash.slice(1)
  if (name in views) current = name
  return current
}

function showView(moved) {
  const name = viewNow()
  for (const section of findAll('.view')) section.hidden = section.id !== `view-${name}`
  for (const link of findAll('nav a'))
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  document.title = `${views[name].title} · Spikeloom`
  if (!opened.has(name)) views[name].open()
  opened.add(name)
  views[name].show?.()
  dispatchEvent(new Event('viewchange'))
  if (moved) {
    find('#main').focus({ preventScroll: true })
    scrollTo(0, 0)
  }
}

connectCurl(viewNow)
addEventListener('hashchange', () => showView(true))
showView(false)
watchStatus()
