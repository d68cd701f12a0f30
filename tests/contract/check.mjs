// Checks recorded traffic against api/openapi.yaml and that against demands.json:
//
//   node check.mjs BUILD FOLDER...    prints a line for each check and the sum; see README.md
//   node check.mjs --table            writes the table of demands into README.md
import { readFileSync, writeFileSync } from 'node:fs'
import { Conformity } from './conformity.mjs'
import { Contract, documentFaults } from './contract.mjs'
import { coverageFaults, wanted } from './coverage.mjs'
import { outcomesOf, rowFaults, rowsOf, table, undemanded } from './demands.mjs'
import { readFolders } from './recording.mjs'

const MAX_FAULTS = 40
const MARKS = ['<!-- table -->\n', '<!-- end of the table -->']

const file = name => new URL(name, import.meta.url)
const readJson = name => JSON.parse(readFileSync(file(name), 'utf8'))

function withTable(page, rows) {
  const [start, end] = MARKS.map(mark => page.indexOf(mark))
  return page.slice(0, start) + MARKS[0] + table(rows) + page.slice(end)
}

const sum = { passed: 0, failed: 0 }

function report(title, faults) {
  const distinct = [...new Set(faults)]
  sum[distinct.length ? 'failed' : 'passed']++
  console.log(`${distinct.length ? 'not ok' : 'ok'} - ${title}`)
  for (const fault of distinct.slice(0, MAX_FAULTS)) console.log(`# ${fault}`)
  if (distinct.length > MAX_FAULTS) console.log(`# and ${distinct.length - MAX_FAULTS} more`)
}

async function check(build, folders) {
  const rows = rowsOf(readJson('demands.json'))
  const exceptions = readJson('exceptions.json')
  const document = readJson('../../api/openapi.yaml')
  report('the contract is a document of OpenAPI 3.1', await documentFaults(document))
  const contract = new Contract(document)
  const conformity = new Conformity(contract, exceptions)
  const exchanges = readFolders(folders)
  report(`all of ${exchanges.length} exchanges are as the contract says`,
    exchanges.length ? exchanges.flatMap(exchange => conformity.check(exchange)) : ['there are none'])
  report('all of the contract was exercised', coverageFaults(contract, exceptions, conformity.seen))
  const items = new Set(wanted(contract))
  report('each code of the contract is demanded', undemanded(rows, items))
  const outcomes = outcomesOf(rows, build, folders)
  for (const row of rows) report(`${row.about}: ${row.promise}`, rowFaults(row, items, outcomes))
  const page = readFileSync(file('README.md'), 'utf8')
  report('the table in README.md is that of demands.json',
    page === withTable(page, rows) ? [] : ['run: node tests/contract/check.mjs --table'])
  console.log(`${sum.passed} passed, ${sum.failed} failed, 0 skipped`)
  process.exitCode = sum.failed ? 1 : 0
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--table')
  writeFileSync(file('README.md'),
    withTable(readFileSync(file('README.md'), 'utf8'), rowsOf(readJson('demands.json'))))
else if (first && rest.length) await check(first, rest)
else {
  console.error('usage: node check.mjs BUILD FOLDER... | --table')
  process.exitCode = 2
}
