// Checks that print and count, and a browser's page that is watched while it is used.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const names = ['plain', 'guarded', 'guarded-pid', 'key', 'chromium', 'scratch', 'pictures', 'samples']
export const given = parseArgs({ options: Object.fromEntries(names.map(name => [name, { type: 'string' }])) }).values

export const UNTRUSTED = 'spikeloom.test' // a name for this machine that the browser does not trust
const sum = { passed: 0, failed: 0, skipped: 0 }

// Runs `test`; it fails by throwing. A failed check does not stop the others.
export async function check(title, test) {
  try {
    await test()
    sum.passed++
    console.log(`ok - ${title}`)
  } catch (error) {
    sum.failed++
    console.log(`not ok - ${title}`)
    for (const line of String(error.stack ?? error).split('\n').slice(0, 12)) console.log(`# ${line}`)
  }
}

export function skip(title) {
  sum.skipped++
  console.log(`ok - ${title} # SKIP skipped`)
}

export function finish() {
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
  process.exitCode = sum.failed || !sum.passed ? 1 : 0
}

// A browser whose microphone plays the WAV file `spoken` once; without one the page may not listen.
export function launch(spoken) {
  return chromium.launch({
    executablePath: given.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', `--host-resolver-rules=MAP ${UNTRUSTED} 127.0.0.1`,
      ...spoken ? ['--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${spoken}%noloop`] : []]
  })
}

// What a page must never do is noted in `faults`: errors on its console, and requests elsewhere.
export class Watched {
  static async open(browser, base, options) {
    const watched = new Watched()
    watched.faults = []
    watched.expected = ['willReadFrequently'] // parts of messages that the tests themselves bring about
    watched.context = await browser.newContext({ acceptDownloads: true, ...options })
    await watched.context.addInitScript(() => {
      window.clicks = 0
      addEventListener('click', event => { window.clicks += event.isTrusted ? 1 : 0 }, true)
      const { fetch } = window
      window.sent = [] // the browser does not tell what is in a Blob that was sent
      window.fetch = (url, options) => {
        if (options?.body) window.sent.push({ url: String(url), body: options.body })
        return fetch(url, options)
      }
    })
    watched.context.setDefaultTimeout(60000) // the machine may have much else to do
    watched.page = await watched.context.newPage()
    watched.watch(base)
    return watched
  }

  watch(base) {
    const note = text => this.expected.some(part => text.includes(part)) || this.faults.push(text)
    this.page.on('pageerror', error => note(`error: ${error.message}`))
    this.page.on('console', message => ['error', 'warning'].includes(message.type()) && note(`console: ${message.text()}`))
    this.page.on('request', request => {
      const { protocol, origin } = new URL(request.url())
      if (!['blob:', 'data:'].includes(protocol) && origin !== new URL(base).origin) note(`elsewhere: ${request.url()}`)
    })
  }

  // Does `action` and waits for the answer to it from `path`; -> the answer and the bytes that were sent.
  async exchange(path, action) {
    const answered = this.page.waitForResponse(response => response.url().includes(path) && response.ok())
    await action()
    const answer = await answered
    const bytes = await this.page.evaluate(async url => {
      const { body } = window.sent.findLast(sent => sent.url === url)
      return [...new Uint8Array(await body.arrayBuffer())]
    }, answer.url())
    return { answer, sent: Buffer.from(bytes) }
  }

  // Keeps a picture of the whole page, or of what is in sight, in both themes.
  async picture(name, fullPage = true) {
    await this.page.evaluate(() => scrollTo(0, 0))
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme })
      await this.page.screenshot({ path: join(given.pictures, `${name}-${this.page.viewportSize().width}-${colorScheme}.png`), fullPage })
    }
  }

  // Bytes of the file that a click lets the user save.
  async saved(selector) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.click(selector)])
    return { name: download.suggestedFilename(), path: await download.path() }
  }
}
