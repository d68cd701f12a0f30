// The exact command of what was just done.
import { onCall } from './api.js'
import { announce, find, save } from './dom.js'

const quoted = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const TARGETS = { 'application/json': 'reply.json', 'image/apng': 'picture.png', 'image/png': 'picture.png' }

export function curlOf({ url, accept, file, withKey }) {
  return [
    'curl -sS --fail-with-body',
    ...withKey ? ['-H "Authorization: Bearer $SPIKELOOM_KEY"'] : [],
    `-H ${quoted(`Accept: ${accept}`)}`,
    `--data-binary ${quoted(`@${file.name}`)}`,
    `-o ${TARGETS[accept]}`,
    quoted(url)
  ].join(' \\\n  ')
}

let last

// Each view has a command of its own; `viewNow` says which view is asked for.
export function connectCurl(viewNow) {
  const calls = new Map()
  const show = () => {
    last = calls.get(viewNow())
    find('#curl-box').hidden = last === undefined
    if (!last) return
    find('#curl').textContent = curlOf(last)
    find('#curl-save').textContent = `Save ${last.file.name}`
  }
  onCall(call => {
    calls.set(viewNow(), call)
    show()
  })
  addEventListener('viewchange', show)
  find('#curl-save').addEventListener('click', () => save(last.file.blob, last.file.name))
  find('#curl-copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(curlOf(last))
      announce('Copied')
      find('#curl-copy').textContent = 'Copied'
    } catch { // only where the page is trusted; then the user copies by hand
      getSelection().selectAllChildren(find('#curl'))
      announce('Selected: copy it from the keyboard')
    }
    setTimeout(() => { find('#curl-copy').textContent = 'Copy' }, 2000)
  })
}
