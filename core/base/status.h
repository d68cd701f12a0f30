/*
 * Every outcome that a function of this project can report, in one list: its name, the HTTP
 * status a client sees for it, and a sentence for people. `struct error` adds the particulars.
 * Skip this file unless you add an outcome.
 *
 * Convention: a function that can fail returns `enum status` and takes a `struct error *` last.
 * It fills the error exactly when it returns something other than STATUS_OK. `error` may be NULL.
 */
#ifndef SPIKELOOM_CORE_BASE_STATUS_H
#define SPIKELOOM_CORE_BASE_STATUS_H

#define STATUS_LIST(X)                                                                             \
    X(OK, 200, "Success.")                                                                         \
    X(EMPTY, 400, "The body is empty.")                                                            \
    X(MALFORMED, 400, "The data is damaged or not what it claims to be.")                          \
    X(INVALID_ARGUMENT, 400, "A parameter is unknown or out of its range.")                        \
    X(BAD_CHECKPOINT, 400, "The checkpoint is damaged or does not fit this program.")              \
    X(UNAUTHENTICATED, 401, "An API key is needed.")                                               \
    X(FORBIDDEN, 403, "The API key does not allow this.")                                          \
    X(NOT_FOUND, 404, "There is nothing by that name.")                                            \
    X(METHOD_NOT_ALLOWED, 405, "This resource does not take that method.")                         \
    X(NOT_ACCEPTABLE, 406, "None of the accepted media types can be produced.")                    \
    X(PRECONDITION_FAILED, 412, "The representation is one that the client already has.")          \
    X(TOO_LARGE, 413, "The body is larger than the server takes.")                                 \
    X(UNSUPPORTED_MEDIA, 415, "This kind of file is not understood.")                              \
    X(UNUSABLE, 422, "The file is valid but cannot be used.")                                      \
    X(RATE_LIMITED, 429, "This API key has asked too often; try again later.")                     \
    X(CLIENT_GONE, 499, "The client closed the connection.")                                       \
    X(INTERNAL, 500, "Something failed inside.")                                                   \
    X(IO, 500, "Reading or writing a file failed.")                                                \
    X(NO_MEMORY, 503, "Out of memory; try again later.")                                           \
    X(NOT_READY, 503, "Not ready to serve.")                                                       \
    X(OVERLOADED, 503, "Too many requests wait already; try again later.")                         \
    X(DEADLINE, 504, "The deadline passed before the answer was ready.")

enum status {
#define STATUS_ENUM(name, http, sentence) STATUS_##name,
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
        STATUS_COUNT
};

enum { ERROR_DETAIL_SIZE = 320 };

struct error {
    enum status status;
    char detail[ERROR_DETAIL_SIZE]; /* one sentence, NUL-terminated, cut if longer */
};

/* "MALFORMED", 400, "The data is damaged ..."; an unknown value reads as INTERNAL. */
const char *status_name(enum status status);
int status_http_code(enum status status);
const char *status_sentence(enum status status);

/*
 * Records `status` with a printf-style sentence and returns it, so that a failing path reads
 * `return error_set(error, STATUS_MALFORMED, "...")`. Does nothing but return where error is NULL.
 */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a printf-style prefix ("FILE: ") before the detail already recorded; returns its status. */
enum status error_prefix(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets no particulars: the status's own sentence becomes the detail. */
enum status error_plain(struct error *error, enum status status);

#endif
