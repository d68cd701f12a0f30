-- For wrk: posts the file $BENCH_BODY, and prints figures whose keys begin with $BENCH_KEY.
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()

function done(summary, latency)
    local key = os.getenv("BENCH_KEY")
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("%s.per_s\t%.6g\n", key, summary.requests / summary.duration * 1e6))
    for _, percent in ipairs({ 50, 90, 99 }) do
        io.write(string.format("%s.p%d_ms\t%.6g\n", key, percent, latency:percentile(percent) / 1000))
    end
    io.write(string.format("%s.failed\t%d\n", key, failed))
end
