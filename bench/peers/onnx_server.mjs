// ONNX Runtime behind Node's http: POST, a PNG of 28 x 28 in and the analog network's picture out.
//
//     node onnx_server.mjs ONNX_FILE PORT
import http from "node:http";
import { open } from "./runtime.mjs";
import { decode, encode } from "./png.mjs";

const SIDE = 28;
const [file, port] = process.argv.slice(2);
const run = await open(file, 1);

async function answer(body) {
    const { width, height, grey } = decode(body);
    if (width !== SIDE || height !== SIDE)
        throw new Error("not 28 x 28");
    const values = Float32Array.from(grey, (byte) => byte / 255);
    const picture = await run(values, 1);
    return encode(Uint8Array.from(picture, (value) => 255 * value + 0.5), SIDE, SIDE);
}

http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", async () => {
        try {
            const png = request.method === "POST" ? await answer(Buffer.concat(parts)) : "";
            response.writeHead(200, { "Content-Type": "image/png", "Content-Length": png.length });
            response.end(png);
        } catch (error) {
            response.writeHead(400).end(String(error));
        }
    });
}).listen(Number(port), "127.0.0.1");
