#include <stdio.h>
#include <string.h>

#include "base/file_write.h"
#include "el4ml/run.h"

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

/* The last name of a path, as a landscape's name. */
static void name_of(const char *folder, char *name, size_t size)
{
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    snprintf(name, size, "%.*s", (int)(end - start), folder + start);
}

el4ml_status el4ml_folder_study(const char *folder, el4ml_landscape *landscape, el4ml_study **study,
                                el4ml_error *error)
{
    char path[4096], name[256];
    if (el4ml_landscape_source(landscape)) {
        name_of(folder, name, sizeof name);
        return el4ml_study_none(name, study, error);
    }
    if ((size_t)snprintf(path, sizeof path, "%s/study.toml", folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
    return el4ml_study_read(path, study, error);
}
