/* What an observer of a minimisation is told, and how it or a cancel flag ends one, with every minimiser. */
#include "minimise_help.h"

typedef struct witness {
    el4ml_evaluator *e;
    double *last, *g;
    size_t count, stop_after, unknown;
    uint64_t evaluations;
    bool descent, finished;
    double value, rms;
} witness;

static el4ml_status see(void *context, const el4ml_iterate *i)
{
    witness *w = context;
    const size_t n = w->e->n;
    double value;
    ck_assert_int_eq(
        w->e->surface->ops.value_gradient(w->e->surface->self, w->e->workspace, i->x, &value, w->g),
        EL4ML_OK);
    if (isnan(i->value)) {
        ck_assert(isnan(i->gradient_rms) && i->descent);
        w->unknown++;
    } else {
        ck_assert_double_eq_tol(i->value, value, 1e-14 * (1 + fabs(value)));
        const double rms = el4ml_norm(n, w->g) / sqrt((double)n);
        ck_assert_double_eq_tol(i->gradient_rms, rms, 1e-12 * (1 + rms));
    }
    ck_assert_uint_ge(i->evaluations, w->evaluations);
    if (w->count > 0) ck_assert(memcmp(i->x, w->last, n * sizeof *i->x) != 0); /* each once */
    if (i->descent) ck_assert(!w->finished);
    w->descent |= i->descent;
    w->finished |= w->count > 0 && !i->descent;
    w->evaluations = i->evaluations;
    w->value = i->value;
    el4ml_copy(n, i->x, w->last);
    return ++w->count == w->stop_after ? EL4ML_FAILED : EL4ML_OK;
}

START_TEST(observers_see_the_whole_way)
{
    for (int k = 0; k < 2 * METHODS; k++) {
        const int method = k / 2;
        const bool net = k % 2;
        const el4ml_minimise_options options = options_of(method);
        bench b;
        bench_open(&b, net ? iris_surface(4, EL4ML_TANH, 1e-3) : function_surface("himmelblau"), &options);
        witness w = {.e = &b.e, .last = new_vector(b.n), .g = new_vector(b.n)};
        el4ml_minimise_result r;
        bench_start(&b, 2);
        el4ml_minimiser_observe(b.m, see, &w);
        ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
        ck_assert(memcmp(w.last, b.x, b.n * sizeof *b.x) == 0 && w.value == r.value);
        ck_assert(w.descent == (method > EL4ML_LBFGS));
        ck_assert((r.descent_evaluations > 0) == w.descent && r.descent_evaluations <= r.evaluations);
        ck_assert((w.unknown > 0) == (net && method >= EL4ML_ADAM)); /* mini-batches only */
        ck_assert_uint_ge(w.count, 5);
        const size_t all = w.count;
        for (size_t stop = 1; stop <= all; stop += 1 + stop / 3) { /* it may end the way anywhere */
            w = (witness){.e = &b.e, .last = w.last, .g = w.g, .stop_after = stop};
            ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_FAILED);
            ck_assert_uint_eq(w.count, stop);
        }
        el4ml_minimiser_observe(b.m, NULL, NULL);
        check_minimisation(&b);
        el4ml_release(w.last);
        el4ml_release(w.g);
        bench_close(&b);
    }
}
END_TEST

typedef struct alarm_clock {
    volatile bool cancel;
    size_t count, at;
} alarm_clock;

static el4ml_status ring(void *context, const el4ml_iterate *i)
{
    alarm_clock *a = context;
    (void)i;
    a->cancel = ++a->count >= a->at;
    return EL4ML_OK;
}

/* Cancelled at the start, on the way down, or near the end; the minimiser is as good as new after it. */
START_TEST(cancelled)
{
    for (int k = 0; k < 2 * METHODS; k++) {
        const el4ml_minimise_options options = options_of(k / 2);
        bench b;
        bench_open(&b, k % 2 ? iris_surface(4, EL4ML_TANH, 1e-3) : function_surface("himmelblau"), &options);
        el4ml_minimise_result r;
        el4ml_status status = EL4ML_INTERRUPTED;
        for (size_t at = 1; status != EL4ML_OK; at += 1 + at / 3) {
            alarm_clock a = {.at = at};
            bench_start(&b, 2);
            b.e.cancel = &a.cancel;
            el4ml_minimiser_observe(b.m, ring, &a);
            status = el4ml_minimise(b.m, b.start, b.x, &r);
            ck_assert(status == EL4ML_OK || (status == EL4ML_INTERRUPTED && a.count == at));
            b.e.cancel = NULL;
            el4ml_minimiser_observe(b.m, NULL, NULL);
        }
        check_minimisation(&b);
        bench_close(&b);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {observers_see_the_whole_way, cancelled};
    return RUN_SUITE("observers", tests);
}
