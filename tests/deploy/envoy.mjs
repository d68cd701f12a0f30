// Holds a configuration of Envoy against Envoy's own protobuf definitions, which a package of npm
// carries: every name, type, enumeration and extension. What only Envoy knows (which values fit
// together) is not seen here.
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {existsSync} from 'node:fs';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);
const folder = (name) => dirname(require.resolve(`${name}/package.json`));
const folders = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate']
    .map((name) => join(folder('@grpc/grpc-js-xds'), 'deps', name))
    .concat(folder('protobufjs'));

function newRoot() {
    const root = new protobuf.Root();
    const known = root.resolvePath;
    root.resolvePath = (origin, target) =>
        folders.map((each) => join(each, target)).find(existsSync) ??
        known.call(root, origin, target);
    return root;
}

const files = [
    'envoy/config/bootstrap/v3/bootstrap.proto',
    'envoy/extensions/access_loggers/stream/v3/stream.proto',
    'envoy/extensions/filters/http/router/v3/router.proto',
    'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
    'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
];

const root = newRoot();
await root.load(files, {keepCase: true});
root.resolveAll();

const wrappers = /^\.google\.protobuf\.(U?Int(32|64)|Bool|String|Double|Float)Value$/;

function scalar(type, value) {
    if (type === 'string' || type === 'bytes')
        return typeof value === 'string';
    if (type === 'bool')
        return typeof value === 'boolean';
    if (type === 'double' || type === 'float')
        return typeof value === 'number';
    return Number.isInteger(value) && (!/^u|fixed/.test(type) || value >= 0);
}

// Yields a sentence for each fault of a value that should be of a type.
function* faults(type, value, at) {
    const name = type.fullName;
    if (name === '.google.protobuf.Duration') {
        if (!/^\d+(\.\d+)?s$/.test(value))
            yield `${at}: ${value} is no duration`;
    } else if (wrappers.test(name)) {
        if (!scalar(type.fields.value.type, value))
            yield `${at}: ${value} is no ${type.fields.value.type}`;
    } else if (name === '.google.protobuf.Any') {
        yield* extension(value, at);
    } else if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        yield `${at}: is no ${name}`;
    } else {
        for (const key of Object.keys(value))
            yield* member(type, key, value[key], `${at}/${key}`);
    }
}

function* extension(value, at) {
    const {'@type': url, ...rest} = value ?? {};
    let type;
    try {
        type = root.lookupType(String(url).replace('type.googleapis.com/', ''));
    } catch {
        yield `${at}: no extension ${url}`;
        return;
    }
    yield* faults(type, rest, at);
}

function* member(type, key, value, at) {
    const field = type.fields[key];
    if (!field) {
        yield `${at}: ${type.fullName} has no such field`;
    } else if (field.repeated !== Array.isArray(value)) {
        yield `${at}: a list where none should be, or none where one should`;
    } else {
        for (const [i, each] of [value].flat().entries())
            yield* one(field, each, field.repeated ? `${at}/${i}` : at);
    }
}

function* one(field, value, at) {
    const type = field.resolvedType;
    if (type instanceof protobuf.Enum) {
        if (!(value in type.values))
            yield `${at}: ${value} is none of ${Object.keys(type.values)}`;
    } else if (type) {
        yield* faults(type, value, at);
    } else if (!scalar(field.type, value)) {
        yield `${at}: ${value} is no ${field.type}`;
    }
}

export function envoyFaults(document) {
    return [...faults(root.lookupType('envoy.config.bootstrap.v3.Bootstrap'), document, '')];
}
