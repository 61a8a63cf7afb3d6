/* PATHSAMPLE's database (www-wales.ch.cam.ac.uk/PATHSAMPLE). Its own reader is Fortran's list-directed READ:
 *   min.data   energy, ln product of the positive Hessian eigenvalues, point-group order, three moments of
 * inertia ts.data    the same with the numbers of two minima, from 1, before the moments; with IMFRQ the
 * negative eigenvalue behind them min.A, .B  how many minima, then their numbers, on any number of lines
 *   points.*   the coordinates of one point after another, 8 bytes each, without record marks. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "landscape/foreign.h"
#include "landscape/lines.h"

#define LARGEST_ORDER 2147483647 /* of Fortran's integers */
#define LARGEST_COORDINATE 1e30

static el4ml_status no_memory(const char *path, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", el4ml_path_for_message(path));
}

static el4ml_status read_order(el4ml_lines *l, el4ml_foreign_point *p)
{
    size_t order = 0;
    const el4ml_status status = el4ml_lines_integer(l, "point-group order", 1, LARGEST_ORDER, &order);
    if (status == EL4ML_OK) p->log_multiplicity = order == 1 ? 0 : -log((double)order);
    return status;
}

static el4ml_status read_moments(el4ml_lines *l, el4ml_foreign_point *p)
{
    static const char *const names[3] = {"first moment of inertia", "second moment of inertia",
                                         "third moment of inertia"};
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < 3; k++)
        status = el4ml_lines_number(l, names[k], &p->moments[k]);
    return status;
}

static el4ml_status read_minima(el4ml_lines *l, size_t minima, el4ml_foreign_point *p)
{
    size_t a = 0, b = 0;
    el4ml_status status = el4ml_lines_integer(l, "number of the first minimum", 1, minima, &a);
    if (status == EL4ML_OK) status = el4ml_lines_integer(l, "number of the second minimum", 1, minima, &b);
    if (status != EL4ML_OK) return status;
    p->a = a - 1;
    p->b = b - 1;
    return EL4ML_OK;
}

/* What follows a transition state is only of use when it is its negative eigenvalue, which has a point in it.
 */
static void read_eigenvalue(el4ml_lines *l, el4ml_foreign_point *p)
{
    double value;
    if (el4ml_lines_word(l) && strchr(l->word, '.') && el4ml_parse_number(l->word, &value) == EL4ML_NUMBER &&
        value < 0)
        p->smallest_eigenvalue = value;
}

/* minima: how many there are; 0 while they are being read. */
static el4ml_status read_point(el4ml_lines *l, size_t minima, el4ml_foreign_point *p)
{
    el4ml_status status = el4ml_lines_number(l, "energy", &p->energy);
    if (status == EL4ML_OK) status = el4ml_lines_number(l, "ln product", &p->log_product);
    if (status == EL4ML_OK) status = read_order(l, p);
    if (status == EL4ML_OK && minima > 0) status = read_minima(l, minima, p);
    if (status == EL4ML_OK) status = read_moments(l, p);
    if (status == EL4ML_OK && minima > 0) read_eigenvalue(l, p);
    return status;
}

static el4ml_status read_points(el4ml_foreign *f, el4ml_lines *l, el4ml_species species, size_t minima)
{
    if (!el4ml_foreign_reserve(f, species, el4ml_lines_count(l))) return no_memory(l->name, l->error);
    el4ml_foreign_table *t = &f->table[species];
    el4ml_status status = EL4ML_OK;
    t->count = 0;
    while (status == EL4ML_OK && el4ml_lines_next(l)) {
        status = read_point(l, minima, &t->points[t->count]);
        if (status == EL4ML_OK) status = el4ml_foreign_pause(f, t->count, l->error);
        t->count++;
    }
    return status;
}

el4ml_status el4ml_parse_min_data(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                  el4ml_error *error)
{
    el4ml_lines l;
    el4ml_status status = el4ml_lines_begin(&l, path, bytes, length, error);
    l.holds = "energy, ln product, point-group order, three moments of inertia";
    if (status == EL4ML_OK) status = read_points(f, &l, EL4ML_MINIMUM, 0);
    if (status == EL4ML_OK && f->table[EL4ML_MINIMUM].count == 0)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no minimum in it", l.name);
    f->moments = true;
    return status;
}

el4ml_status el4ml_parse_ts_data(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                 el4ml_error *error)
{
    el4ml_lines l;
    el4ml_status status = el4ml_lines_begin(&l, path, bytes, length, error);
    l.holds = "energy, ln product, point-group order, two minima, three moments of inertia";
    if (status == EL4ML_OK)
        status = read_points(f, &l, EL4ML_TRANSITION_STATE, f->table[EL4ML_MINIMUM].count);
    return status;
}

/* ---- min.A and min.B ---- */

static int by_number(const void *p, const void *q)
{
    const size_t a = *(const size_t *)p, b = *(const size_t *)q;
    return (a > b) - (a < b);
}

/* The next word of the file, wherever its line. */
static bool further(el4ml_lines *l)
{
    const char *at = l->at;
    while (at < l->line_end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == ','))
        at++;
    return at < l->line_end || el4ml_lines_next(l);
}

static el4ml_status read_members(el4ml_lines *l, size_t minima, el4ml_minimum_set *set)
{
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < set->count; k++) {
        if (!further(l))
            return el4ml_fail(l->error, EL4ML_BAD_INPUT, "%s: %zu minima are announced, %zu are named",
                              l->name, set->count, k);
        status = el4ml_lines_integer(l, "number of a minimum", 1, minima, &set->members[k]);
        set->members[k]--;
    }
    if (status == EL4ML_OK && further(l))
        status =
            el4ml_lines_fail(l, "more minima are named than the %zu announced in the beginning", set->count);
    if (status != EL4ML_OK) return status;
    qsort(set->members, set->count, sizeof *set->members, by_number);
    for (size_t k = 1; k < set->count; k++)
        if (set->members[k] == set->members[k - 1])
            return el4ml_fail(l->error, EL4ML_BAD_INPUT, "%s: minimum %zu is named twice", l->name,
                              set->members[k] + 1);
    return EL4ML_OK;
}

el4ml_status el4ml_parse_set(el4ml_foreign *f, const char *path, const char *name, const char *bytes,
                             size_t length, el4ml_error *error)
{
    el4ml_lines l;
    const size_t minima = f->table[EL4ML_MINIMUM].count;
    el4ml_status status = el4ml_lines_begin(&l, path, bytes, length, error);
    if (status == EL4ML_OK && !el4ml_lines_next(&l))
        status = el4ml_fail(error, EL4ML_BAD_INPUT,
                            "%s: the file is empty; it must begin with the number of minima", l.name);
    el4ml_minimum_set *set = &f->sets[f->set_count];
    if (status == EL4ML_OK) status = el4ml_lines_integer(&l, "how many minima", 0, minima, &set->count);
    if (status != EL4ML_OK) return status;
    set->name = el4ml_copy_text(name);
    set->members = EL4ML_NEW(size_t, set->count);
    f->report.set_name[f->set_count] = name;
    f->report.set_size[f->set_count++] = set->count;
    if (!set->name || !set->members) return no_memory(path, error);
    return read_members(&l, minima, set);
}

static el4ml_status read_set(el4ml_foreign *f, const el4ml_foreign_place *place, const char *named,
                             const char *name, el4ml_error *error)
{
    el4ml_foreign_file file;
    el4ml_status status = el4ml_foreign_read(place, named, true, &file, error);
    if (status == EL4ML_OK && file.bytes)
        status = el4ml_parse_set(f, file.path, name, file.bytes, file.length, error);
    el4ml_release(file.bytes);
    return status;
}

/* ---- points.min and points.ts ---- */

/* Numbers that could be coordinates; what is not, another byte order say, is wild in size. */
static el4ml_status check_coordinates(const el4ml_foreign_table *t, size_t n, const char *path,
                                      el4ml_error *error)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < n; k++) {
            const double x = t->coordinates[i * n + k];
            if (x == 0 || (fabs(x) <= LARGEST_COORDINATE && fabs(x) >= DBL_MIN)) continue;
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "%s: record %zu: %g is no coordinate (little-endian numbers of 8 bytes, without record "
                "marks, are expected)",
                el4ml_path_for_message(path), i + 1, x);
        }
    return EL4ML_OK;
}

static el4ml_status take_coordinates(el4ml_foreign *f, el4ml_species species, const char *path, size_t length,
                                     el4ml_error *error)
{
    el4ml_foreign_table *t = &f->table[species];
    const char *file = species == EL4ML_MINIMUM ? "min.data" : "ts.data",
               *shown = el4ml_path_for_message(path);
    const size_t record = t->count > 0 ? length / t->count : 0;
    if (record * t->count != length || record % sizeof(double) != 0 || record == 0)
        return el4ml_fail(
            error, EL4ML_BAD_INPUT,
            "%s: its %zu bytes are not the same number of coordinates for each of the %zu lines of %s; "
            "moved away, the points come without coordinates",
            shown, length, t->count, file);
    const size_t n = record / sizeof(double);
    if (f->n != 0 && f->n != n)
        return el4ml_fail(
            error, EL4ML_BAD_INPUT,
            "%s: %zu coordinates for each of the %zu lines of %s, but points.min has %zu; moved "
            "away, the points come without coordinates",
            shown, n, t->count, file, f->n);
    f->n = n;
    return check_coordinates(t, n, path, error);
}

static el4ml_status read_coordinates(el4ml_foreign *f, const el4ml_foreign_place *place, const char *name,
                                     el4ml_species species, el4ml_error *error)
{
    el4ml_foreign_file file;
    const el4ml_status status = el4ml_foreign_read(place, name, true, &file, error);
    if (status != EL4ML_OK || !file.bytes ||
        file.length == 0) { /* PATHSAMPLE makes the file even when it has no points */
        el4ml_release(file.bytes);
        return status;
    }
    f->table[species].coordinates = (double *)(void *)file.bytes; /* aligned for any type */
    return take_coordinates(f, species, file.path, file.length, error);
}

/* ---- all of it ---- */

static el4ml_status read_tables(el4ml_foreign *f, const el4ml_foreign_place *place, el4ml_error *error)
{
    el4ml_foreign_file file;
    el4ml_status status = el4ml_foreign_read(place, "min.data", false, &file, error);
    if (status == EL4ML_OK) status = el4ml_parse_min_data(f, file.path, file.bytes, file.length, error);
    el4ml_release(file.bytes);
    if (status != EL4ML_OK) return status;
    status = el4ml_foreign_read(place, "ts.data", true, &file, error);
    if (status == EL4ML_OK && file.bytes)
        status = el4ml_parse_ts_data(f, file.path, file.bytes, file.length, error);
    el4ml_release(file.bytes);
    return status;
}

/* A free cluster of N atoms has 3N - 6. Two atoms have 1, and fewer none: too rare to guess. */
static void assume_kappa(el4ml_foreign *f)
{
    if (!isnan(f->kappa) || f->n % 3 != 0 || f->n < 9) return;
    f->kappa = (double)(f->n - 6);
    f->report.kappa_assumed = true;
}

el4ml_status el4ml_read_pathsample(el4ml_foreign *f, const char *path, el4ml_error *error)
{
    el4ml_foreign_place *place = EL4ML_NEW(el4ml_foreign_place, 1);
    if (!place) return no_memory(path, error);
    f->report.program = "PATHSAMPLE";
    el4ml_status status = el4ml_foreign_find(path, place, error);
    if (status == EL4ML_OK) status = read_tables(f, place, error);
    if (status == EL4ML_OK) status = read_set(f, place, "min.A", "A", error);
    if (status == EL4ML_OK) status = read_set(f, place, "min.B", "B", error);
    if (status == EL4ML_OK) status = read_coordinates(f, place, "points.min", EL4ML_MINIMUM, error);
    if (status == EL4ML_OK) status = read_coordinates(f, place, "points.ts", EL4ML_TRANSITION_STATE, error);
    el4ml_release(place);
    if (status == EL4ML_OK) assume_kappa(f);
    return status;
}
