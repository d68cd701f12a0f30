#include "server/assets.h"

/* C17 has no way to include a file's bytes, but every assembler that gcc and clang use has. */
#define ASSET(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".global " #name "_begin\n.global " #name "_end\n"                                     \
            ".balign 16\n" #name "_begin:\n"                                                       \
            ".incbin \"" SPIKELOOM_SOURCE_DIR "/" file "\"\n" #name "_end:\n"                      \
            ".byte 0\n.previous\n");                                                               \
    extern const char name##_begin[], name##_end[]

ASSET(spikeloom_asset_page, "server/page/index.html");
ASSET(spikeloom_asset_openapi, "api/openapi.yaml");

static struct asset assets_between(const char *begin, const char *end)
{
    return (struct asset){.bytes = begin, .size = (size_t)(end - begin)};
}

struct asset assets_page(void)
{
    return assets_between(spikeloom_asset_page_begin, spikeloom_asset_page_end);
}

struct asset assets_openapi(void)
{
    return assets_between(spikeloom_asset_openapi_begin, spikeloom_asset_openapi_end);
}
