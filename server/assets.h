/*
 * Documents that the program carries inside: the web page and the contract.
 */
#ifndef SPIKELOOM_SERVER_ASSETS_H
#define SPIKELOOM_SERVER_ASSETS_H

#include <stddef.h>

struct asset {
    const char *bytes; /* static */
    size_t size;
};

struct asset assets_page(void);    /* server/page/index.html */
struct asset assets_openapi(void); /* api/openapi.yaml, which is written as JSON */

#endif
