#include "server/caution.h"

#include "server/listener.h"
#include "server/tls.h"

#include <stdio.h>

static void caution_keys(const struct config *config, caution_tell tell)
{
    char sentence[ERROR_DETAIL_SIZE];
    bool has_keys = config->api_key_file || config->admin_key_file;
    if (!has_keys || config->tls_cert || listener_is_loopback(config->host))
        return;
    snprintf(sentence, sizeof sentence,
             "API keys travel in clear text to %s: without --tls-cert and --tls-key, only a proxy "
             "that ends TLS should be able to reach it.",
             config->host);
    tell("keys", sentence);
}

static void caution_date(const char *predicate, time_t when, caution_tell tell)
{
    char date[32], sentence[ERROR_DETAIL_SIZE];
    struct tm utc;
    gmtime_r(&when, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(sentence, sizeof sentence, "The certificate %s %s: clients refuse it.", predicate,
             date);
    tell("certificate", sentence);
}

void caution_certificate(caution_tell tell)
{
    struct tls_period period;
    time_t now = time(NULL);
    if (!tls_get_period(&period))
        return;
    if (now > period.until)
        caution_date("has expired on", period.until, tell);
    else if (now < period.from)
        caution_date("is not valid before", period.from, tell);
}

void caution_all(const struct config *config, caution_tell tell)
{
    caution_keys(config, tell);
    if (config->tls_cert)
        caution_certificate(tell);
}
