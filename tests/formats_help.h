/* What the tests of other programs' formats share. */
#ifndef EL4ML_TESTS_FORMATS_HELP_H
#define EL4ML_TESTS_FORMATS_HELP_H

#include "engine_help.h"

#include "el4ml/formats.h"

static inline el4ml_landscape *imported(el4ml_format format, const char *path, const char *folder,
                                        double kappa, el4ml_import_report *report)
{
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    el4ml_import_options options = el4ml_import_options_default();
    options.kappa = kappa;
    remove_folder(folder);
    ck_assert_msg(el4ml_import(format, path, folder, &options, report, &error) == EL4ML_OK, "%s",
                  error.message);
    ck_assert_msg(el4ml_landscape_read(folder, &l, &error) == EL4ML_OK, "%s", error.message);
    return l;
}

static inline void exported(el4ml_format format, el4ml_landscape *l, const char *path,
                            el4ml_export_report *report)
{
    el4ml_error error = {0};
    const el4ml_export_options options = {.replace = true};
    ck_assert_msg(el4ml_export(format, l, path, &options, report, &error) == EL4ML_OK, "%s", error.message);
}

/* FOLDER/NAME; good until the third call after. */
static inline const char *in(const char *folder, const char *name)
{
    static char paths[4][512];
    static size_t turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void write_file(const char *folder, const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(in(folder, name), "wb");
    ck_assert(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

static inline void write_text(const char *folder, const char *name, const char *text)
{
    write_file(folder, name, text, strlen(text));
}

/* Entries of a folder beside . and .. */
static inline size_t entries(const char *folder)
{
    DIR *open_folder = opendir(folder);
    size_t count = 0;
    if (!open_folder) return 0;
    for (const struct dirent *e; (e = readdir(open_folder)) != NULL;)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(open_folder);
    return count;
}

#endif
