// Holds Kubernetes objects against the schemas of the API and against one another.
//
// Types, required members and enumerations come from the API's OpenAPI schemas, which the packages
// kubernetes-models carry; unknown members from the type maps of @kubernetes/client-node.
import {createRequire} from 'node:module';
import * as api from '@kubernetes/client-node';

const require = createRequire(import.meta.url);

function model(object) {
    const {apiVersion, kind} = object;
    const name = apiVersion.startsWith('monitoring.coreos.com/')
        ? `@kubernetes-models/prometheus-operator/${apiVersion}`
        : `kubernetes-models/${apiVersion}`;
    try {
        return require(name)[kind];
    } catch {
        return undefined;
    }
}

// The class of the client that has the members of a kind.
function typeOf({apiVersion, kind}) {
    const version = apiVersion.split('/').pop();
    return api[version[0].toUpperCase() + version.slice(1) + kind];
}

function* unknownMembers(type, value, at) {
    const map = api[type]?.getAttributeTypeMap?.() ?? type.getAttributeTypeMap?.();
    if (!map || value === null || typeof value !== 'object')
        return;
    for (const [key, each] of Object.entries(value)) {
        const member = map.find(({baseName}) => baseName === key);
        const inner = member?.type.replace(/^Array<(.*)>$/, '$1');
        if (!member)
            yield `${at}/${key}: unknown`;
        else
            for (const [i, one] of [each].flat().entries())
                yield* unknownMembers(inner, one, `${at}/${key}/${i}`);
    }
}

// KServe's predictor is a pod with members of its own; no package has its schema.
const predictorMembers = ['minReplicas', 'maxReplicas', 'scaleTarget', 'scaleMetric', 'timeout',
    'containerConcurrency', 'canaryTrafficPercent', 'labels', 'annotations'];

function* predictorFaults(object, at) {
    const predictor = object.spec?.predictor;
    if (!predictor?.containers?.some(({name}) => name === 'kserve-container'))
        yield `${at}: no container named kserve-container`;
    const spec = {...predictor};
    for (const name of predictorMembers)
        delete spec[name];
    const pod = {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'x'}, spec};
    yield* schemaFaults(pod);
}

function* schemaFaults(object) {
    const at = `${object.kind}/${object.metadata?.name}`;
    if (object.apiVersion === 'serving.kserve.io/v1beta1' && object.kind === 'InferenceService') {
        yield* predictorFaults(object, at);
        return;
    }
    const Model = model(object);
    if (!Model) {
        yield `${at}: ${object.apiVersion} has no such kind`;
        return;
    }
    try {
        new Model(object).validate();
    } catch (error) {
        yield `${at}: ${error.message}`;
    }
    const type = typeOf(object);
    if (type)
        yield* unknownMembers(type, object, at);
}

const podOf = (object) =>
    ({Deployment: object.spec?.template, Job: object.spec?.template,
        InferenceService: {spec: object.spec?.predictor}})[object.kind];

// The "restricted" level of the pod security standards, and what the daemon needs besides.
function* podFaults(object) {
    const pod = podOf(object);
    if (!pod)
        return;
    const at = `${object.kind}/${object.metadata.name}`;
    const {securityContext: of, containers} = pod.spec;
    if (of?.runAsNonRoot !== true || of?.seccompProfile?.type !== 'RuntimeDefault')
        yield `${at}: the pod is not restricted`;
    if (pod.spec.enableServiceLinks !== false)
        yield `${at}: variables of services would be refused as unknown flags`;
    for (const container of containers) {
        const own = container.securityContext;
        if (own?.allowPrivilegeEscalation !== false || own?.readOnlyRootFilesystem !== true ||
            !own?.capabilities?.drop?.includes('ALL') || own?.capabilities?.add)
            yield `${at}: ${container.name} is not restricted`;
        if (!container.resources?.limits?.memory || !container.resources?.requests?.cpu)
            yield `${at}: ${container.name} has no resources`;
    }
}

const fits = (selector, labels) =>
    Object.entries(selector ?? {}).length > 0 &&
    Object.entries(selector).every(([key, value]) => labels?.[key] === value);

// What objects say of one another.
function* referenceFaults(objects) {
    const one = (kind) => objects.find((object) => object.kind === kind);
    const deployment = one('Deployment');
    if (!deployment)
        return;
    const labels = deployment.spec.template.metadata.labels;
    const ports = deployment.spec.template.spec.containers.flatMap((each) => each.ports ?? []);
    const hasPort = (port) => ports.some((each) => each.name === port || each.containerPort === port);
    const service = one('Service');
    const selectors = [['Deployment', deployment.spec.selector.matchLabels],
        ['Service', service.spec.selector],
        ['PodDisruptionBudget', one('PodDisruptionBudget').spec.selector.matchLabels],
        ['NetworkPolicy', one('NetworkPolicy').spec.podSelector.matchLabels]];
    for (const [kind, selector] of selectors)
        if (!fits(selector, labels))
            yield `${kind}: selects no pod`;
    const wanted = service.spec.ports.map((each) => each.targetPort).concat(
        one('NetworkPolicy').spec.ingress.flatMap((rule) => rule.ports.map((each) => each.port)),
        deployment.spec.template.spec.containers.flatMap((each) =>
            ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => each[probe]?.httpGet.port)));
    for (const port of wanted)
        if (!hasPort(port))
            yield `no container has the port ${port}`;
    const target = one('HorizontalPodAutoscaler').spec.scaleTargetRef;
    if (target.kind !== 'Deployment' || target.name !== deployment.metadata.name)
        yield 'HorizontalPodAutoscaler: scales nothing';
    const monitor = one('ServiceMonitor');
    if (monitor && (!fits(monitor.spec.selector.matchLabels, service.metadata.labels) ||
        !monitor.spec.endpoints.every(({port}) => service.spec.ports.some(({name}) => name === port))))
        yield 'ServiceMonitor: scrapes no service';
}

// Every SPIKELOOM_ variable is one that the daemon knows.
function* variableFaults(objects, variables) {
    for (const object of objects)
        for (const container of podOf(object)?.spec.containers ?? [])
            for (const {name} of container.env ?? [])
                if (name.startsWith('SPIKELOOM_') && !variables.has(name))
                    yield `${object.kind}: the daemon has no ${name}`;
}

export function kubernetesFaults(objects, variables) {
    return [...objects.flatMap((object) => [...schemaFaults(object), ...podFaults(object)]),
        ...referenceFaults(objects), ...variableFaults(objects, variables)];
}
