/* One surface and a minimiser on it, and what every minimisation promises. */
#ifndef EL4ML_TESTS_MINIMISE_HELP_H
#define EL4ML_TESTS_MINIMISE_HELP_H

#include "engine_help.h"

typedef struct bench {
    el4ml_surface *surface;
    el4ml_evaluator e;
    el4ml_minimiser *m;
    double *start, *kept, *x, *g;
    size_t n;
} bench;

static inline void bench_open(bench *b, el4ml_surface *surface, const el4ml_minimise_options *options)
{
    const el4ml_minimise_options usual = el4ml_minimise_options_default();
    *b = (bench){.surface = surface, .n = surface->info.dimension};
    ck_assert_int_eq(el4ml_evaluator_init(&b->e, surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_minimiser_new(&b->e, options ? options : &usual, &b->m, NULL), EL4ML_OK);
    b->start = new_vector(b->n);
    b->kept = new_vector(b->n);
    b->x = new_vector(b->n);
    b->g = new_vector(b->n);
}

static inline void bench_close(bench *b)
{
    el4ml_minimiser_free(b->m);
    el4ml_evaluator_clear(&b->e);
    el4ml_surface_free(b->surface);
    el4ml_release(b->start);
    el4ml_release(b->kept);
    el4ml_release(b->x);
    el4ml_release(b->g);
}

static inline void bench_start(bench *b, uint64_t job)
{
    el4ml_random random = el4ml_random_new(21, 1, job);
    el4ml_initialise(&b->e, &random, b->start);
    el4ml_copy(b->n, b->start, b->kept);
}

/* Minimise from b->start and check every promise; returns the energy. */
static inline double check_minimisation(bench *b)
{
    double before, after;
    ck_assert_int_eq(el4ml_value_gradient(&b->e, b->start, &before, b->g), EL4ML_OK);
    const el4ml_cost cost = b->e.cost;
    el4ml_minimise_result r;
    ck_assert_int_eq(el4ml_minimise(b->m, b->start, b->x, &r), EL4ML_OK);
    ck_assert(memcmp(b->start, b->kept, b->n * sizeof *b->start) == 0);
    ck_assert_uint_eq(b->e.cost.minimisations, cost.minimisations + 1);
    ck_assert_uint_eq(b->e.cost.evaluations - cost.evaluations, r.evaluations);
    ck_assert_int_eq(el4ml_value_gradient(&b->e, b->x, &after, b->g), EL4ML_OK);
    ck_assert(after == r.value);
    const double rms = el4ml_norm(b->n, b->g) / sqrt((double)b->n);
    ck_assert_double_le(rms, 1e-9);
    ck_assert_double_eq_tol(rms, r.gradient_rms, 1e-15);
    ck_assert_double_le(after, before);
    return after;
}

/* Minimisers by number, in the order of el4ml_minimise_method. */
enum { METHODS = EL4ML_ENTROPY_SGD + 1 };

static inline el4ml_minimise_options options_of(int method)
{
    el4ml_minimise_options options = el4ml_minimise_options_default();
    options.method = (el4ml_minimise_method)method;
    return options;
}

#endif
