#include "landscape/foreign.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

void el4ml_foreign_clear(el4ml_foreign *f)
{
    for (int species = 0; species < 2; species++) {
        el4ml_release(f->table[species].points);
        el4ml_release(f->table[species].coordinates);
    }
    for (size_t k = 0; k < f->set_count; k++) {
        el4ml_release(f->sets[k].name);
        el4ml_release(f->sets[k].members);
    }
    *f = (el4ml_foreign){0};
}

bool el4ml_foreign_reserve(el4ml_foreign *f, el4ml_species species, size_t count)
{
    static const el4ml_foreign_point nothing = {.energy = NAN,
                                                .log_product = NAN,
                                                .log_multiplicity = NAN,
                                                .smallest_eigenvalue = NAN,
                                                .moments = {NAN, NAN, NAN}};
    el4ml_foreign_table *t = &f->table[species];
    t->points = EL4ML_NEW(el4ml_foreign_point, count);
    if (!t->points) return false;
    for (size_t i = 0; i < count; i++)
        t->points[i] = nothing;
    t->count = count;
    return true;
}

el4ml_status el4ml_foreign_pause(const el4ml_foreign *f, size_t row, el4ml_error *error)
{
    if (row % 1024 != 0 || !f->cancel || !*f->cancel) return EL4ML_OK;
    return el4ml_fail(error, EL4ML_INTERRUPTED, "interrupted; nothing was written");
}

/* ---- the files of a database ---- */

el4ml_status el4ml_foreign_find(const char *path, el4ml_foreign_place *place, el4ml_error *error)
{
    static const char first[] = "min.data";
    const char *shown = el4ml_path_for_message(path), *base = el4ml_path_base(path);
    struct stat about;
    if (stat(path, &about) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: %s", shown, el4ml_errno_text_of(errno).text);
    const bool folder = S_ISDIR(about.st_mode);
    if (!folder && strncmp(base, first, strlen(first)) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: neither a folder nor a file named min.data", shown);
    const char *ending = folder ? "" : base + strlen(first);
    const int length = folder ? (int)strlen(path) : (int)(base - path);
    if (strlen(path) >= sizeof place->folder - 32 || strlen(ending) >= sizeof place->ending)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", shown);
    snprintf(place->folder, sizeof place->folder, "%.*s%s", length, path, folder ? "/" : "");
    snprintf(place->ending, sizeof place->ending, "%s", ending);
    return EL4ML_OK;
}

el4ml_status el4ml_foreign_read(const el4ml_foreign_place *place, const char *name, bool optional,
                                el4ml_foreign_file *file, el4ml_error *error)
{
    struct stat about;
    file->bytes = NULL;
    file->length = 0;
    if ((size_t)snprintf(file->path, sizeof file->path, "%s%s%s", place->folder, name, place->ending) >=
        sizeof file->path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long",
                          el4ml_path_for_message(place->folder));
    if (optional && stat(file->path, &about) != 0 && errno == ENOENT) return EL4ML_OK;
    return el4ml_file_read(file->path, &file->bytes, &file->length, error);
}
