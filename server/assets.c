#include "server/assets.h"

#include <pthread.h>
#include <string.h>

/* X(symbol, name, file, media type) for each document. */
#define ASSETS_OF_PAGE(X)                                                                          \
    X(index, "/", "server/page/index.html", "text/html; charset=utf-8")                            \
    X(docs, "/docs", "server/page/docs.html", "text/html; charset=utf-8")                          \
    X(docs_style, "docs.css", "server/page/docs.css", "text/css; charset=utf-8")                   \
    X(style, "style.css", "server/page/style.css", "text/css; charset=utf-8")                      \
    X(views, "views.css", "server/page/views.css", "text/css; charset=utf-8")                      \
    X(icon, "icon.svg", "server/page/icon.svg", "image/svg+xml")                                   \
    ASSETS_SCRIPT(X, api, "api.js")                                                                \
    ASSETS_SCRIPT(X, app, "app.js")                                                                \
    ASSETS_SCRIPT(X, cloth, "cloth.js")                                                            \
    ASSETS_SCRIPT(X, compare, "compare.js")                                                        \
    ASSETS_SCRIPT(X, curl, "curl.js")                                                              \
    ASSETS_SCRIPT(X, dom, "dom.js")                                                                \
    ASSETS_SCRIPT(X, docs_script, "docs.js")                                                       \
    ASSETS_SCRIPT(X, draw, "draw.js")                                                              \
    ASSETS_SCRIPT(X, drop, "drop.js")                                                              \
    ASSETS_SCRIPT(X, endpoint, "endpoint.js")                                                      \
    ASSETS_SCRIPT(X, facts, "facts.js")                                                            \
    ASSETS_SCRIPT(X, failure, "failure.js")                                                        \
    ASSETS_SCRIPT(X, latent, "latent.js")                                                          \
    ASSETS_SCRIPT(X, pad, "pad.js")                                                                \
    ASSETS_SCRIPT(X, plate, "plate.js")                                                            \
    ASSETS_SCRIPT(X, player, "player.js")                                                          \
    ASSETS_SCRIPT(X, png, "png.js")                                                                \
    ASSETS_SCRIPT(X, raster, "raster.js")                                                          \
    ASSETS_SCRIPT(X, recorder_worklet, "recorder-worklet.js")                                      \
    ASSETS_SCRIPT(X, recorder, "recorder.js")                                                      \
    ASSETS_SCRIPT(X, samples, "samples.js")                                                        \
    ASSETS_SCRIPT(X, shelf, "shelf.js")                                                            \
    ASSETS_SCRIPT(X, sound, "sound.js")                                                            \
    ASSETS_SCRIPT(X, speak, "speak.js")                                                            \
    ASSETS_SCRIPT(X, spikes, "spikes.js")                                                          \
    ASSETS_SCRIPT(X, status, "status.js")                                                          \
    ASSETS_SCRIPT(X, wav, "wav.js")

#define ASSETS_SCRIPT(X, symbol, name)                                                             \
    X(symbol, name, "server/page/" name, "text/javascript; charset=utf-8")

#define ASSETS_SAMPLE(X, symbol, name, type) X(symbol, name, "tests/samples/" name, type)

/* A spoken digit by two voices, and the same digit written. */
#define ASSETS_OF_DIGIT(X, digit)                                                                  \
    ASSETS_SAMPLE(X, voice_us_##digit, #digit "_en-us.wav", "audio/wav")                           \
    ASSETS_SAMPLE(X, voice_gb_##digit, #digit "_en-gb-f2.wav", "audio/wav")                        \
    ASSETS_SAMPLE(X, digit_##digit, "digit_" #digit ".png", "image/png")

#define ASSETS(X)                                                                                  \
    X(openapi, "/openapi.json", "api/openapi.yaml", "application/json")                            \
    ASSETS_OF_PAGE(X)                                                                              \
    ASSETS_OF_DIGIT(X, 0)                                                                          \
    ASSETS_OF_DIGIT(X, 1)                                                                          \
    ASSETS_OF_DIGIT(X, 2)                                                                          \
    ASSETS_OF_DIGIT(X, 3)                                                                          \
    ASSETS_OF_DIGIT(X, 4)                                                                          \
    ASSETS_OF_DIGIT(X, 5)                                                                          \
    ASSETS_OF_DIGIT(X, 6)                                                                          \
    ASSETS_OF_DIGIT(X, 7)                                                                          \
    ASSETS_OF_DIGIT(X, 8)                                                                          \
    ASSETS_OF_DIGIT(X, 9)

/* Swagger UI, by which the documentation is shown; a build may be without it. */
#ifdef SPIKELOOM_DOCS_LIBRARY
#define ASSETS_OF_LIBRARY(X)                                                                       \
    X(library, "swagger-ui-bundle.js", "swagger-ui-bundle.js", "text/javascript; charset=utf-8")   \
    X(library_style, "swagger-ui.css", "swagger-ui.css", "text/css; charset=utf-8")                \
    X(library_licence, "swagger-ui-licence.txt", "swagger-ui-licence.txt",                         \
      "text/plain; charset=utf-8")
#else
#define ASSETS_OF_LIBRARY(X)
#endif

/* C17 has no way to include a file's bytes, but every assembler that gcc and clang use has. */
#define ASSETS_EMBED(symbol, path)                                                                 \
    __asm__(".section .rodata\n"                                                                   \
            ".global spikeloom_asset_" #symbol "_begin\n"                                          \
            ".global spikeloom_asset_" #symbol "_end\n"                                            \
            ".balign 16\nspikeloom_asset_" #symbol "_begin:\n"                                     \
            ".incbin \"" path "\"\n"                                                               \
            "spikeloom_asset_" #symbol "_end:\n.byte 0\n.previous\n");                             \
    extern const char spikeloom_asset_##symbol##_begin[], spikeloom_asset_##symbol##_end[];

#define ASSETS_INCLUDE(symbol, name, file, type) ASSETS_EMBED(symbol, SPIKELOOM_SOURCE_DIR "/" file)

#define ASSETS_INCLUDE_LIBRARY(symbol, name, file, type)                                           \
    ASSETS_EMBED(symbol, SPIKELOOM_DOCS_LIBRARY "/" file)

ASSETS(ASSETS_INCLUDE)
ASSETS_OF_LIBRARY(ASSETS_INCLUDE_LIBRARY)

#define ASSETS_ROW(symbol, name, file, type)                                                       \
    {name, type, spikeloom_asset_##symbol##_begin, spikeloom_asset_##symbol##_end, ""},

static struct asset assets_table[] = {ASSETS(ASSETS_ROW) ASSETS_OF_LIBRARY(ASSETS_ROW)};
static pthread_once_t assets_tagged = PTHREAD_ONCE_INIT;

size_t assets_size(const struct asset *asset)
{
    return (size_t)(asset->end - asset->begin);
}

static void assets_tag(void)
{
    for (size_t i = 0; i < sizeof assets_table / sizeof *assets_table; i++)
        negotiate_etag(assets_table[i].begin, assets_size(&assets_table[i]), assets_table[i].etag);
}

const struct asset *assets_find(const char *name)
{
    pthread_once(&assets_tagged, assets_tag);
    for (size_t i = 0; i < sizeof assets_table / sizeof *assets_table; i++)
        if (strcmp(assets_table[i].name, name) == 0)
            return &assets_table[i];
    return NULL;
}
