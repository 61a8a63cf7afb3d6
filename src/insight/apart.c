/* Do two sets of rows differ in their means? By permuting which side a row is on. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/interpret.h"

static const uint64_t purpose_sides = 0x7369646573;

typedef struct sides {
    const el4ml_number_table *t;
    size_t first, second;
    size_t *order;   /* (rows) both sides, the first first */
    size_t *reached; /* (columns) */
    double *mean;    /* (columns) of both together */
    double *sum;     /* (columns) of the first side, about that mean */
} sides;

static void first_sum(sides *s)
{
    const size_t columns = s->t->columns;
    for (size_t c = 0; c < columns; c++)
        s->sum[c] = -(double)s->first * s->mean[c];
    for (size_t k = 0; k < s->first; k++)
        el4ml_axpy(columns, 1, s->t->x + s->order[k] * columns, s->sum);
}

/* About the common mean the second side's sum is that of the first with the other sign. */
static double difference(const sides *s, size_t c)
{
    return s->sum[c] * (1 / (double)s->first + 1 / (double)s->second);
}

static void set_differences(sides *s, el4ml_apart *out)
{
    const size_t columns = s->t->columns, all = s->first + s->second;
    for (size_t c = 0; c < columns; c++)
        s->mean[c] = 0;
    for (size_t k = 0; k < all; k++)
        el4ml_axpy(columns, 1 / (double)all, s->t->x + s->order[k] * columns, s->mean);
    first_sum(s);
    for (size_t c = 0; c < columns; c++) {
        double squares = 0, largest = 0;
        for (size_t k = 0; k < all; k++) {
            const double off = s->t->x[s->order[k] * columns + c] - s->mean[c];
            squares += off * off;
            largest = fmax(largest, fabs(off));
        }
        const double between = s->sum[c] * s->sum[c] * (1 / (double)s->first + 1 / (double)s->second);
        const double within = all > 2 ? fmax(0, squares - between) / (double)(all - 2) : 0;
        const bool varies = largest > 1e-12 * fabs(s->mean[c]);
        out[c] = (el4ml_apart){.difference = difference(s, c), .standardised = NAN, .p = NAN, .q = NAN};
        if (varies && within > 0) out[c].standardised = out[c].difference / sqrt(within);
    }
}

static double square_distance(const sides *s)
{
    double sum = 0;
    for (size_t c = 0; c < s->t->columns; c++)
        sum += difference(s, c) * difference(s, c);
    return sum;
}

static el4ml_status permute(sides *s, el4ml_apart *out, double *distance_p)
{
    const size_t columns = s->t->columns, all = s->first + s->second;
    el4ml_random random = el4ml_random_new(s->t->seed, purpose_sides, 0);
    for (size_t c = 0; c < columns; c++)
        s->reached[c] = 1;
    first_sum(s);
    const double found = square_distance(s);
    size_t as_far = 1;
    for (size_t k = 0; k < s->t->permutations; k++) {
        for (size_t i = 0; i < s->first; i++) {
            const size_t j = i + (size_t)el4ml_random_below(&random, all - i), kept = s->order[i];
            s->order[i] = s->order[j];
            s->order[j] = kept;
        }
        first_sum(s);
        as_far += square_distance(s) >= found * (1 - 1e-9);
        for (size_t c = 0; c < columns; c++)
            s->reached[c] += fabs(difference(s, c)) >= fabs(out[c].difference) * (1 - 1e-9);
        if (s->t->cancel && *s->t->cancel) return EL4ML_INTERRUPTED;
    }
    for (size_t c = 0; c < columns; c++)
        if (isfinite(out[c].standardised))
            out[c].p = (double)s->reached[c] / (double)(s->t->permutations + 1);
    if (distance_p) *distance_p = (double)as_far / (double)(s->t->permutations + 1);
    return EL4ML_OK;
}

el4ml_status el4ml_test_apart(const el4ml_number_table *t, const unsigned char *side, el4ml_apart *out,
                              double *distance_p)
{
    sides s = {.t = t,
               .order = EL4ML_NEW(size_t, t->rows),
               .reached = EL4ML_NEW(size_t, t->columns),
               .mean = EL4ML_NEW(double, 2 * t->columns + 1)};
    s.sum = s.mean + t->columns;
    el4ml_status status = s.order && s.reached && s.mean ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    for (size_t r = 0; r < t->rows && status == EL4ML_OK; r++)
        if (side[r] == 0) s.order[s.first++] = r;
    for (size_t r = 0; r < t->rows && status == EL4ML_OK; r++)
        if (side[r] == 1) s.order[s.first + s.second++] = r;
    if (status == EL4ML_OK && (s.first == 0 || s.second == 0)) status = EL4ML_INVALID_ARGUMENT;
    if (status == EL4ML_OK) {
        set_differences(&s, out);
        status = permute(&s, out, distance_p);
    }
    el4ml_release(s.order);
    el4ml_release(s.reached);
    el4ml_release(s.mean);
    return status;
}
