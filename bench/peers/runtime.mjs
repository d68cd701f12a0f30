// ONNX Runtime from the cache that run.sh installs it into.
import { createRequire } from "node:module";
import path from "node:path";

export const runtime = createRequire(path.join(process.env.BENCH_CACHE, "package.json"))(
    "onnxruntime-node");

export async function open(file, threads) {
    const session = await runtime.InferenceSession.create(file, {
        intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: "all",
    });
    const name = session.inputNames[0], output = session.outputNames[0];
    return async (values, rows) => {
        const tensor = new runtime.Tensor("float32", values, [rows, values.length / rows]);
        return (await session.run({ [name]: tensor }))[output].data;
    };
}
