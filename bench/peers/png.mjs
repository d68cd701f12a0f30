// Grey PNG of 8 bits in memory, with zlib alone: what the shipped samples are.
import zlib from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++)
        n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
});

function crc(bytes) {
    let c = -1;
    for (const byte of bytes)
        c = CRC_TABLE[(c ^ byte) & 255] ^ (c >>> 8);
    return ~c >>> 0;
}

function paeth(left, up, corner) {
    const guess = left + up - corner;
    const a = Math.abs(guess - left), b = Math.abs(guess - up), c = Math.abs(guess - corner);
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

// { width, height, grey }; throws for another kind of PNG.
export function decode(bytes) {
    let at = 8, width, height;
    const parts = [];
    while (at < bytes.length) {
        const size = bytes.readUInt32BE(at), type = bytes.toString("latin1", at + 4, at + 8);
        const data = bytes.subarray(at + 8, at + 8 + size);
        if (type === "IHDR") {
            [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
            if (data[8] !== 8 || data[9] !== 0 || data[12] !== 0)
                throw new Error("not an 8-bit grey PNG");
        } else if (type === "IDAT") {
            parts.push(data);
        }
        at += 12 + size;
    }
    const raw = zlib.inflateSync(Buffer.concat(parts)), grey = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
        const filter = raw[y * (width + 1)];
        for (let x = 0; x < width; x++) {
            const i = y * width + x;
            const left = x ? grey[i - 1] : 0, up = y ? grey[i - width] : 0;
            const corner = x && y ? grey[i - width - 1] : 0;
            const add = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
            grey[i] = raw[y * (width + 1) + 1 + x] + add;
        }
    }
    return { width, height, grey };
}

function chunk(type, data) {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    data.copy(out, 8);
    out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
}

export function encode(grey, width, height) {
    const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
    const raw = Buffer.alloc(height * (width + 1));
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    for (let y = 0; y < height; y++)
        raw.set(grey.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
    const data = zlib.deflateSync(raw, { level: 1 });
    return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}
