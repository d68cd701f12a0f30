/*
 * Documents that the program carries inside: the contract, the web page with its parts, the
 * recordings and pictures that the page offers to begin with, and the library of the documentation
 * where the build has it.
 */
#ifndef SPIKELOOM_SERVER_ASSETS_H
#define SPIKELOOM_SERVER_ASSETS_H

#include "api/negotiate.h"

#include <stddef.h>

/* All of it static. */
struct asset {
    const char *name; /* as in /page/NAME; "/" and what begins with it is a path of its own */
    const char *type; /* media type */
    const char *begin, *end;
    char etag[NEGOTIATE_ETAG_SIZE]; /* made once: some are long, and anyone may ask for them */
};

size_t assets_size(const struct asset *asset);

/* The asset by this name; NULL when there is none. */
const struct asset *assets_find(const char *name);

#endif
