/*
 * The daemon asked from outside: what --healthcheck does in a container that has no curl.
 */
#ifndef SPIKELOOM_SERVER_HEALTHCHECK_H
#define SPIKELOOM_SERVER_HEALTHCHECK_H

#include "core/base/status.h"

/*
 * GET /v2/health/ready on host and port; an address that means every interface is asked on
 * loopback. NOT_READY when the answer is not 200, IO when there is none within five seconds.
 */
enum status healthcheck_run(const char *host, int port, struct error *error);

#endif
