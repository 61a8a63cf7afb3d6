/* TopSearch's database (Dicks and Neumann; KineticTransitionNetwork.dump_network), as numpy.savetxt writes
 * it: min.data    number of the minimum, from 0, and its energy, with five decimals ts.data     numbers of
 * two minima, energy
 *   *.coords    the coordinates of one point a line, in the order of *.data
 * It holds no ln products. pairlist, the pairs that were tried, is not read. */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "landscape/foreign.h"
#include "landscape/lines.h"

static el4ml_status no_memory(const char *path, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", el4ml_path_for_message(path));
}

static el4ml_status read_minimum(el4ml_lines *l, size_t index, el4ml_foreign_point *p)
{
    double number = 0;
    const el4ml_status status = el4ml_lines_number(l, "number of the minimum", &number);
    if (status != EL4ML_OK) return status;
    if (number != (double)index)
        return el4ml_lines_fail(l, "the line must begin with the minimum's number, %zu, not with %s", index,
                                l->word);
    return el4ml_lines_number(l, "energy", &p->energy);
}

static el4ml_status read_state(el4ml_lines *l, size_t minima, el4ml_foreign_point *p)
{
    el4ml_status status = el4ml_lines_integer(l, "number of the first minimum", 0, minima - 1, &p->a);
    if (status == EL4ML_OK)
        status = el4ml_lines_integer(l, "number of the second minimum", 0, minima - 1, &p->b);
    return status == EL4ML_OK ? el4ml_lines_number(l, "energy", &p->energy) : status;
}

el4ml_status el4ml_parse_topsearch_data(el4ml_foreign *f, el4ml_species species, const char *path,
                                        const char *bytes, size_t length, el4ml_error *error)
{
    el4ml_lines l;
    el4ml_status status = el4ml_lines_begin(&l, path, bytes, length, error);
    if (status != EL4ML_OK) return status;
    if (!el4ml_foreign_reserve(f, species, el4ml_lines_count(&l))) return no_memory(path, error);
    el4ml_foreign_table *t = &f->table[species];
    l.holds = species == EL4ML_MINIMUM ? "the minimum's number and its energy"
                                       : "the numbers of two minima and the energy";
    t->count = 0;
    while (status == EL4ML_OK && el4ml_lines_next(&l)) {
        status = species == EL4ML_MINIMUM
                     ? read_minimum(&l, t->count, &t->points[t->count])
                     : read_state(&l, f->table[EL4ML_MINIMUM].count, &t->points[t->count]);
        if (status == EL4ML_OK) status = el4ml_foreign_pause(f, t->count, error);
        t->count++;
    }
    if (status == EL4ML_OK && species == EL4ML_MINIMUM && t->count == 0)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no minimum in it", l.name);
    return status;
}

/* ---- coordinates ---- */

static size_t count_words(el4ml_lines *l)
{
    const char *const start = l->at;
    size_t count = 0;
    while (el4ml_lines_word(l))
        count++;
    l->at = start;
    return count;
}

static el4ml_status read_row(const el4ml_foreign *f, el4ml_lines *l, double *x)
{
    for (size_t k = 0; k < f->n; k++) {
        if (!el4ml_lines_word(l))
            return el4ml_lines_fail(l, "%zu coordinates, where other points have %zu", k, f->n);
        if (el4ml_parse_number(l->word, &x[k]) != EL4ML_NUMBER)
            return el4ml_lines_fail(l, "'%s' is not a finite number", el4ml_excerpt_of(l->word).text);
    }
    if (el4ml_lines_word(l))
        return el4ml_lines_fail(l, "more coordinates than the %zu of other points", f->n);
    return EL4ML_OK;
}

el4ml_status el4ml_parse_topsearch_coordinates(el4ml_foreign *f, el4ml_species species, const char *path,
                                               const char *bytes, size_t length, el4ml_error *error)
{
    el4ml_lines l;
    el4ml_status status = el4ml_lines_begin(&l, path, bytes, length, error);
    if (status != EL4ML_OK) return status;
    el4ml_foreign_table *t = &f->table[species];
    const char *data = species == EL4ML_MINIMUM ? "min.data" : "ts.data";
    size_t row = 0;
    while (status == EL4ML_OK && el4ml_lines_next(&l)) {
        if (row == t->count) return el4ml_lines_fail(&l, "more lines than the %zu of %s", t->count, data);
        if (f->n == 0) f->n = count_words(&l);
        if (!t->coordinates) t->coordinates = EL4ML_NEW(double, t->count * f->n);
        if (!t->coordinates) return no_memory(path, error);
        status = read_row(f, &l, t->coordinates + row * f->n);
        row++;
    }
    if (status == EL4ML_OK && row < t->count)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "%s: coordinates of %zu points, but %s has %zu", l.name,
                            row, data, t->count);
    return status;
}

/* ---- all of it ---- */

static el4ml_status read_data(el4ml_foreign *f, const el4ml_foreign_place *place, el4ml_species species,
                              el4ml_error *error)
{
    el4ml_foreign_file file;
    const bool minima = species == EL4ML_MINIMUM;
    el4ml_status status = el4ml_foreign_read(place, minima ? "min.data" : "ts.data", !minima, &file, error);
    if (status == EL4ML_OK && file.bytes)
        status = el4ml_parse_topsearch_data(f, species, file.path, file.bytes, file.length, error);
    el4ml_release(file.bytes);
    return status;
}

static el4ml_status read_coordinates(el4ml_foreign *f, const el4ml_foreign_place *place,
                                     el4ml_species species, el4ml_error *error)
{
    el4ml_foreign_file file;
    const char *name = species == EL4ML_MINIMUM ? "min.coords" : "ts.coords";
    el4ml_status status = el4ml_foreign_read(place, name, true, &file, error);
    if (status == EL4ML_OK && file.bytes)
        status = el4ml_parse_topsearch_coordinates(f, species, file.path, file.bytes, file.length, error);
    el4ml_release(file.bytes);
    return status;
}

el4ml_status el4ml_read_topsearch(el4ml_foreign *f, const char *path, el4ml_error *error)
{
    el4ml_foreign_place *place = EL4ML_NEW(el4ml_foreign_place, 1);
    if (!place) return no_memory(path, error);
    f->report.program = "TopSearch";
    el4ml_status status = el4ml_foreign_find(path, place, error);
    if (status == EL4ML_OK) status = read_data(f, place, EL4ML_MINIMUM, error);
    if (status == EL4ML_OK) status = read_data(f, place, EL4ML_TRANSITION_STATE, error);
    if (status == EL4ML_OK) status = read_coordinates(f, place, EL4ML_MINIMUM, error);
    if (status == EL4ML_OK) status = read_coordinates(f, place, EL4ML_TRANSITION_STATE, error);
    el4ml_release(place);
    return status;
}
