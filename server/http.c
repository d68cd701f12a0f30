#include "server/http.h"

#include "core/base/mem.h"
#include "server/acceptor.h"
#include "server/clock.h"
#include "server/connections.h"
#include "server/http_head.h"
#include "server/http_transaction.h"
#include "server/lingering.h"
#include "server/listener.h"
#include "server/thread_policy.h"

#include <limits.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    HTTP_REPLY_MEMORY = 8 * 1024, /* of a connection, besides what the request's head may take */
    HTTP_FORM_MEMORY = 8 * 1024,
    HTTP_ARRIVAL_US = 1000000,      /* what takes longer to arrive has failed */
    HTTP_CATCH_UP_US = 200,         /* until it is looked again whether threads have caught up */
    HTTP_SPARE_CONNECTIONS = 16,    /* newcomers that others are about to make room for */
    HTTP_FIRST_BODY = 32 * 1024 - 1 /* reserved at once, if so much is announced */
};

struct http_server {
    struct http_hooks hooks;
    struct http_settings settings;
    struct MHD_Daemon *daemon;
    int listen_fd;
    int port;
    _Atomic int num_exchanges;
    _Atomic size_t total_body;
    _Atomic bool closing, ending;
    struct connections connections;
    struct acceptor *acceptor;
    _Atomic int arriving;        /* connections that are handed over and not yet in `connections` */
    _Atomic uint64_t arrived_us; /* when the last of them was handed over */
    struct lingering *lingering;
    struct http_transactions transactions;
};

static struct connection *http_connection(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static int http_fd(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

char *http_header_value(struct http_exchange *exchange, const char *name)
{
    return http_head_value(http_transaction(exchange)->connection, name, &exchange->failure);
}

/* --- the end of an exchange ---------------------------------------------------------------- */

static enum MHD_Result http_queue(struct http_transaction *transaction)
{
    struct http_reply *reply = &transaction->exchange.reply;
    if (reply->abort)
        return MHD_NO;
    struct MHD_Response *response =
        reply->body_owned && reply->body
            ? MHD_create_response_from_buffer_with_free_callback(reply->body_size, reply->body,
                                                                 mem_free)
            : MHD_create_response_from_buffer(reply->body_size, reply->body,
                                              MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    reply->body_owned = false;
    if (reply->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    for (int i = 0; i < reply->num_headers; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (reply->close || atomic_load(&transaction->server->closing))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result =
        MHD_queue_response(transaction->connection, (unsigned)reply->code, response);
    MHD_destroy_response(response);
    return result;
}

/* Counts the reply to the bodies that are held; one that is too much is replaced. */
static void http_charge_reply(struct http_transaction *transaction)
{
    struct http_server *server = transaction->server;
    struct http_exchange *exchange = &transaction->exchange;
    size_t size = exchange->reply.body_owned ? exchange->reply.body_size : 0;
    transaction->charged += size;
    if (atomic_fetch_add(&server->total_body, size) + size <= server->settings.max_total_body)
        return;
    error_set(&exchange->failure, STATUS_OVERLOADED,
              "The answers being sent fill the server's memory; try again later.");
    server->hooks.fail(server->hooks.context, exchange);
}

/* Whatever has happened, there is a reply afterwards. */
static enum MHD_Result http_answer(struct http_transaction *transaction)
{
    struct http_exchange *exchange = &transaction->exchange;
    transaction->stage = HTTP_HANDLED;
    if (exchange->reply.code == 0) {
        if (exchange->failure.status == STATUS_OK)
            error_plain(&exchange->failure, STATUS_INTERNAL);
        transaction->server->hooks.fail(transaction->server->hooks.context, exchange);
    } else if (!exchange->reply.abort) {
        http_charge_reply(transaction);
    }
    return http_queue(transaction);
}

/* The connection ends before the request has been read whole. */
static void http_mark_sending(struct MHD_Connection *connection)
{
    struct connection *entry = http_connection(connection);
    if (entry)
        entry->sending = true;
}

static enum MHD_Result http_answer_early(struct http_transaction *transaction)
{
    http_mark_sending(transaction->connection);
    return http_answer(transaction);
}

static void http_completed(void *context, struct MHD_Connection *connection, void **con_cls,
                           enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct http_transaction *transaction = *con_cls;
    connections_leave(http_connection(connection), false);
    if (!transaction)
        return;
    *con_cls = NULL;
    if (transaction->stage != HTTP_HEADERS)
        server->hooks.done(server->hooks.context, &transaction->exchange,
                           code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    else if (code == MHD_REQUEST_TERMINATED_WITH_ERROR) /* libmicrohttpd has refused the head */
        http_mark_sending(connection);
    if (transaction->form)
        MHD_destroy_post_processor(transaction->form);
    atomic_fetch_sub(&server->total_body, transaction->charged);
    atomic_fetch_sub(&server->num_exchanges, 1);
    http_transactions_give(&server->transactions, transaction);
}

/* --- the body ------------------------------------------------------------------------------ */

static void http_refuse_body(struct http_transaction *transaction, enum status status,
                             const char *sentence)
{
    buf_free(&transaction->exchange.request.body);
    if (transaction->exchange.failure.status == STATUS_OK)
        error_set(&transaction->exchange.failure, status, "%s", sentence);
}

static void http_too_large(struct http_transaction *transaction)
{
    buf_free(&transaction->exchange.request.body);
    error_set(&transaction->exchange.failure, STATUS_TOO_LARGE,
              "The body is larger than the %zu bytes that are taken here.",
              transaction->exchange.request.max_body);
}

static void http_keep(struct http_transaction *transaction, const void *bytes, size_t size)
{
    struct http_server *server = transaction->server;
    if (transaction->exchange.failure.status != STATUS_OK)
        return;
    transaction->charged += size;
    if (atomic_fetch_add(&server->total_body, size) + size > server->settings.max_total_body) {
        http_refuse_body(transaction, STATUS_OVERLOADED,
                         "The bodies being received fill the server's memory; try again later.");
        return;
    }
    struct buf *body = &transaction->exchange.request.body;
    if (!body->bytes && transaction->announced > size) /* else it would grow step by step */
        buf_reserve(body, transaction->announced < HTTP_FIRST_BODY ? (size_t)transaction->announced
                                                                   : HTTP_FIRST_BODY);
    enum status status = buf_append(body, bytes, size);
    if (status == STATUS_TOO_LARGE)
        http_too_large(transaction);
    else if (status != STATUS_OK)
        http_refuse_body(transaction, status, status_sentence(status));
}

static enum MHD_Result http_form_part(void *context, enum MHD_ValueKind kind, const char *key,
                                      const char *filename, const char *content_type,
                                      const char *transfer_encoding, const char *bytes,
                                      uint64_t offset, size_t size)
{
    (void)kind, (void)filename, (void)content_type, (void)transfer_encoding;
    struct http_transaction *transaction = context;
    if (!key) /* the part has no name */
        http_refuse_body(transaction, STATUS_MALFORMED, "A part of the form has no name.");
    else if (strcmp(key, "file") != 0)
        http_refuse_body(transaction, STATUS_INVALID_ARGUMENT,
                         "The form may have one field, 'file'; parameters belong in the query.");
    else if (offset == 0 && transaction->num_files++)
        http_refuse_body(transaction, STATUS_INVALID_ARGUMENT, "The form has two files.");
    else
        http_keep(transaction, bytes, size);
    return MHD_YES;
}

static void http_open_form(struct http_transaction *transaction)
{
    const char *type = MHD_lookup_connection_value(transaction->connection, MHD_HEADER_KIND,
                                                   MHD_HTTP_HEADER_CONTENT_TYPE);
    if (!type || strncasecmp(type, "multipart/form-data", strlen("multipart/form-data")) != 0)
        return;
    transaction->form = MHD_create_post_processor(transaction->connection, HTTP_FORM_MEMORY,
                                                  http_form_part, transaction);
    if (!transaction->form)
        http_refuse_body(transaction, STATUS_MALFORMED, "The form's Content-Type cannot be read.");
}

static void http_close_form(struct http_transaction *transaction)
{
    if (!transaction->form)
        return;
    enum MHD_Result result = MHD_destroy_post_processor(transaction->form);
    transaction->form = NULL;
    if (result != MHD_YES)
        http_refuse_body(transaction, STATUS_MALFORMED, "The form ends before its last part.");
    else if (transaction->num_files == 0)
        http_refuse_body(transaction, STATUS_EMPTY, "The form has no field 'file' with a file.");
}

/* A piece of the body; MHD_NO closes the connection. */
static enum MHD_Result http_receive(struct http_transaction *transaction, const char *bytes,
                                    size_t size)
{
    struct http_exchange *exchange = &transaction->exchange;
    transaction->wire_bytes += size;
    if (transaction->wire_bytes > 2 * (uint64_t)exchange->request.max_body)
        return MHD_NO;
    if (exchange->reply.code != 0) /* refused already: nothing is kept */
        return MHD_YES;
    if (transaction->wire_bytes > exchange->request.max_body)
        http_too_large(transaction);
    else if (!transaction->form)
        http_keep(transaction, bytes, size);
    else if (MHD_post_process(transaction->form, bytes, size) != MHD_YES)
        http_refuse_body(transaction, STATUS_MALFORMED, "The form cannot be read.");
    return MHD_YES;
}

/* --- the beginning of an exchange ---------------------------------------------------------- */

/* Called with the request line; what it returns comes back as *con_cls. */
static void *http_target(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = context;
    struct http_transaction *transaction = http_transactions_take(&server->transactions);
    if (!transaction)
        return NULL;
    atomic_fetch_add(&server->num_exchanges, 1);
    connections_begin(http_connection(connection));
    transaction->server = server;
    transaction->connection = connection;
    transaction->exchange.request.started_us = clock_now_us();
    size_t length = strnlen(uri, HTTP_MAX_TARGET + 1);
    if (length > HTTP_MAX_TARGET)
        error_set(&transaction->exchange.failure, STATUS_INVALID_ARGUMENT,
                  "The request's target is longer than %d characters.", HTTP_MAX_TARGET);
    else
        memcpy(transaction->target, uri, length + 1);
    framing_split_target(transaction->target, &transaction->exchange.request.path,
                         &transaction->exchange.request.query);
    return transaction;
}

/*
 * The headers are in. A refusal is sent at once when the client waits for leave to send the body,
 * or when that is too large to be worth reading; otherwise after the body, which is thrown away:
 * closing a connection with unread bytes would destroy the answer on its way.
 */
static enum MHD_Result http_first_call(struct http_transaction *transaction, const char *method,
                                       const char *version)
{
    struct http_server *server = transaction->server;
    struct http_exchange *exchange = &transaction->exchange;
    struct framing framing = {0};
    exchange->request.method = method;
    transaction->stage = HTTP_BODY;
    if (exchange->failure.status != STATUS_OK ||
        http_head_check(transaction->connection, version, &framing, &exchange->failure) !=
            STATUS_OK) {
        exchange->reply.close = true;
        server->hooks.begin(server->hooks.context, exchange);
        return http_answer_early(transaction);
    }
    server->hooks.begin(server->hooks.context, exchange);
    if (framing.length > exchange->request.max_body && exchange->reply.code == 0) {
        http_too_large(transaction);
        exchange->reply.close = true;
        return http_answer_early(transaction);
    }
    bool unread = framing.length > exchange->request.max_body ||
                  http_head_expects_continue(transaction->connection);
    if (exchange->reply.code != 0 && unread)
        return http_answer_early(transaction);
    exchange->request.body.cap = exchange->request.max_body;
    transaction->announced = framing.length;
    if (framing.has_body && exchange->reply.code == 0)
        http_open_form(transaction);
    return MHD_YES;
}

static enum MHD_Result http_whole(struct http_transaction *transaction)
{
    struct http_server *server = transaction->server;
    struct http_exchange *exchange = &transaction->exchange;
    exchange->request.received_us = clock_now_us();
    http_close_form(transaction);
    transaction->stage = HTTP_HANDLED;
    if (exchange->reply.code != 0 || exchange->failure.status != STATUS_OK)
        return http_answer(transaction);
    if (!server->hooks.handle(server->hooks.context, exchange))
        return MHD_YES; /* another thread owns the exchange now: not even a look at it */
    return http_answer(transaction);
}

static enum MHD_Result http_access(void *context, struct MHD_Connection *connection,
                                   const char *url, const char *method, const char *version,
                                   const char *bytes, size_t *size, void **con_cls)
{
    (void)context, (void)connection, (void)url;
    struct http_transaction *transaction = *con_cls;
    if (!transaction)
        return MHD_NO;
    if (transaction->stage == HTTP_HEADERS)
        return http_first_call(transaction, method, version);
    if (transaction->stage == HTTP_BODY && *size > 0) {
        size_t taken = *size;
        *size = 0;
        return http_receive(transaction, bytes, taken);
    }
    return transaction->stage == HTTP_BODY ? http_whole(transaction) : http_answer(transaction);
}

/* One connection fewer to wait for, unless it has been given up. */
static void http_arrived(struct http_server *server)
{
    int arriving = atomic_load(&server->arriving);
    while (arriving > 0 &&
           !atomic_compare_exchange_weak(&server->arriving, &arriving, arriving - 1))
        ;
}

static void http_connected(void *context, struct MHD_Connection *connection, void **socket_context,
                           enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = connections_add(&server->connections, http_fd(connection));
        http_arrived(server);
        return;
    }
    struct connection *ended = *socket_context; /* its socket is closed after this call */
    if (ended && ended->sending)
        lingering_take(server->lingering, ended->fd);
    connections_remove(&server->connections, ended);
    *socket_context = NULL;
}

/* --- other threads ------------------------------------------------------------------------- */

void http_suspend(struct http_exchange *exchange)
{
    struct http_transaction *transaction = http_transaction(exchange);
    connections_leave(http_connection(transaction->connection), true);
    MHD_suspend_connection(transaction->connection);
}

void http_resume(struct http_exchange *exchange)
{
    struct http_transaction *transaction = http_transaction(exchange);
    connections_mark(http_connection(transaction->connection), false);
    MHD_resume_connection(transaction->connection);
}

bool http_client_gone(const struct http_exchange *exchange)
{
    return connections_hung_up(http_fd(((const struct http_transaction *)exchange)->connection));
}

bool http_has_waited(const struct http_exchange *exchange)
{
    return connections_waited(
        http_connection(((const struct http_transaction *)exchange)->connection));
}

bool http_is_alone(const struct http_exchange *exchange)
{
    return connections_alone(
        http_connection(((const struct http_transaction *)exchange)->connection));
}

int http_threads_at_work(const struct http_exchange *exchange)
{
    const struct http_transaction *transaction = (const struct http_transaction *)exchange;
    return connections_threads_at_work(&transaction->server->connections,
                                       http_connection(transaction->connection));
}

/* --- the server ---------------------------------------------------------------------------- */

/*
 * While the event loop's threads have many connections still to begin with or to close, whoever
 * comes waits in the listening socket's queue, as if they accepted for themselves.
 */
static void http_let_catch_up(struct http_server *server)
{
    for (int waited = 0; waited < HTTP_ARRIVAL_US; waited += HTTP_CATCH_UP_US) {
        int ending = connections_count(&server->connections).ending;
        if (atomic_load(&server->ending) ||
            atomic_load(&server->arriving) + ending < HTTP_SPARE_CONNECTIONS)
            return;
        usleep(HTTP_CATCH_UP_US);
    }
    if (atomic_load(&server->arriving) >= HTTP_SPARE_CONNECTIONS)
        atomic_store(&server->arriving, 0); /* for want of memory they never will */
}

/* The number of the socket says which thread gets it, so that they get them in turn. */
static void http_hand_over(void *context, int fd, const struct sockaddr *address,
                           socklen_t address_size)
{
    struct http_server *server = context;
    http_let_catch_up(server);
    atomic_store(&server->arrived_us, clock_now_us());
    atomic_fetch_add(&server->arriving, 1);
    if (MHD_add_connection(server->daemon, fd, address, address_size) != MHD_YES)
        http_arrived(server); /* too many from there: it is closed */
}

static bool http_has_arrivals(const struct http_server *server)
{
    uint64_t last = atomic_load(&server->arrived_us);
    return atomic_load(&server->arriving) > 0 && clock_now_us() < last + HTTP_ARRIVAL_US;
}

static enum status http_start(struct http_server *server, struct error *error)
{
    const struct http_settings *settings = &server->settings;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)settings->tls},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    if (settings->tls)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    int policy = thread_policy_be_patient();
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, http_access, server, /* the socket and the limits are ours */
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)settings->num_threads, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)INT_MAX, /* in 0.9.75 one that is handed over past it leaves a mutex locked */
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)settings->max_connections_per_ip,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->max_header_bytes + HTTP_REPLY_MEMORY,
        MHD_OPTION_URI_LOG_CALLBACK, http_target, server, MHD_OPTION_NOTIFY_CONNECTION,
        http_connected, server, MHD_OPTION_NOTIFY_COMPLETED, http_completed, server,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    thread_policy_restore(policy);
    if (!server->daemon)
        return error_set(error, STATUS_INTERNAL, "The HTTP threads cannot be started.");
    return STATUS_OK;
}

enum status http_open(const struct http_settings *settings, const struct http_hooks *hooks,
                      struct http_server **out, struct error *error)
{
    *out = NULL;
    struct http_server *server = mem_alloc(1, sizeof *server);
    if (!server)
        return error_plain(error, STATUS_NO_MEMORY);
    server->hooks = *hooks;
    server->settings = *settings;
    server->listen_fd = -1;
    connections_init(&server->connections, settings->max_connections);
    http_transactions_init(&server->transactions);
    enum status status = listener_open(settings->host, settings->port, &server->listen_fd, error);
    if (status == STATUS_OK) {
        server->port = listener_port(server->listen_fd);
        listener_limit_unread(server->listen_fd, settings->idle_seconds);
        status = lingering_open(&server->lingering, error);
    }
    if (status == STATUS_OK)
        status = http_start(server, error);
    if (status == STATUS_OK)
        status = acceptor_open(server->listen_fd, http_hand_over, server, &server->acceptor, error);
    if (status == STATUS_OK)
        *out = server;
    else
        http_close(server);
    return status;
}

int http_port(const struct http_server *server)
{
    return server->port;
}

void http_sweep(struct http_server *server)
{
    connections_sweep(&server->connections, server->settings.transfer_seconds);
}

void http_close_after_replies(struct http_server *server)
{
    atomic_store(&server->closing, true);
}

void http_stop_listening(struct http_server *server)
{
    listener_stop(server->listen_fd);
}

bool http_is_idle(struct http_server *server)
{
    /* in the order in which a connection goes through them */
    return listener_backlog(server->listen_fd) == 0 && !acceptor_is_busy(server->acceptor) &&
           !http_has_arrivals(server) && !connections_unread(&server->connections) &&
           atomic_load(&server->num_exchanges) == 0 && lingering_count(server->lingering) == 0;
}

struct connections_counts http_connections(struct http_server *server)
{
    return connections_count(&server->connections);
}

int http_num_exchanges(struct http_server *server)
{
    return atomic_load(&server->num_exchanges);
}

void http_close(struct http_server *server)
{
    if (!server)
        return;
    atomic_store(&server->ending, true);
    acceptor_close(server->acceptor);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    lingering_close(server->lingering);
    http_transactions_destroy(&server->transactions);
    connections_destroy(&server->connections);
    mem_free(server);
}
