// Holds the files of deploy/ against what reads them, and broken copies of them too, which have to be
// refused.
//
//   node schemas.mjs DEPLOY_FOLDER SCRAPE HELP RENDERED...
//
// SCRAPE is what a daemon told on /metrics, HELP its --help, RENDERED are files of Kubernetes objects.
// Prints a line for each check and, last, "N passed, N failed, N skipped".
import {readFileSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import yaml from 'js-yaml';
import {envoyFaults} from './envoy.mjs';
import {kubernetesFaults} from './kubernetes.mjs';

const [folder, scrapeFile, helpFile, ...rendered] = process.argv.slice(2);
const read = (name) => readFileSync(name, 'utf8');
const ours = (name) => read(`${folder}/${name}`);
const variables = new Set(read(helpFile).match(/SPIKELOOM_[A-Z_]+/g));
let passed = 0;
let failed = 0;

function check(title, faults) {
    faults.length === 0 ? passed++ : failed++;
    console.log(`${faults.length === 0 ? 'ok' : 'not ok'} - ${title}`);
    faults.slice(0, 20).forEach((fault) => console.log(`# ${fault}`));
}

// Whether a text with one thing changed has a fault.
function refuses(title, text, from, to, faultsOf) {
    const broken = text.replace(from, to);
    let faults;
    try {
        faults = broken === text ? [] : faultsOf(broken);
    } catch (error) {
        faults = [error.message];
    }
    check(`  not one with ${title}`, faults.length ? [] : ['no fault was found']);
}

// Metrics

const served = new Set();
for (const [, name, type] of read(scrapeFile).matchAll(/^# TYPE (\S+) (\S+)$/gm))
    (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).forEach((end) => served.add(name + end));

const unserved = (text) => [...new Set(text.match(/\b(spikeloom|process|nv_inference)_[a-z0-9_]+/g))]
    .filter((name) => !served.has(name));

function expressions(value) {
    if (value === null || typeof value !== 'object')
        return [];
    return Object.entries(value).flatMap(([key, each]) =>
        ['expr', 'query', 'seriesQuery'].includes(key) && typeof each === 'string' ? [each]
            : expressions(each));
}

function metricFaults(text) {
    const found = expressions(yaml.load(text));
    if (found.length === 0)
        return ['no expression was found'];
    return found.flatMap(unserved).map((name) => `no daemon serves ${name}`);
}

for (const name of ['prometheus/alerts.yml', 'grafana/spikeloom.json', 'kubernetes/monitoring/rules.yaml',
    'kubernetes/monitoring/adapter.yaml']) {
    check(`${name} asks for metrics that are served`, metricFaults(ours(name)));
    refuses('another metric', ours(name), /spikeloom_(\w+)/, 'spikeloom_wrong_$1', metricFaults);
}

// Grafana

function dashboardFaults(text) {
    const {panels, templating, annotations, schemaVersion, title} = JSON.parse(text);
    const names = new Set(templating.list.map(({name}) => name).concat('__rate_interval'));
    const faults = [];
    if (!(schemaVersion > 30) || !title)
        faults.push('no schema or title');
    if (new Set(panels.map(({id}) => id)).size !== panels.length)
        faults.push('two panels with one id');
    for (const expression of expressions({panels, annotations}))
        for (const [, name] of expression.matchAll(/\$(\w+)/g))
            if (!names.has(name))
                faults.push(`no variable ${name}`);
    for (const a of panels) {
        const {x, y, w, h} = a.gridPos;
        if (x + w > 24 || (a.type !== 'row' && !a.targets.length))
            faults.push(`${a.title} is not within the grid, or empty`);
        for (const b of panels)
            if (b.id < a.id && x < b.gridPos.x + b.gridPos.w && b.gridPos.x < x + w &&
                y < b.gridPos.y + b.gridPos.h && b.gridPos.y < y + h)
                faults.push(`${a.title} lies over ${b.title}`);
    }
    return faults;
}

const dashboard = ours('grafana/spikeloom.json');
check('the dashboard is whole', dashboardFaults(dashboard));
refuses('an unknown variable', dashboard, 'instance=~\\"$instance', 'instance=~\\"$instant', dashboardFaults);
refuses('panels over one another', dashboard, '"x": 8', '"x": 4', dashboardFaults);
refuses('an id twice', dashboard, '"id": 3', '"id": 2', dashboardFaults);

// Envoy

const envoy = ours('envoy/envoy.yaml');
const envoyText = (text) => envoyFaults(yaml.load(text));
check('Envoy\'s definitions fit its configuration', envoyText(envoy));
refuses('a misspelt field', envoy, 'num_retries', 'retries', envoyText);
refuses('an unknown policy', envoy, 'LEAST_REQUEST', 'LAST_REQUEST', envoyText);
refuses('an unknown extension', envoy, 'router.v3.Router', 'router.v3.Ruter', envoyText);
refuses('a number for a duration', envoy, 'interval: 2s', 'interval: 2', envoyText);
refuses('a text for a number', envoy, 'port_value: 8080', 'port_value: http', envoyText);

// Kubernetes

const objects = (text) => yaml.loadAll(text).filter(Boolean);
const all = rendered.map(read).join('\n---\n');
const fault = (text) => kubernetesFaults(objects(text), variables);
check(`${objects(all).length} Kubernetes objects fit their schemas and one another`,
    objects(all).length >= 11 ? fault(all) : ['objects are missing']);
for (const [title, from, to] of [
    ['a misspelt member', 'enableServiceLinks', 'enableServicesLinks'],
    ['a misspelt probe', 'failureThreshold', 'failuresThreshold'],
    ['a text for a number', /containerPort: 8080/, 'containerPort: http'],
    ['a missing member', /scaleTargetRef:\n(.*\n){3}/, ''],
    ['an old version', 'autoscaling/v2', 'autoscaling/v2beta9'],
    ['an unknown kind', 'kind: NetworkPolicy', 'kind: NetPolicy'],
    ['another port', 'targetPort: metrics', 'targetPort: matrics'],
    ['another label', /app.kubernetes.io\/name: spikeloom\n  name: spikeloom/,
        'app.kubernetes.io/name: loom\n  name: spikeloom'],
    ['a root user', 'runAsNonRoot: true', 'runAsNonRoot: false'],
    ['a writable file system', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
    ['an unknown variable', 'SPIKELOOM_QUEUE_SIZE', 'SPIKELOOM_QUEUE_LENGTH'],
    ['no memory limit', /limits:\n( *)cpu: (.*)\n *memory: .*/, 'limits:\n$1cpu: $2'],
    ['an endpoint without a name', /port: metrics\n *interval|interval: 15s/, 'interval: [15]'],
    ['rules that are no list', /rules:\n/, 'rules: none\n  x:\n'],
])
    refuses(title, all, from, to, fault);

// What is said twice

const rules = yaml.load(ours('kubernetes/monitoring/rules.yaml')).spec.groups;
const sameRules = (text) =>
    isDeepStrictEqual(yaml.load(text).groups, rules) ? [] : ['rules.yaml has other alerts'];
check('the operator\'s rules are Prometheus\' rules', sameRules(ours('prometheus/alerts.yml')));
refuses('another threshold', ours('prometheus/alerts.yml'), '> 0.01', '> 0.02', sameRules);

const metricOf = (text) =>
    yaml.load(text).spec.metrics.filter(({type}) => type === 'Pods').map(({pods}) => pods.metric.name);
const adapted = yaml.load(ours('kubernetes/monitoring/adapter.yaml')).rules.custom.map((rule) => rule.name.as);
const scaledBy = (text) => metricOf(text).length && metricOf(text).every((name) => adapted.includes(name))
    ? [] : ['the autoscaler asks for what the adapter does not make'];
check('the adapter makes what the autoscaler asks for', scaledBy(ours('kubernetes/autoscaler.yaml')));
refuses('another name', ours('kubernetes/autoscaler.yaml'), 'queue_seconds', 'queue_hours', scaledBy);

const alerts = yaml.load(ours('prometheus/alerts.yml')).groups.flatMap((group) => group.rules);
const headings = (text) => alerts.map(({alert}) => alert)
    .filter((name) => !text.match(new RegExp(`^#+ ${name}$`, 'm'))).map((name) => `no word on ${name}`);
check('the runbook has a word on each alert', headings(ours('RUNBOOK.md')));
refuses('another heading', ours('RUNBOOK.md'), /# SpikeloomDown/, '# SpikeloomGone', headings);

console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed ? 1 : 0;
