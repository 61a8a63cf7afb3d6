/* A landscape for PATHSAMPLE. Numbers have all their digits, which its list-directed READ takes; the sets A
 * and B are written where the landscape has them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "landscape/export.h"
#include "landscape/internal.h"

/* In the order in which they are put in their places: without min.data there is no database. */
enum { POINTS_MIN, POINTS_TS, MIN_A, MIN_B, TS_DATA, MIN_DATA, FILES };
static const char *const file_names[FILES] = {"points.min", "points.ts", "min.A",
                                              "min.B",      "ts.data",   "min.data"};

typedef struct output {
    el4ml_exporter *e;
    el4ml_order_rule rule;
    bool fresh;       /* the folder was not there */
    bool eigenvalues; /* ts.data has the negative ones in a last column */
    char paths[FILES][4096];
    el4ml_file_writer writers[FILES];
    bool used[FILES];
} output;

/* ---- what can be written at all ---- */

static bool known(const el4ml_stationary *p)
{
    return isfinite(p->log_product) && isfinite(p->log_multiplicity);
}

static size_t on_bounds(const el4ml_landscape *l)
{
    size_t count = 0;
    for (int species = 0; species < 2; species++)
        for (size_t i = 0; i < l->table[species].count; i++)
            count += l->table[species].records[i].point.active > 0;
    return count;
}

/* Either every point has an ln product and a multiplicity, or none has. */
static el4ml_status check_points(output *o)
{
    const el4ml_landscape *l = o->e->l;
    size_t missing = 0, first[2] = {0, 0}; /* species and index of the first */
    if (on_bounds(l) > 0)
        return el4ml_fail(o->e->error, EL4ML_NOT_SUPPORTED,
                          "%zu points lie on bounds, and PATHSAMPLE knows no weight but that of vibrations; "
                          "graphml and json tell the bounds",
                          on_bounds(l));
    for (size_t species = 2; species-- > 0;)
        for (size_t i = l->table[species].count; i-- > 0;)
            if (!known(&l->table[species].records[i].point)) {
                missing++;
                first[0] = species;
                first[1] = i;
            }
    if (missing == 0) {
        o->rule = el4ml_choose_orders(l);
        o->e->report.orders_folded = o->rule.folded;
        return EL4ML_OK;
    }
    o->e->report.products_missing = missing == l->table[0].count + l->table[1].count;
    if (o->e->report.products_missing) return EL4ML_OK;
    return el4ml_fail(
        o->e->error, EL4ML_NOT_SUPPORTED,
        "%s %zu has no finite ln product and multiplicity, which PATHSAMPLE needs of every point; "
        "graphml and json can do without",
        first[0] == EL4ML_MINIMUM ? "minimum" : "transition state", first[1] + 1);
}

/* The column that IMFRQ adds, for a database that came with it; others leave it out, since not every reader
 * expects it. */
static bool has_eigenvalues(el4ml_landscape *l)
{
    const el4ml_table *t = &l->table[EL4ML_TRANSITION_STATE];
    const char *source = el4ml_landscape_source(l);
    for (size_t i = 0; i < t->count; i++)
        if (!(t->records[i].point.smallest_eigenvalue < 0)) return false;
    return source && strcmp(source, "PATHSAMPLE") == 0;
}

static el4ml_status check_files(output *o)
{
    struct stat about;
    o->fresh = stat(o->e->path, &about) != 0;
    for (size_t k = 0; k < FILES; k++) {
        if ((size_t)snprintf(o->paths[k], sizeof o->paths[k], "%s/%s", o->e->path, file_names[k]) >=
            sizeof o->paths[k])
            return el4ml_fail(o->e->error, EL4ML_BAD_INPUT, "%s: the path is too long",
                              el4ml_path_for_message(o->e->path));
        if (!o->e->options->replace && stat(o->paths[k], &about) == 0)
            return el4ml_fail(o->e->error, EL4ML_BAD_INPUT,
                              "%s exists already; give another folder with -o, or --force to replace it",
                              el4ml_path_for_message(o->paths[k]));
    }
    return EL4ML_OK;
}

/* ---- the files ---- */

static void write_column(el4ml_file_writer *w, double value, int width)
{
    char text[32];
    el4ml_format_exact(value, text);
    el4ml_writer_format(w, " %*s", width, text);
}

static void write_point(const output *o, el4ml_file_writer *w, const el4ml_record *r, el4ml_species species,
                        const double moments[3])
{
    const el4ml_stationary *p = &r->point;
    double order = 1, log_product = 1; /* as PATHSAMPLE itself has them with NOFRQS */
    if (!o->e->report.products_missing) {
        const double log_order = o->rule.log_group - p->log_multiplicity;
        order = o->rule.folded ? 1 : round(exp(log_order));
        log_product = p->log_product + (o->rule.folded ? 2 * log_order : 0);
    }
    write_column(w, p->energy, 23);
    write_column(w, log_product, 23);
    el4ml_writer_format(w, " %5zu", (size_t)order);
    if (species == EL4ML_TRANSITION_STATE) el4ml_writer_format(w, " %9zu %9zu", r->a + 1, r->b + 1);
    for (size_t k = 0; k < 3; k++)
        write_column(w, moments[k], 19);
    if (species == EL4ML_TRANSITION_STATE && o->eigenvalues) write_column(w, p->smallest_eigenvalue, 23);
    el4ml_writer_text(w, "\n");
}

static el4ml_status write_data(output *o, el4ml_species species)
{
    const size_t file = species == EL4ML_MINIMUM ? MIN_DATA : TS_DATA;
    double *moments = NULL;
    el4ml_status status = el4ml_export_moments(o->e->l, species, &moments, o->e->error);
    for (size_t i = 0; status == EL4ML_OK && i < o->e->l->table[species].count; i++) {
        write_point(o, &o->writers[file], &o->e->l->table[species].records[i], species, moments + 3 * i);
        status = el4ml_export_pause(o->e, i);
    }
    el4ml_release(moments);
    return status;
}

static el4ml_status write_coordinates(output *o, el4ml_species species)
{
    const size_t file = species == EL4ML_MINIMUM ? POINTS_MIN : POINTS_TS;
    const el4ml_table *t = &o->e->l->table[species];
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; status == EL4ML_OK && i < t->count; i++) {
        el4ml_writer_bytes(&o->writers[file], t->records[i].point.x, o->e->l->n * sizeof(double));
        status = el4ml_export_pause(o->e, i);
    }
    return status;
}

static void write_set(el4ml_file_writer *w, const el4ml_minimum_set *set)
{
    el4ml_writer_format(w, "%zu\n", set->count);
    for (size_t k = 0; k < set->count; k++)
        el4ml_writer_format(w, "%zu\n", set->members[k] + 1);
}

static el4ml_status begin(output *o, size_t file)
{
    o->used[file] = true;
    return el4ml_writer_open(&o->writers[file], o->paths[file], o->e->error);
}

static el4ml_status write_sets(output *o)
{
    static const char *const names[2] = {"A", "B"};
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < 2; k++) {
        el4ml_minimum_set *set;
        el4ml_error trouble = {0};
        const el4ml_status found = el4ml_landscape_minimum_set(o->e->l, names[k], &set, &trouble);
        if (found == EL4ML_BAD_INPUT) continue; /* there is none */
        if (found != EL4ML_OK) return el4ml_fail(o->e->error, found, "%s", trouble.message);
        status = begin(o, MIN_A + k);
        if (status == EL4ML_OK) write_set(&o->writers[MIN_A + k], set);
        o->e->report.set_count++;
        el4ml_minimum_set_free(set);
    }
    return status;
}

static el4ml_status write_files(output *o)
{
    el4ml_status status = EL4ML_OK;
    for (int species = 0; species < 2 && status == EL4ML_OK; species++) {
        const el4ml_species kind = (el4ml_species)species;
        bool *coordinates = &o->e->report.coordinates[species];
        *coordinates = el4ml_export_coordinates(o->e->l, kind);
        if (*coordinates) status = begin(o, kind == EL4ML_MINIMUM ? POINTS_MIN : POINTS_TS);
        if (*coordinates && status == EL4ML_OK) status = write_coordinates(o, kind);
        if (status == EL4ML_OK) status = begin(o, kind == EL4ML_MINIMUM ? MIN_DATA : TS_DATA);
        if (status == EL4ML_OK) status = write_data(o, kind);
    }
    if (status == EL4ML_OK) status = write_sets(o);
    for (size_t k = 0; status == EL4ML_OK && k < FILES; k++)
        if (o->used[k]) status = el4ml_writer_finish(&o->writers[k], o->e->error);
    return status;
}

/* A file of an earlier database that this one does not have would be taken for part of it. */
static el4ml_status place_files(output *o)
{
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < FILES; k++) {
        if (o->used[k])
            status = el4ml_writer_place(&o->writers[k], o->e->error);
        else if (o->e->options->replace)
            unlink(o->paths[k]);
    }
    for (size_t k = 0; status != EL4ML_OK && k < FILES; k++)
        if (o->writers[k].placed) unlink(o->paths[k]);
    return status;
}

el4ml_status el4ml_write_pathsample(el4ml_exporter *e)
{
    output *o = EL4ML_NEW(output, 1);
    if (!o) return el4ml_fail(e->error, EL4ML_OUT_OF_MEMORY, "export: out of memory");
    o->e = e;
    el4ml_status status = check_points(o);
    if (status == EL4ML_OK) status = check_files(o);
    o->eigenvalues = has_eigenvalues(e->l);
    if (status == EL4ML_OK && !el4ml_make_folders(e->path))
        status = el4ml_fail(e->error, errno == ENOSPC ? EL4ML_IO : EL4ML_BAD_INPUT,
                            "%s: cannot make the folder: %s", el4ml_path_for_message(e->path),
                            el4ml_errno_text_of(errno).text);
    if (status == EL4ML_OK) status = write_files(o);
    if (status == EL4ML_OK) status = place_files(o);
    for (size_t k = 0; k < FILES; k++)
        el4ml_writer_discard(&o->writers[k]);
    if (status != EL4ML_OK && o->fresh) rmdir(e->path);
    el4ml_release(o);
    return status;
}
