/* Status codes, error messages and the markers of the public interface. */
#ifndef EL4ML_STATUS_H
#define EL4ML_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#ifdef __cplusplus
#define EL4ML_BEGIN extern "C" {
#define EL4ML_END }
#else
#define EL4ML_BEGIN
#define EL4ML_END
#endif
#define EL4ML_API __attribute__((visibility("default")))

EL4ML_BEGIN

/* name, text. Numbered from 0; the order is part of the binary interface. */
#define EL4ML_STATUS_LIST(X)                                                                                 \
    X(OK, "success")                                                                                         \
    X(OUT_OF_MEMORY, "out of memory")                                                                        \
    X(INVALID_ARGUMENT, "invalid argument")                                                                  \
    X(BAD_INPUT, "bad input")           /* a file or a value the user gave; exit status 2 */                 \
    X(IO, "input or output failed")     /* a full disk, say; exit status 1 */                                \
    X(NUMERICAL, "not a finite number") /* a surface returned NaN or infinity */                             \
    X(NOT_CONVERGED, "not converged")                                                                        \
    X(NOT_SUPPORTED, "not supported")                                                                        \
    X(INTERRUPTED, "interrupted")                                                                            \
    X(BUSY, "in use by another program")                                                                     \
    X(FAILED, "verification failed")                                                                         \
    X(UNBOUNDED, "no minimum: the value falls without end")

typedef enum el4ml_status {
#define X(name, text) EL4ML_##name,
    EL4ML_STATUS_LIST(X)
#undef X
        EL4ML_STATUS_COUNT
} el4ml_status;

#define EL4ML_MESSAGE_SIZE 1024

/* Where a function leaves what went wrong: one line, no newline at its end. The caller owns it; functions
 * that take one accept NULL. Only written on failure. */
typedef struct el4ml_error {
    el4ml_status status;
    char message[EL4ML_MESSAGE_SIZE];
} el4ml_error;

EL4ML_API const char *el4ml_error_message(const el4ml_error *error);
EL4ML_API const char *el4ml_status_text(el4ml_status status);
EL4ML_API const char *el4ml_version(void);

/* Seconds of the monotonic clock. */
EL4ML_API double el4ml_clock(void);

/* Fill `error` (may be NULL) printf-style and return `status`, so that a failing function ends in one line.
 */
EL4ML_API el4ml_status el4ml_fail(el4ml_error *error, el4ml_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

EL4ML_END
#endif
