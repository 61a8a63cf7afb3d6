#include <stdio.h>

#include "base/file_write.h"
#include "el4ml/study.h"

el4ml_status el4ml_text_write(const char *path, const char *text, el4ml_error *error)
{
    return el4ml_file_write(path, text, error);
}

el4ml_status el4ml_study_keep(const char *folder, const char *text, el4ml_error *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/study.toml", folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
    return el4ml_file_write(path, text, error);
}
