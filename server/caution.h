/*
 * What is allowed but seldom meant: API keys in clear text on a network, a certificate that no
 * client will trust. Told at the start, at SIGHUP and by --check-config; nothing is refused.
 */
#ifndef SPIKELOOM_SERVER_CAUTION_H
#define SPIKELOOM_SERVER_CAUTION_H

#include "server/config.h"

/* Takes a sentence, and the event of the log that it belongs to. */
typedef void (*caution_tell)(const char *event, const char *sentence);

/* All that there is to say. The certificate is the one that tls_read has read. */
void caution_all(const struct config *config, caution_tell tell);

/* What there is to say of the certificate at this moment. */
void caution_certificate(caution_tell tell);

#endif
