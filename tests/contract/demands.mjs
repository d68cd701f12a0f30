// What the contract has to promise whatever it says, and the test that proves each promise
// (demands.json): a row whose items are not in the contract, or whose tests did not run, is a fault,
// and so is a code of the contract that no row demands.
//
//   "groups": {"RUN": ["POST /v1/(synthesize|reconstruct)"], "ANY": ["RUN", "GET /"]}
//   "rows": [{"about": "Native routes", "promise": "...",
//     "items": ["RUN 200", "GET /healthz 200"],                 in the words of coverage.mjs
//     "tests": ["tests/http/routes.sh > TITLE", "tests/unit/test_pool.c > NAME"]}]
//
// A title that is indented in the output of a test is named with the one that it belongs to:
// "tests/http/routes.sh > 200 for / > is a page".
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const UNIT_TEST = /^tests\/unit\/(test_\w+)\.c$/

// "a (b|c) d" is "a b d" and "a c d"; a group's name at the beginning is each of its members.
export function expand(text, groups = {}) {
  const choice = /\(([^()]*\|[^()]*)\)/.exec(text)
  if (choice)
    return choice[1].split('|').flatMap(part => expand(
      text.slice(0, choice.index) + part + text.slice(choice.index + choice[0].length), groups))
  const [name] = text.split(' ')
  return groups[name]?.flatMap(member => expand(member + text.slice(name.length), groups)) ?? [text]
}

// The rows of a demands.json with their items expanded.
export const rowsOf = ({ groups, rows }) => rows.map(row =>
  ({ ...row, items: row.items.flatMap(item => expand(item, groups)) }))

// The codes of the contract that no row demands: one that is taken out of it would not be missed.
export function undemanded(rows, items) {
  const demanded = new Set(rows.flatMap(row => row.items)
    .map(item => /^[A-Z]+ \S+ \d{3}(?= |$)/.exec(item)?.[0]))
  return [...items].filter(item => /^[A-Z]+ \S+ \d{3}$/.test(item) && !demanded.has(item))
    .map(item => `no row demands ${item}`)
}

// The outcomes of the checks that the scripts of a folder noted: title -> whether all so named passed.
export function scriptOutcomes(folders) {
  const outcomes = new Map()
  for (const folder of folders) {
    const path = join(folder, 'checks.tsv')
    if (!existsSync(path)) continue
    let parent = ''
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const [outcome, file, title] = line.split('\t')
      const indented = title.startsWith('  ')
      const name = `${file} > ${indented ? `${parent} > ` : ''}${title.trim()}`
      if (!indented) parent = title
      outcomes.set(name, outcome === 'ok' && outcomes.get(name) !== false)
    }
  }
  return outcomes
}

// The same of a program of unit tests, which is run for it.
function unitOutcomes(build, program) {
  let output = ''
  try {
    output = execFileSync(join(build, 'unit', program), {
      encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CMOCKA_MESSAGE_OUTPUT: 'TAP' }
    })
  } catch (error) {
    output = error.stdout ?? ''
  }
  return new Map([...output.matchAll(/^(not )?ok \d+ - (\w+)$/gm)]
    .map(([, not, name]) => [`tests/unit/${program}.c > ${name}`, !not]))
}

// The outcomes of all tests that the rows name.
export function outcomesOf(rows, build, folders) {
  const outcomes = scriptOutcomes(folders)
  const files = new Set(rows.flatMap(({ tests }) => tests.map(test => test.split(' > ')[0])))
  for (const file of files) {
    const [, program] = UNIT_TEST.exec(file) ?? []
    if (program) for (const [name, passed] of unitOutcomes(build, program)) outcomes.set(name, passed)
  }
  return outcomes
}

// The faults of a row: nothing that is shown, an item that the contract lacks, a test that is not
// there or has failed.
export function rowFaults(row, items, outcomes) {
  return [
    ...row.tests.length ? [] : ['no test proves it'],
    ...row.items.filter(item => !items.has(item))
      .map(item => `the contract has no ${item}`),
    ...row.tests.filter(test => !outcomes.has(test)).map(test => `there was no test ${test}`),
    ...row.tests.filter(test => outcomes.get(test) === false).map(test => `it has failed: ${test}`)
  ]
}

const cell = text => text.replaceAll('|', '\\|').replaceAll('*', '\\*')

// The rows as a table for people, a part for each subject.
export function table(rows) {
  const subjects = [...new Set(rows.map(({ about }) => about))]
  return subjects.map(subject => [
    `### ${subject}`, '', '| promise | test |', '|---|---|',
    ...rows.filter(({ about }) => about === subject).map(({ promise, tests }) =>
      `| ${cell(promise)} | ${tests.map(test => proof(test)).join('<br>')} |`), ''
  ].join('\n')).join('\n')
}

function proof(test) {
  const [file, ...titles] = test.split(' > ')
  return `\`${basename(file)}\`: ${cell(titles.join(': '))}`
}
