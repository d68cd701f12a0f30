/*
 * Documents that the program carries inside: the contract, the web page with its parts, and the
 * recordings and pictures that the page offers to begin with.
 */
#ifndef SPIKELOOM_SERVER_ASSETS_H
#define SPIKELOOM_SERVER_ASSETS_H

#include <stddef.h>

/* All of it static. */
struct asset {
    const char *name; /* as in /page/NAME; "/" and what begins with it is a path of its own */
    const char *type; /* media type */
    const char *begin, *end;
};

size_t assets_size(const struct asset *asset);

/* The asset by this name; NULL when there is none. */
const struct asset *assets_find(const char *name);

#endif
