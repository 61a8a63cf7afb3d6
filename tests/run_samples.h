/* Studies to run in several ways, and the comparison of what comes out. */
#ifndef EL4ML_TESTS_RUN_SAMPLES_H
#define EL4ML_TESTS_RUN_SAMPLES_H

#include "run_help.h"

/* ---- Comparing landscapes ---- */

static inline void check_same_point(const el4ml_record *p, const el4ml_record *q, size_t n)
{
    const double a[5] = {p->point.energy, p->point.gradient_rms, p->point.log_product,
                         p->point.log_multiplicity, p->point.smallest_eigenvalue};
    const double b[5] = {q->point.energy, q->point.gradient_rms, q->point.log_product,
                         q->point.log_multiplicity, q->point.smallest_eigenvalue};
    ck_assert(memcmp(a, b, sizeof a) == 0);
    ck_assert(memcmp(p->point.x, q->point.x, n * sizeof(double)) == 0);
    ck_assert(p->hits == q->hits && p->a == q->a && p->b == q->b);
    ck_assert(p->point.proved == q->point.proved && p->point.flagged == q->point.flagged);
}

/* To the last bit, costs and seconds aside when `costs` is false (the work of a lost batch is not counted,
 * but a point recognised sooner costs less). */
static inline void check_same_tables(el4ml_landscape *p, el4ml_landscape *q, bool costs)
{
    for (int k = 0; k < 2; k++) {
        const el4ml_species species = (el4ml_species)k;
        ck_assert_uint_eq(el4ml_landscape_count(p, species), el4ml_landscape_count(q, species));
        for (size_t i = 0; i < el4ml_landscape_count(p, species); i++)
            check_same_point(el4ml_landscape_record(p, species, i), el4ml_landscape_record(q, species, i),
                             el4ml_landscape_dimension(p));
    }
    el4ml_totals a = *el4ml_landscape_totals(p), b = *el4ml_landscape_totals(q);
    a.seconds = b.seconds = 0;
    if (!costs) {
        a.evaluations = a.hessian_products = a.hessians = a.minimisations = 0;
        b.evaluations = b.hessian_products = b.hessians = b.minimisations = 0;
    }
    ck_assert(memcmp(&a, &b, sizeof a) == 0);
    static const char *const keys[] = {"walkers", "positions", "attempts", "turns"};
    for (size_t k = 0; k < 4; k++) {
        size_t n, m;
        const void *x = el4ml_landscape_get(p, keys[k], &n), *y = el4ml_landscape_get(q, keys[k], &m);
        ck_assert(n == m && (n == 0 || memcmp(x, y, n) == 0));
    }
}

/* ---- Studies to run ---- */

typedef struct sample {
    const char *name;
    el4ml_surface *surface;
    el4ml_study study;
} sample;

#define SAMPLES 5

/* Networks and clusters, both methods, both goals, and better paths. */
static inline sample make_sample(int k)
{
    sample s = {.study = plain_study()};
    s.study.seed = (uint64_t)k + 3;
    switch (k) {
    case 0:
        s.name = "net";
        s.surface = iris_surface(5, EL4ML_TANH, 1e-4);
        s.study.steps = 200;
        s.study.budget = 150;
        s.study.improve = 20;
        break;
    case 1:
        s.name = "net-random";
        s.surface = iris_surface(3, EL4ML_SOFTPLUS, 1e-4);
        s.study.method = EL4ML_RANDOM_STARTS;
        s.study.steps = 403; /* no whole number of batches */
        s.study.budget = 120;
        s.study.improve = 70;
        break;
    case 2:
        s.name = "lj9";
        s.surface = cluster_surface(9);
        s.study.steps = 300;
        s.study.budget = 150;
        s.study.improve = 40;
        break;
    case 3:
        s.name = "lj6-exhaust";
        s.surface = cluster_surface(6);
        s.study.method = EL4ML_RANDOM_STARTS;
        s.study.steps = 40;
        s.study.goal = EL4ML_EXHAUST;
        s.study.budget = 200;
        break;
    default:
        s.name = "schwefel-exhaust";
        s.surface = function_surface("schwefel");
        s.study.steps = 100;
        s.study.goal = EL4ML_EXHAUST;
        s.study.budget = 400;
        break;
    }
    return s;
}

#endif
