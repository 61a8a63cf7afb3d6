/* Conjugate gradients: what each step promises, and their end on a quadratic form. */
#include "minimise_help.h"

typedef struct path {
    el4ml_evaluator *e;
    double *x, *g, *next, *gradient, value, longest;
    size_t steps;
} path;

/* From one iterate to the next: sufficient decrease and curvature (Wolfe), or their approximate form where V
 * changes by its rounding alone; a step of the longest length need not meet the second. */
static el4ml_status check_wolfe(void *context, const el4ml_iterate *i)
{
    path *p = context;
    const size_t n = p->e->n;
    double value;
    if (p->steps > 0 && !i->descent) return EL4ML_OK;
    p->e->surface->ops.value_gradient(p->e->surface->self, p->e->workspace, i->x, &value, p->gradient);
    if (p->steps++ > 0) {
        for (size_t k = 0; k < n; k++)
            p->next[k] = i->x[k] - p->x[k];
        const double before = el4ml_dot(n, p->g, p->next), after = el4ml_dot(n, p->gradient, p->next);
        const double length = el4ml_norm(n, p->next), change = value - p->value;
        ck_assert_double_lt(before, 0);
        ck_assert_double_le(length, p->longest * (1 + 1e-9));
        const bool decrease = change <= 0.1 * before * (1 - 1e-9),
                   rounding = change <= 1e-12 * fmax(1, fabs(p->value));
        ck_assert(decrease || (rounding && after <= -0.8 * before * (1 + 1e-6)));
        ck_assert(fabs(after) <= -0.5 * before || length >= p->longest * (1 - 1e-9));
    }
    p->value = value;
    el4ml_copy(n, i->x, p->x);
    el4ml_copy(n, p->gradient, p->g);
    return EL4ML_OK;
}

START_TEST(steps_meet_wolfe)
{
    for (int k = 0; k < 5; k++) {
        static const char *const functions[] = {"himmelblau", "mueller-brown", "six-hump-camel"};
        el4ml_minimise_options o = el4ml_minimise_options_default();
        o.method = EL4ML_CONJUGATE_GRADIENT;
        bench b;
        bench_open(&b,
                   k < 3    ? function_surface(functions[k])
                   : k == 3 ? cluster_surface(9)
                            : iris_surface(4, EL4ML_TANH, 1e-4),
                   &o);
        path p = {.e = &b.e,
                  .x = new_vector(b.n),
                  .g = new_vector(b.n),
                  .next = new_vector(b.n),
                  .gradient = new_vector(b.n),
                  .longest = o.max_step * b.surface->info.length_scale};
        size_t steps = 0;
        el4ml_minimiser_observe(b.m, check_wolfe, &p);
        for (uint64_t job = 0; job < 10; job++) {
            bench_start(&b, job);
            p.steps = 0;
            check_minimisation(&b);
            steps += p.steps;
        }
        ck_assert_uint_gt(steps, 50);
        el4ml_release(p.x);
        el4ml_release(p.g);
        el4ml_release(p.next);
        el4ml_release(p.gradient);
        bench_close(&b);
    }
}
END_TEST

/* A quadratic form of condition 1e4: linear conjugate gradients need sqrt(1e4) ln(2 sqrt(1e4) 1e6) / 2 = 950
 * steps at most for six decades of the gradient, steepest descent some 1e4 ln(1e6) / 2 = 70,000. */
typedef struct quadratic {
    double weight[12];
} quadratic;

static el4ml_status quadratic_value_gradient(const void *self, void *work, const double *x, double *value,
                                             double *gradient)
{
    const quadratic *q = self;
    (void)work;
    *value = 0;
    for (int i = 0; i < 12; i++) {
        *value += 0.5 * q->weight[i] * x[i] * x[i];
        if (gradient) gradient[i] = q->weight[i] * x[i];
    }
    return EL4ML_OK;
}

static el4ml_status quadratic_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                             const double *v, double *hv)
{
    double value;
    (void)x;
    for (size_t k = 0; k < count; k++)
        quadratic_value_gradient(self, work, v + 12 * k, &value, hv + 12 * k);
    return EL4ML_OK;
}

static el4ml_status quadratic_hessian(const void *self, void *work, const double *x, double *h)
{
    (void)work;
    (void)x;
    for (int i = 0; i < 144; i++)
        h[i] = i % 13 ? 0 : ((const quadratic *)self)->weight[i / 13];
    return EL4ML_OK;
}

static void quadratic_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)self;
    (void)work;
    for (int i = 0; i < 12; i++)
        x[i] = el4ml_random_normal(random);
}

START_TEST(a_quadratic_form)
{
    quadratic q;
    for (int i = 0; i < 12; i++)
        q.weight[i] = pow(10, -4 * i / 11.0);
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "quadratic",
                                   .value_gradient = quadratic_value_gradient,
                                   .hessian_vector = quadratic_hessian_vector,
                                   .hessian = quadratic_hessian,
                                   .initialise = quadratic_initialise};
    const el4ml_surface_info info = {.dimension = 12, .length_scale = 100, .second_derivatives = true};
    el4ml_surface *surface = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, &q, &surface, NULL), EL4ML_OK);
    el4ml_minimise_options o = el4ml_minimise_options_default();
    o.method = EL4ML_CONJUGATE_GRADIENT;
    bench b;
    bench_open(&b, surface, &o);
    for (uint64_t job = 0; job < 10; job++) {
        bench_start(&b, job);
        el4ml_minimise_result r;
        ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
        ck_assert_uint_le(r.descent_evaluations, 950);
    }
    bench_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {steps_meet_wolfe, a_quadratic_form};
    return RUN_SUITE("conjugate_gradient", tests);
}
