import crypto from 'crypto';

/* The SHA-256 of a request's body; empty where there is none in memory. */
function body(request) {
    try {
        const bytes = request.requestBuffer;
        return bytes && bytes.length ? crypto.createHash('sha256').update(bytes).digest('hex') : '';
    } catch (error) {
        return ''; // it lies on disk
    }
}

export default {body};
