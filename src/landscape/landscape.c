/* The landscape in memory: records, their order by energy, and the decision "same or new". */
#include "el4ml/landscape.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "landscape/internal.h"

#define ENERGY_TOLERANCE 1e-9

size_t el4ml_landscape_count(const el4ml_landscape *l, el4ml_species species)
{
    return l->table[species].count;
}

const el4ml_record *el4ml_landscape_record(const el4ml_landscape *l, el4ml_species species, size_t index)
{
    return &l->table[species].records[index];
}

size_t el4ml_landscape_dimension(const el4ml_landscape *l)
{
    return l->n;
}

size_t el4ml_landscape_zero_modes(const el4ml_landscape *l)
{
    return l->zero_modes;
}

double el4ml_landscape_kappa(const el4ml_landscape *l)
{
    return l->kappa;
}

const char *el4ml_landscape_source(el4ml_landscape *l)
{
    return el4ml_landscape_meta(l, "source");
}

el4ml_totals *el4ml_landscape_totals(el4ml_landscape *l)
{
    return &l->totals;
}

/* First position in by_energy whose record has at least `energy`. */
static size_t lower_bound(const el4ml_table *t, double energy)
{
    size_t low = 0, high = t->ordered;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (t->records[t->by_energy[middle]].point.energy < energy)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

el4ml_status el4ml_table_append(el4ml_table *t, size_t n, const el4ml_stationary *point, size_t *index)
{
    if (!el4ml_grow((void **)&t->records, &t->capacity, t->count + 1, sizeof *t->records))
        return EL4ML_OUT_OF_MEMORY;
    double *x = point->x ? EL4ML_NEW(double, n) : NULL;
    if (point->x && !x) return EL4ML_OUT_OF_MEMORY;
    if (x) memcpy(x, point->x, n * sizeof *x); /* it may lie at any address */
    const el4ml_metrics none = el4ml_metrics_none();
    t->records[t->count] = (el4ml_record){.point = *point, .train = none, .test = none};
    t->records[t->count].point.x = x;
    *index = t->count++;
    return EL4ML_OK;
}

bool el4ml_table_order(el4ml_table *t)
{
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, t->count),
                    *scratch = EL4ML_NEW(el4ml_sort_item, t->count);
    const bool good = items && scratch &&
                      el4ml_grow((void **)&t->by_energy, &t->order_capacity, t->count, sizeof *t->by_energy);
    for (size_t i = 0; good && i < t->count;
         i++) { /* as insertion leaves them: of equal ones the last first */
        const size_t index = t->count - 1 - i;
        items[i] = (el4ml_sort_item){el4ml_key_of_double(t->records[index].point.energy), index};
    }
    if (good) el4ml_sort(items, scratch, t->count);
    for (size_t i = 0; good && i < t->count; i++)
        t->by_energy[i] = items[i].index;
    if (good) t->ordered = t->count;
    el4ml_release(items);
    el4ml_release(scratch);
    return good;
}

/* The record that was appended last takes its place among the others, or goes when there is no memory for
 * that. */
static bool insert_in_order(el4ml_table *t)
{
    if (!el4ml_grow((void **)&t->by_energy, &t->order_capacity, t->count, sizeof *t->by_energy)) {
        el4ml_release(t->records[--t->count].point.x);
        return false;
    }
    const size_t index = t->count - 1, at = lower_bound(t, t->records[index].point.energy);
    memmove(t->by_energy + at + 1, t->by_energy + at, (t->ordered - at) * sizeof *t->by_energy);
    t->by_energy[at] = index;
    t->ordered++;
    return true;
}

/* |g| / |lambda_min| bounds how far a point is from the stationary point it stands for. */
static double uncertainty(const el4ml_stationary *p, size_t n)
{
    const double lambda = fabs(p->smallest_eigenvalue);
    return lambda > 0 ? p->gradient_rms * sqrt((double)n) / lambda : 0;
}

el4ml_status el4ml_landscape_find(const el4ml_landscape *l, el4ml_evaluator *e, el4ml_species species,
                                  const el4ml_stationary *point, size_t *index)
{
    const el4ml_table *t = &l->table[species];
    /* where rounding keeps the gradient from its tolerance, it does as much to the energy */
    const double window = fmax(ENERGY_TOLERANCE * fmax(1, fabs(point->energy)), point->gradient_rms);
    const double nearest = e->surface->info.distance_tolerance;
    *index = EL4ML_NONE;
    for (size_t k = lower_bound(t, point->energy - window); k < t->ordered; k++) {
        const el4ml_record *known = &t->records[t->by_energy[k]];
        if (known->point.energy > point->energy + window) break;
        const double doubt = fmax(uncertainty(point, l->n), uncertainty(&known->point, l->n));
        bool same = false;
        const el4ml_status status = el4ml_same(e, known->point.x, point->x, fmax(nearest, 10 * doubt), &same);
        if (status != EL4ML_OK) return status;
        if (!same) continue;
        *index = t->by_energy[k];
        return EL4ML_OK;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_landscape_add(el4ml_landscape *l, el4ml_evaluator *e, el4ml_species species,
                                 const el4ml_stationary *point, size_t a, size_t b, size_t *index,
                                 bool *fresh, el4ml_error *error)
{
    *fresh = false;
    el4ml_status status = el4ml_landscape_find(l, e, species, point, index);
    if (status != EL4ML_OK) return el4ml_fail(error, status, "comparing stationary points failed");
    if (*index != EL4ML_NONE) return EL4ML_OK;
    status = el4ml_table_append(&l->table[species], l->n, point, index);
    if (status == EL4ML_OK && !insert_in_order(&l->table[species])) status = EL4ML_OUT_OF_MEMORY;
    if (status != EL4ML_OK) return el4ml_fail(error, status, "landscape: out of memory");
    l->table[species].records[*index].a = a;
    l->table[species].records[*index].b = b;
    *fresh = true;
    return EL4ML_OK;
}

static void mark_dirty(el4ml_table *t, size_t index)
{
    if (index >= t->stored) return;
    for (size_t k = t->dirty_count; k-- > 0 && t->dirty_count - k < 8;)
        if (t->dirty[k] == index) return;
    if (el4ml_grow((void **)&t->dirty, &t->dirty_capacity, t->dirty_count + 1, sizeof *t->dirty))
        t->dirty[t->dirty_count++] = index;
}

void el4ml_landscape_hit(el4ml_landscape *l, el4ml_species species, size_t index, int64_t hits)
{
    l->table[species].records[index].hits += hits;
    mark_dirty(&l->table[species], index);
}

void el4ml_landscape_set_metrics(el4ml_landscape *l, size_t index, const el4ml_metrics *train,
                                 const el4ml_metrics *test)
{
    el4ml_record *record = &l->table[EL4ML_MINIMUM].records[index];
    record->train = *train;
    record->test = *test;
}

el4ml_blob *el4ml_landscape_blob(el4ml_landscape *l, const char *key, bool text, bool make)
{
    for (size_t k = 0; k < l->blob_count; k++)
        if (l->blobs[k].text == text && strcmp(l->blobs[k].key, key) == 0) return &l->blobs[k];
    if (!make || !el4ml_grow((void **)&l->blobs, &l->blob_capacity, l->blob_count + 1, sizeof *l->blobs))
        return NULL;
    char *copy = el4ml_copy_text(key);
    if (!copy) return NULL;
    el4ml_blob *blob = &l->blobs[l->blob_count++];
    *blob = (el4ml_blob){.key = copy, .text = text};
    return blob;
}

bool el4ml_blob_set(el4ml_blob *blob, const void *bytes, size_t size)
{
    char *copy = EL4ML_NEW(char, size + 1);
    if (!copy) return false;
    if (size > 0) memcpy(copy, bytes, size);
    el4ml_release(blob->bytes);
    blob->bytes = copy;
    blob->size = size;
    blob->changed = true;
    return true;
}

el4ml_status el4ml_landscape_put(el4ml_landscape *l, const char *key, const void *bytes, size_t size,
                                 el4ml_error *error)
{
    el4ml_blob *blob = el4ml_landscape_blob(l, key, false, true);
    if (!blob || !el4ml_blob_set(blob, bytes, size))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "landscape: out of memory");
    return EL4ML_OK;
}

const void *el4ml_landscape_get(el4ml_landscape *l, const char *key, size_t *size)
{
    const el4ml_blob *blob = el4ml_landscape_blob(l, key, false, false);
    *size = blob ? blob->size : 0;
    return blob ? blob->bytes : NULL;
}

el4ml_status el4ml_landscape_set_meta(el4ml_landscape *l, const char *key, const char *value,
                                      el4ml_error *error)
{
    el4ml_blob *blob = el4ml_landscape_blob(l, key, true, true);
    if (blob && blob->bytes && strcmp(blob->bytes, value) == 0) return EL4ML_OK;
    if (!blob || !el4ml_blob_set(blob, value, strlen(value)))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "landscape: out of memory");
    return EL4ML_OK;
}

const char *el4ml_landscape_meta(el4ml_landscape *l, const char *key)
{
    const el4ml_blob *blob = el4ml_landscape_blob(l, key, true, false);
    return blob ? blob->bytes : NULL;
}

el4ml_status el4ml_landscape_network(const el4ml_landscape *l, el4ml_network **network, el4ml_error *error)
{
    const el4ml_table *minima = &l->table[EL4ML_MINIMUM], *states = &l->table[EL4ML_TRANSITION_STATE];
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, minima->count);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, states->count);
    if (!nodes || !edges) {
        el4ml_release(nodes);
        el4ml_release(edges);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "network: out of memory");
    }
    for (size_t i = 0; i < minima->count; i++) {
        const el4ml_record *r = &minima->records[i];
        nodes[i] = (el4ml_node){.id = (int64_t)i + 1,
                                .energy = r->point.energy,
                                .log_product = r->point.log_product,
                                .log_multiplicity = r->point.log_multiplicity,
                                .hits = r->hits,
                                .flagged = r->point.flagged,
                                .active = r->point.active,
                                .log_multipliers = r->point.log_multipliers};
        /* Too large to have been factorised, never computed, or linear: no thermodynamics. */
        if (!isfinite(nodes[i].log_product) || !isfinite(nodes[i].log_multiplicity)) nodes[i].flagged = true;
        if (!isfinite(nodes[i].log_product)) nodes[i].log_product = 0;
        if (isnan(nodes[i].log_multiplicity)) nodes[i].log_multiplicity = 0;
    }
    for (size_t i = 0; i < states->count; i++) {
        const el4ml_record *r = &states->records[i];
        edges[i] = (el4ml_edge){.id = (int64_t)i + 1,
                                .energy = r->point.energy,
                                .log_product = r->point.log_product,
                                .log_multiplicity = r->point.log_multiplicity,
                                .a = r->a,
                                .b = r->b,
                                .active = r->point.active,
                                .log_multipliers = r->point.log_multipliers};
        if (isnan(edges[i].log_product) || isnan(edges[i].log_multiplicity) ||
            isnan(edges[i].log_multipliers)) { /* no rate for it */
            edges[i].log_product = INFINITY;
            edges[i].log_multiplicity = 0;
            edges[i].log_multipliers = 0;
        }
    }
    const double kappa = isnan(l->kappa) ? 0 : l->kappa;
    const el4ml_status status =
        el4ml_network_new(nodes, minima->count, edges, states->count, kappa, network, error);
    el4ml_release(nodes);
    el4ml_release(edges);
    return status;
}
