/* The files of the output folder: figures, a page that holds them, and the numbers as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "insight/report.h"

/* Everything that is written. */
typedef struct report {
    el4ml_story story;
    el4ml_figures figures;
    el4ml_parts parts;
    el4ml_page page;
    char *html, *json;
} report;

static void clear(report *r)
{
    el4ml_page_clear(&r->page);
    el4ml_parts_clear(&r->parts);
    el4ml_figures_clear(&r->figures);
    el4ml_story_clear(&r->story);
    el4ml_text_free(r->html);
    el4ml_text_free(r->json);
}

static el4ml_status make_path(char path[4096], const char *folder, const char *name, el4ml_error *error)
{
    if ((size_t)snprintf(path, 4096, "%s/%s", folder, name) < 4096) return EL4ML_OK;
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
}

static el4ml_status write_file(const char *folder, const char *name, const char *text, el4ml_error *error)
{
    char path[4096];
    if (!text) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    const el4ml_status status = make_path(path, folder, name, error);
    return status == EL4ML_OK ? el4ml_file_write(path, text, error) : status;
}

/* ---- The folder of the further figures ---- */

static bool is_drawn(const el4ml_figures *f, const char *name)
{
    for (size_t k = 0; k < f->count; k++)
        if (strcmp(f->figure[k].file, name) == 0) return true;
    return false;
}

/* A figure of an earlier report that there is no longer anything to draw for must not stay. */
static el4ml_status remove_stale(const char *folder, const el4ml_figures *f, el4ml_error *error)
{
    char path[4096];
    for (const char *const *name = el4ml_figure_names(); *name; name++) {
        if (is_drawn(f, *name)) continue;
        const el4ml_status status = make_path(path, folder, *name, error);
        if (status != EL4ML_OK) return status;
        if (unlink(path) != 0 && errno != ENOENT)
            return el4ml_fail(error, EL4ML_IO, "%s: cannot be removed: %s", path, strerror(errno));
    }
    return EL4ML_OK;
}

static el4ml_status write_figures(const char *folder, const el4ml_figures *f, el4ml_error *error)
{
    char path[4096];
    el4ml_status status = make_path(path, folder, "figures", error);
    if (status != EL4ML_OK) return status;
    if (f->count > 0 && mkdir(path, 0777) != 0 && errno != EEXIST)
        return el4ml_fail(error, EL4ML_IO, "%s: cannot be made: %s; see to the disk, and run again", path,
                          strerror(errno));
    for (size_t k = 0; status == EL4ML_OK && k < f->count; k++)
        status = write_file(path, f->figure[k].file, f->figure[k].svg, error);
    return status == EL4ML_OK ? remove_stale(path, f, error) : status;
}

/* ---- All of it ---- */

static char *summary(const el4ml_report_source *s, const el4ml_report_options *options)
{
    const el4ml_data *data = options ? options->data : NULL;
    const el4ml_question question = {s->landscape, s->analysis->network, s->story->a, s->story->b};
    return s->story->rates ? el4ml_analysis_rates_json(&question, s->analysis, data, s->story->rates)
                           : el4ml_analysis_json(s->landscape, s->analysis, data);
}

static el4ml_status make(report *r, const el4ml_report_source *s, const el4ml_report_options *options,
                         el4ml_error *error)
{
    el4ml_status status = el4ml_story_init(&r->story, s->landscape, s->study, s->analysis, options, error);
    if (status == EL4ML_OK)
        status = el4ml_figures_draw(&r->figures, s, options ? options->colour : NULL, error);
    if (status == EL4ML_OK) status = el4ml_parts_write(&r->parts, s, &r->figures, error);
    if (status == EL4ML_OK) status = el4ml_page_compose(&r->page, s, &r->figures, &r->parts, error);
    if (status == EL4ML_OK) status = el4ml_report_html(&r->page.input, &r->html, error);
    if (status == EL4ML_OK) r->json = summary(s, options);
    return status;
}

el4ml_status el4ml_report_folder(const char *folder, const el4ml_study *study, el4ml_landscape *l,
                                 const el4ml_analysis *a, const el4ml_report_options *options,
                                 el4ml_error *error)
{
    report *r = EL4ML_NEW(report, 1);
    if (!r) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    const el4ml_report_source source = {l, study, a, &r->story, el4ml_energy_label(study), "temperature"};
    el4ml_status status = make(r, &source, options, error);
    if (status == EL4ML_OK) status = write_file(folder, "summary.json", r->json, error);
    if (status == EL4ML_OK) status = write_file(folder, "disconnectivity.svg", r->figures.graph, error);
    if (status == EL4ML_OK) status = write_file(folder, "heat_capacity.svg", r->figures.heat_capacity, error);
    if (status == EL4ML_OK) status = write_figures(folder, &r->figures, error);
    if (status == EL4ML_OK) status = write_file(folder, "report.html", r->html, error);
    clear(r);
    el4ml_release(r);
    return status;
}
