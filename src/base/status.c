#include "el4ml/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

const char *el4ml_version(void)
{
    return EL4ML_VERSION;
}

double el4ml_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *el4ml_status_text(el4ml_status status)
{
    switch (status) {
#define X(name, text)                                                                                        \
    case EL4ML_##name:                                                                                       \
        return text;
        EL4ML_STATUS_LIST(X)
#undef X
    case EL4ML_STATUS_COUNT:
        break;
    }
    return "unknown status";
}

const char *el4ml_error_message(const el4ml_error *error)
{
    if (!error) return "";
    return error->message[0] ? error->message : el4ml_status_text(error->status);
}

el4ml_status el4ml_fail(el4ml_error *error, el4ml_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->status = status;
    }
    return status;
}
