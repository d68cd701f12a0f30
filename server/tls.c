#include "server/tls.h"

#include "core/base/buf.h"
#include "core/base/file.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <string.h>

enum { TLS_MAX_FILE = 256 * 1024, TLS_MAX_CHAIN = 16 };

/* Both as PEM: each connection parses its own copy, so that nobody has to know who still uses one.
 */
struct tls_pair {
    struct buf certificate, key;
};

static pthread_mutex_t tls_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct tls_pair tls_current;

static void tls_pair_free(struct tls_pair *pair)
{
    if (pair->key.size)
        explicit_bzero(pair->key.bytes, pair->key.size);
    buf_free(&pair->certificate);
    buf_free(&pair->key);
}

static gnutls_datum_t tls_datum(const struct buf *bytes)
{
    return (gnutls_datum_t){.data = bytes->bytes, .size = (unsigned)bytes->size};
}

/* GnuTLS compares the two when they are set together. */
static enum status tls_check(const struct tls_pair *pair, const char *certificate_path,
                             const char *key_path, struct error *error)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t certificate = tls_datum(&pair->certificate), key = tls_datum(&pair->key);
    if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS)
        return error_plain(error, STATUS_NO_MEMORY);
    int fault = gnutls_certificate_set_x509_key_mem2(credentials, &certificate, &key,
                                                     GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_certificate_free_credentials(credentials);
    if (fault < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s and %s are no certificate with its key: %s", certificate_path,
                         key_path, gnutls_strerror(fault));
    return STATUS_OK;
}

enum status tls_read(const char *certificate_path, const char *key_path, struct error *error)
{
    struct tls_pair pair;
    buf_init(&pair.certificate, TLS_MAX_FILE);
    buf_init(&pair.key, TLS_MAX_FILE);
    enum status status = file_read(certificate_path, &pair.certificate, error);
    if (status == STATUS_OK)
        status = file_read_secret(key_path, &pair.key, error);
    if (status == STATUS_OK)
        status = tls_check(&pair, certificate_path, key_path, error);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&tls_mutex);
        struct tls_pair old = tls_current;
        tls_current = pair;
        pthread_mutex_unlock(&tls_mutex);
        pair = old;
    }
    tls_pair_free(&pair);
    return status;
}

bool tls_get_period(struct tls_period *period)
{
    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS)
        return false;
    pthread_mutex_lock(&tls_mutex);
    gnutls_datum_t pem = tls_datum(&tls_current.certificate); /* the first of the chain is ours */
    int fault = pem.size ? gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) : -1;
    pthread_mutex_unlock(&tls_mutex);
    if (fault >= 0) {
        period->from = gnutls_x509_crt_get_activation_time(certificate);
        period->until = gnutls_x509_crt_get_expiration_time(certificate);
    }
    gnutls_x509_crt_deinit(certificate);
    return fault >= 0;
}

static int tls_import_chain(gnutls_pcert_st **chain, unsigned *length)
{
    gnutls_datum_t pem = tls_datum(&tls_current.certificate);
    *length = TLS_MAX_CHAIN;
    *chain = gnutls_malloc(TLS_MAX_CHAIN * sizeof **chain); /* GnuTLS releases it */
    if (!*chain)
        return GNUTLS_E_MEMORY_ERROR;
    int fault = gnutls_pcert_list_import_x509_raw(*chain, length, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (fault < 0)
        gnutls_free(*chain);
    return fault;
}

static int tls_import_key(gnutls_privkey_t *key)
{
    gnutls_datum_t pem = tls_datum(&tls_current.key);
    int fault = gnutls_privkey_init(key);
    if (fault < 0)
        return fault;
    fault = gnutls_privkey_import_x509_raw(*key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (fault < 0)
        gnutls_privkey_deinit(*key);
    return fault;
}

static int tls_provide(gnutls_session_t session, const struct gnutls_cert_retr_st *wanted,
                       gnutls_pcert_st **chain, unsigned *length, gnutls_ocsp_data_st **ocsp,
                       unsigned *ocsp_length, gnutls_privkey_t *key, unsigned *flags)
{
    (void)session, (void)wanted;
    *ocsp = NULL;
    *ocsp_length = 0;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    pthread_mutex_lock(&tls_mutex);
    int fault = tls_import_key(key);
    if (fault >= 0) {
        fault = tls_import_chain(chain, length);
        if (fault < 0)
            gnutls_privkey_deinit(*key);
    }
    pthread_mutex_unlock(&tls_mutex);
    return fault < 0 ? -1 : 0;
}

tls_provider tls_get_provider(void)
{
    return (tls_provider)tls_provide;
}

void tls_forget(void)
{
    pthread_mutex_lock(&tls_mutex);
    tls_pair_free(&tls_current);
    pthread_mutex_unlock(&tls_mutex);
}
