/*
 * The certificate that the daemon shows, and its private key: PEM files, read at the start and
 * again when told to. A process has one of them, because libmicrohttpd asks for it without saying
 * for whom. Safe to call from any thread.
 */
#ifndef SPIKELOOM_SERVER_TLS_H
#define SPIKELOOM_SERVER_TLS_H

#include "core/base/status.h"

#include <stdbool.h>
#include <time.h>

/* TLS 1.2 and 1.3, in GnuTLS' words. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* A gnutls_certificate_retrieve_function3, whose type stays in tls.c; NULL in settings: no TLS. */
typedef void (*tls_provider)(void);

/*
 * Reads a certificate, with its chain, and its key; connections from now on get them. On failure
 * what was read before stays: NOT_FOUND, IO (also for a key that is open to others; see
 * file_read_secret), INVALID_ARGUMENT for what is no certificate or no key, or for two that do not
 * belong together.
 */
enum status tls_read(const char *certificate_path, const char *key_path, struct error *error);

/* From when until when clients trust a certificate. */
struct tls_period {
    time_t from, until;
};

/* Of the certificate that has been read; false when there is none. */
bool tls_get_period(struct tls_period *period);

/* What gives each new connection the certificate. */
tls_provider tls_get_provider(void);

/* Forgets the certificate. No connection may be open. */
void tls_forget(void);

#endif
