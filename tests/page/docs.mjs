// The documentation of the API against the contract that it is made of.
import assert from 'node:assert/strict'
import { check } from './harness.mjs'
import { resolve } from '../../server/page/schema.js'

// What each operation's article has to name.
function wantedOf(contract, item, operation) {
  const parameters = [...item.parameters ?? [], ...operation.parameters ?? []].map(one => resolve(contract, one).name)
  const answers = Object.values(operation.responses).map(one => resolve(contract, one))
  return [...parameters, ...Object.keys(operation.requestBody?.content ?? {}), ...Object.keys(operation.responses),
    ...answers.flatMap(({ headers = {}, content = {} }) => [...Object.keys(headers), ...Object.keys(content)])]
}

async function isComplete(page, contract) {
  let operations = 0
  for (const [path, item] of Object.entries(contract.paths))
    for (const method of ['get', 'post'].filter(name => item[name])) {
      const text = await page.locator(`[id="${item[method].operationId}"]`).evaluate(article => article.textContent)
      for (const word of [method + path, item[method].summary, ...wantedOf(contract, item, item[method])])
        assert.ok(text.includes(word), `${method} ${path} does not name ${word}`)
      operations++
    }
  const schemas = Object.keys(contract.components.schemas)
  for (const name of schemas) assert.equal(await page.locator(`#schema-${name} h3`).textContent(), name)
  assert.equal(await page.locator('article').count(), operations + schemas.length)
}

export async function testDocs(watched, base, width) {
  const { page } = watched
  const contract = await (await fetch(`${base}openapi.json`)).json()
  await page.goto(`${base}docs`)
  await page.locator('article').last().waitFor()
  await check(`${width}: each operation with its parameters, bodies, answers and headers, and each schema`, () =>
    isComplete(page, contract))
  await check(`${width}: every link leads somewhere`, async () => {
    const lost = await page.evaluate(() => [...document.querySelectorAll('a[href^="#"]')].map(link => link.hash)
      .filter(hash => !document.getElementById(hash.slice(1))))
    assert.deepEqual(lost, [])
  })
  await check(`${width}: an answer opens by the keyboard`, async () => {
    await page.locator('#synthesize summary').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('#synthesize details[open]').getByText('Spikeloom-Seed').waitFor()
  })
  await watched.picture('docs', false)
  await check(`${width}: a filter leaves what has its words`, async () => {
    const wanted = await page.locator('article').evaluateAll(articles => articles
      .filter(({ textContent }) => /latent/i.test(textContent) && /handwriting/i.test(textContent)).map(({ id }) => id))
    assert.ok(wanted.includes('synthesize') && !wanted.includes('reconstruct'), wanted.join())
    await page.fill('#filter', 'latent Handwriting')
    await page.getByText(`${wanted.length} found`).waitFor()
    assert.deepEqual(await page.locator('article').evaluateAll(articles => articles
      .filter(article => article.checkVisibility()).map(({ id }) => id)), wanted)
    await page.fill('#filter', '')
    await page.waitForFunction(() => document.querySelector('#found').textContent === '')
  })
}
