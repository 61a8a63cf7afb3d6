/* Files written whole or not at all: beside their place, and moved there once they are complete. */
#ifndef EL4ML_BASE_FILE_WRITE_H
#define EL4ML_BASE_FILE_WRITE_H

#include <stdio.h>

#include "el4ml/status.h"

/* Write `text` beside `path` and rename it into place: a reader, a kill or a full disk never sees half of it.
 */
el4ml_status el4ml_file_write(const char *path, const char *text, el4ml_error *error);

/* The same for files too large to be held as one text, and for several that belong together: open, write,
 * finish each, then place each. Errors of writing are kept until finish reports them. */
typedef struct el4ml_file_writer {
    FILE *file; /* while it is open */
    char *path, *beside;
    int number;         /* errno of the first failure, 0: none */
    bool there, placed; /* `beside` exists; it was moved to `path` */
} el4ml_file_writer;

/* Start from {0}; discard in any case. */
el4ml_status el4ml_writer_open(el4ml_file_writer *writer, const char *path, el4ml_error *error);
void el4ml_writer_bytes(el4ml_file_writer *writer, const void *bytes, size_t length);
void el4ml_writer_text(el4ml_file_writer *writer, const char *text);
void el4ml_writer_number(el4ml_file_writer *writer, double value); /* as el4ml_format_exact */
void el4ml_writer_format(el4ml_file_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* at most 255 bytes; no floating point, which has a locale */
/* To the disk, and closed. */
el4ml_status el4ml_writer_finish(el4ml_file_writer *writer, el4ml_error *error);
el4ml_status el4ml_writer_place(el4ml_file_writer *writer, el4ml_error *error);
/* Frees; a file that was not placed goes. */
void el4ml_writer_discard(el4ml_file_writer *writer);

#endif
