# Reads source files named relative to the repository root and prints "FILE:LINE: what is wrong"
# for each include against the arrows, each third-party header out of its place and each header
# without an include guard. Exits 1 if anything was printed. check.sh runs it.

BEGIN {
    # what a file of a layer may include, apart from its own layer
    allowed["core/base"] = ""
    allowed["core/math"] = "core/base"
    allowed["core/media"] = "core/base"
    allowed["core/spike"] = "core/base core/math"
    allowed["models"] = "core/base core/math core/media core/spike"
    allowed["train"] = "core/base core/math core/media core/spike models"
    allowed["api"] = "core/base"
    allowed["server"] = "core/base core/math core/media core/spike models api"
    allowed["bench"] = "core/base core/math core/media core/spike models train"

    # where a third-party header may appear, as a pattern on the path
    home["cblas.h"] = "^core/math/gemm\\.c$"
    home["sndfile.h"] = "^core/media/audio\\.c$"
    home["dlfcn.h"] = "^core/media/audio\\.c$" # to reach what libsndfile hides
    home["ogg/ogg.h"] = home["vorbis/codec.h"] = "^core/media/vorbis\\.c$"
    home["soxr.h"] = "^core/media/resample\\.c$"
    home["png.h"] = "^core/media/image_work\\.h$"
    home["nettle/sha2.h"] = "^core/base/digest\\.c$"
    home["nettle/memops.h"] = "^core/base/digest\\.c$"
    home["nettle/base64.h"] = "^api/base64\\.c$"
    home["jansson.h"] = "^(api/.*|models/checkpoint\\.[ch]|models/network_json\\.[ch]|" \
                        "models/safetensors\\.[ch]|train/json_log\\.[ch])$"
    home["microhttpd.h"] = "^(server/http(_[a-z]+)?\\.[ch]|bench/empty_handler\\.c)$"
    home["gnutls/abstract.h"] = home["gnutls/gnutls.h"] = "^server/tls\\.c$"
    home["zlib.h"] = "^train/dataset_idx\\.c$"

    # headers of C17, POSIX and Linux are at home everywhere
    split("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal " \
          "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string " \
          "strings tgmath threads time uchar wchar wctype " \
          "dirent fcntl fnmatch getopt glob libgen netdb poll pthread pwd regex sched semaphore " \
          "spawn syslog termios unistd immintrin arm_neon cpuid", names, " ")
    for (i in names)
        standard[names[i] ".h"] = 1
}

function blame(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    violations++
}

function layer_of(path, parts) {
    split(path, parts, "/")
    return parts[1] == "core" ? parts[1] "/" parts[2] : parts[1]
}

function may_include(from, to, i, count, layers) {
    if (from == to)
        return 1
    count = split(allowed[from], layers, " ")
    for (i = 1; i <= count; i++)
        if (layers[i] == to)
            return 1
    return 0
}

function check_own(path, from, to) {
    from = layer_of(FILENAME)
    to = layer_of(path)
    if (path ~ /(^|\/)\.\.?\// || !(to in allowed))
        blame("\"" path "\" does not start at the repository root")
    else if (!may_include(from, to))
        blame(from " must not include " to " (" path ")")
    else if (path == "core/math/gemm.h" && from !~ /^(train|bench|core\/math)$/)
        blame("only train and bench include " path)
}

function check_foreign(path) {
    if (path in home) {
        if (FILENAME !~ home[path])
            blame("<" path "> may appear only in files that match " home[path])
    } else if (layer_of(path) in allowed) {
        blame("<" path "> is the project's own: use quotes")
    } else if (!(path in standard) && path !~ /^(sys|netinet|arpa|net|linux)\/[a-z0-9_]+\.h$/) {
        blame("<" path "> is neither standard nor wrapped by one file")
    }
}

# The guard is the first thing but comments: #ifndef NAME, #define NAME, and #endif the last.
function check_guard_line(line, guard) {
    guard = "SPIKELOOM_" toupper(FILENAME)
    gsub(/[^A-Z0-9]/, "_", guard)
    if (code_lines == 1 && line != "#ifndef " guard)
        blame("a header starts with #ifndef " guard)
    if (code_lines == 2 && line != "#define " guard)
        blame("the second line of a header is #define " guard)
}

function finish_header() {
    if (header == "")
        return
    if (last_code != "#endif" || depth != 0) {
        printf "%s:%d: a header ends with the #endif of its guard\n", header, last_line
        violations++
    }
}

FNR == 1 {
    finish_header()
    header = FILENAME ~ /\.h$/ ? FILENAME : ""
    code_lines = depth = in_comment = 0
    last_code = ""
}

{
    line = $0
    if (in_comment) {
        if (!sub(/^.*\*\//, "", line))
            next
        in_comment = 0
    }
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
    if (sub(/\/\*.*$/, "", line))
        in_comment = 1
    sub(/[ \t]+$/, "", line)
    if (line == "")
        next
    code_lines++
    last_code = line
    last_line = FNR
}

header != "" { check_guard_line(line) }
line ~ /^#[ \t]*if/ { depth++ }
line ~ /^#[ \t]*endif/ { depth-- }

line ~ /^[ \t]*#[ \t]*include[ \t]*"/ {
    split(line, quoted, "\"")
    check_own(quoted[2])
}

line ~ /^[ \t]*#[ \t]*include[ \t]*</ {
    split(line, quoted, /[<>]/)
    check_foreign(quoted[2])
}

END {
    finish_header()
    exit violations > 0
}
