/* Files written whole or not at all. */
#ifndef EL4ML_BASE_FILE_WRITE_H
#define EL4ML_BASE_FILE_WRITE_H

#include "el4ml/status.h"

/* Write `text` beside `path` and rename it into place: a reader, a kill or a full disk never sees half of it.
 */
el4ml_status el4ml_file_write(const char *path, const char *text, el4ml_error *error);

#endif
