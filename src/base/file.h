/* Files as wholes, and paths as text. */
#ifndef EL4ML_BASE_FILE_H
#define EL4ML_BASE_FILE_H

#include "el4ml/status.h"

/* The bytes of a regular file with a '\0' after them; *bytes to be freed with el4ml_release. A file that is
 * missing or cannot be opened is bad input; one that fails while being read is EL4ML_IO. */
el4ml_status el4ml_file_read(const char *path, char **bytes, size_t *length, el4ml_error *error);

/* The end of `path` that fits a message (all of it, as a rule). */
const char *el4ml_path_for_message(const char *path);
/* What follows the last '/'. */
const char *el4ml_path_base(const char *path);
/* `path` made absolute, relative to the folder of `beside` (itself relative to the working folder), or to the
 * working folder when `beside` is NULL. NULL when out of memory or without a working folder. To be freed with
 * el4ml_release. */
char *el4ml_path_absolute(const char *path, const char *beside);
bool el4ml_path_ends(const char *path, const char *ending); /* capitals and small letters alike */

/* Text of an errno value. */
typedef struct el4ml_errno_text {
    char text[128];
} el4ml_errno_text;
el4ml_errno_text el4ml_errno_text_of(int number);

#endif
