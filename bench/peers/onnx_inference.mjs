// ONNX Runtime on the analog network: one input at a time, and batches of 256. Outputs are compared
// with ours first; one and two threads are tried, and the faster counts.
//
//     node onnx_inference.mjs ONNX_FILE INPUTS OUTPUTS SECONDS
import fs from "node:fs";
import { open } from "./runtime.mjs";

const PIXELS = 784, KEY = "peers.onnx.mnist-ann";
const [file, inputsFile, outputsFile, seconds] = process.argv.slice(2);

function readFloats(name) {
    const bytes = fs.readFileSync(name);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function timeOf(run, values, rows) {
    const samples = [], begun = process.hrtime.bigint();
    await run(values, rows);
    while (samples.length < 3 || Number(process.hrtime.bigint() - begun) < seconds * 1e9) {
        const start = process.hrtime.bigint();
        await run(values, rows);
        samples.push(Number(process.hrtime.bigint() - start) / 1e9);
    }
    samples.sort((a, b) => a - b);
    return samples[samples.length >> 1];
}

const inputs = readFloats(inputsFile), expected = readFloats(outputsFile);
const rows = inputs.length / PIXELS;
const best = { single: [Infinity], batch: [Infinity] };
let largest = 0;
for (const threads of [1, 2]) {
    const run = await open(file, threads);
    const outputs = await run(inputs, rows);
    for (let i = 0; i < outputs.length; i++)
        largest = Math.max(largest, Math.abs(outputs[i] - expected[i]));
    for (const [kind, count] of [["single", 1], ["batch", rows]]) {
        const time = await timeOf(run, inputs.subarray(0, count * PIXELS), count);
        if (time < best[kind][0])
            best[kind] = [time, `${threads} thread${threads > 1 ? "s" : ""}`];
    }
}
console.log(`${KEY}.largest_difference\t${largest.toPrecision(3)}`);
console.log(`${KEY}.agrees\t${Number(largest <= 1e-5)}`);
if (largest <= 1e-5) {
    console.log(`${KEY}.single_us\t${best.single[0] * 1e6}\n${KEY}.single_won\t${best.single[1]}`);
    console.log(`${KEY}.batch_per_s\t${rows / best.batch[0]}\n${KEY}.batch_won\t${best.batch[1]}`);
}
