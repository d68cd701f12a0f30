// The documentation of the API: Swagger UI over the contract that is served, or, where the build has
// no library, a plain page.
import assert from 'node:assert/strict'
import { check, skip } from './harness.mjs'
import { checkAccess, checkWidth } from './quality.mjs'

const BUNDLE = '/page/swagger-ui-bundle.js'
const METHODS = ['get', 'post', 'put', 'delete']

async function isPlain(page) {
  assert.equal(await page.locator('h1').textContent(), 'API')
  assert.equal(await page.locator('main a').getAttribute('href'), '/openapi.json')
  assert.ok(await page.locator('main').isVisible())
  assert.ok(await page.locator('#licence').isHidden())
}

// Where the library is not there the daemon answers 404, as it does to any part that it lacks.
async function testPlain(watched, base, title) {
  const { page } = watched
  const gone = route => route.continue({ url: `${base}page/absent.js` })
  watched.expected.push('404', 'Refused to apply style from', 'Refused to execute script from')
  await page.route(url => url.pathname.startsWith('/page/swagger-ui'), gone)
  await page.goto(`${base}docs`)
  await page.waitForLoadState('networkidle')
  await check(`${title}: without its library the page leads to the contract`, () => isPlain(page))
  await checkWidth(watched, `${title}, plain`)
  await checkAccess(watched, 'light', `${title}, plain`)
  await page.unrouteAll()
  watched.expected.splice(-3)
}

async function testLibrary(watched, base, title) {
  const { page } = watched
  const contract = await (await fetch(`${base}openapi.json`)).json()
  const operations = Object.entries(contract.paths).flatMap(([path, item]) => METHODS.filter(method => item[method])
    .map(method => `${method.toUpperCase()} ${path}`))
  await page.goto(`${base}docs`)
  await page.locator('.opblock').last().waitFor()
  await check(`${title}: all ${operations.length} operations of the contract are listed, and no other`, async () => {
    const listed = await page.locator('.opblock-summary').evaluateAll(rows => rows.map(row =>
      `${row.querySelector('.opblock-summary-method').textContent} ${row.querySelector('[data-path]').dataset.path}`))
    assert.deepEqual(listed.sort(), operations.sort())
  })
  await check(`${title}: its licence can be read`, async () => {
    const answer = await fetch(new URL(await page.locator('#licence').getAttribute('href'), base))
    assert.match(await answer.text(), /^pkg:npm\/swagger-ui-dist@[\d.]+ Apache-2\.0 [0-9a-f]{128}\n[^]*Apache License/)
    assert.ok(await page.locator('#licence').isVisible())
  })
  const block = page.locator('#operations-inference-reconstruct')
  await check(`${title}: an operation opens by the keyboard, with its parameters, answers and their headers`, async () => {
    await block.locator('.opblock-summary-control').press('Enter')
    await block.getByText('Spikeloom-Seed').first().waitFor()
    const text = await block.textContent()
    const { parameters, responses } = contract.paths['/v1/reconstruct'].post
    for (const { name } of parameters.filter(one => one.name)) assert.ok(text.includes(name), name)
    for (const code of Object.keys(responses)) assert.ok(text.includes(code), code)
    assert.equal(new URL(page.url()).hash, '#/inference/reconstruct')
  })
  await watched.picture('docs', false)
  await checkAccess(watched, 'light', `${title}, open`)
  await checkAccess(watched, 'dark', `${title}, open`)
  await checkWidth(watched, `${title}, open`)
  await check(`${title}: a link to an operation opens it`, async () => {
    await page.goto('about:blank')
    await page.goto(`${base}docs#/models/listModels`)
    const { operationId } = contract.paths['/v1/models'].get
    assert.equal(operationId, 'listModels')
    await page.locator('#operations-models-listModels.is-open').waitFor()
  })
  await check(`${title}: an operation can be tried, with the keyboard alone`, async () => {
    const tried = page.locator('#operations-models-listModels')
    await tried.getByRole('button', { name: 'Try it out' }).press('Enter')
    const answered = page.waitForResponse(`${base}v1/models`)
    await tried.getByRole('button', { name: 'Execute' }).press('Enter')
    assert.equal((await answered).status(), 200)
    await tried.locator('.live-responses-table').getByText('speech-digits').first().waitFor()
  })
  await check(`${title}: where a key goes opens and closes by the keyboard`, async () => {
    await page.locator('.btn.authorize').press('Enter')
    await page.locator('.modal-ux').waitFor()
    await checkAccess(watched, 'light', `${title}, asking for a key`)
    await page.locator('.close-modal').press('Enter')
    await page.locator('.modal-ux').waitFor({ state: 'detached' })
  })
}

export async function testDocs(watched, base, title) {
  await testPlain(watched, base, title)
  if ((await fetch(new URL(BUNDLE, base))).ok) await testLibrary(watched, base, title)
  else skip(`${title}: the daemon is built without Swagger UI`)
}
