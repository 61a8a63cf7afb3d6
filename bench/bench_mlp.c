/* Time per call of the perceptron's kernels, CPU time, least of several repetitions, beside the limit: flops
 * at the machine's measured peak (111 GFLOP/s with AVX-512) + 0.42 ns a tanh + 0.36 ns an exponential. Usage:
 * bench_mlp [kernel set | --brief]; --brief: the small shapes only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "surface/mlp.h"

typedef struct shape {
    size_t rows, sizes[6], layers; /* weight layers */
    double target;                 /* us, value and gradient */
    double hessian_target;
} shape;

static const shape shapes[] = {
    {150, {4, 5, 3}, 2, 1.5, 0},       {150, {4, 10, 3}, 2, 2.1, 30},
    {178, {13, 10, 3}, 2, 3.2, 0},     {569, {30, 20, 2}, 2, 26, 4000},
    {1797, {64, 50, 10}, 2, 390, 0},   {1797, {64, 30, 30, 10}, 3, 385, 0},
    {1797, {64, 60, 20, 10}, 3, 0, 0}, {10000, {784, 64, 10}, 2, 29000, 0},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

typedef enum what { GRADIENT, VALUE_ONLY, PRODUCT, PRODUCTS, HESSIAN } what;
enum { VECTORS = 8, BRIEF_SHAPES = 3 };

typedef struct job {
    el4ml_evaluator e;
    double *x, *g, *v, *hv, *h;
} job;

static void call(job *j, what kind)
{
    double value;
    const el4ml_surface *s = j->e.surface;
    switch (kind) {
    case GRADIENT:
        s->ops.value_gradient(s->self, j->e.workspace, j->x, &value, j->g);
        break;
    case VALUE_ONLY:
        s->ops.value_gradient(s->self, j->e.workspace, j->x, &value, NULL);
        break;
    case PRODUCT:
        s->ops.hessian_vector(s->self, j->e.workspace, j->x, 1, j->v, j->hv);
        break;
    case PRODUCTS:
        s->ops.hessian_vector(s->self, j->e.workspace, j->x, VECTORS, j->v, j->hv);
        break;
    case HESSIAN:
        s->ops.hessian(s->self, j->e.workspace, j->x, j->h);
        break;
    }
}

/* Least time of a call in `repetitions` batches of about `length` us. */
static double least(job *j, what kind, double length, int repetitions)
{
    call(j, kind);
    double start = now();
    call(j, kind);
    const double once = now() - start + 0.1;
    const long calls = once > length ? 1 : (long)(length / once) + 1;
    double best = 1e300;
    for (int r = 0; r < repetitions; r++) {
        start = now();
        for (long c = 0; c < calls; c++)
            call(j, kind);
        const double time = (now() - start) / (double)calls;
        if (time < best) best = time;
    }
    return best;
}

static double limit(const shape *s)
{
    double flops = 0, units = 0;
    for (size_t l = 1; l <= s->layers; l++) {
        flops += 4 * (double)s->sizes[l] * (double)(s->sizes[l - 1] + 1);
        if (l > 1) flops += 2 * (double)s->sizes[l] * (double)s->sizes[l - 1];
        if (l < s->layers) units += (double)s->sizes[l];
    }
    return (double)s->rows * (flops / 111 + 0.42 * units + 0.36 * (double)s->sizes[s->layers]) * 1e-3;
}

static void run(const shape *s, el4ml_kernel_set set)
{
    el4ml_random random = el4ml_random_new(1, 1, 1);
    el4ml_dataset d = {.rows = s->rows, .inputs = s->sizes[0], .classes = s->sizes[s->layers]};
    d.x = malloc(d.rows * d.inputs * sizeof *d.x);
    d.label = malloc(d.rows * sizeof *d.label);
    if (!d.x || !d.label) exit(1);
    for (size_t i = 0; i < d.rows * d.inputs; i++)
        d.x[i] = el4ml_random_normal(&random);
    for (size_t i = 0; i < d.rows; i++)
        d.label[i] = (int32_t)el4ml_random_below(&random, d.classes);
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.l2 = 1e-3;
    o.hidden_layers = s->layers - 1;
    for (size_t l = 1; l < s->layers; l++)
        o.hidden[l - 1] = s->sizes[l];
    el4ml_surface *surface;
    job j;
    if (el4ml_mlp_new_with(&o, &d, set, &surface, NULL) != EL4ML_OK ||
        el4ml_evaluator_init(&j.e, surface, NULL) != EL4ML_OK)
        exit(1);
    const size_t n = j.e.n;
    const bool small = n <= 800;
    j.x = malloc(n * sizeof(double));
    j.g = malloc(n * sizeof(double));
    j.v = malloc(VECTORS * n * sizeof(double));
    j.hv = malloc(VECTORS * n * sizeof(double));
    j.h = malloc((n <= 4000 ? n * n : 1) * sizeof(double));
    if (!j.x || !j.g || !j.v || !j.hv || !j.h) exit(1);
    el4ml_initialise(&j.e, &random, j.x);
    for (size_t i = 0; i < VECTORS * n; i++)
        j.v[i] = el4ml_random_normal(&random);
    const double length = small ? 20000 : 100000;
    const int repetitions = small ? 15 : 5;
    const double g = least(&j, GRADIENT, length, repetitions), best = limit(s);
    printf("%-44.44s %9.2f us  target %8.1f  limit %9.2f (%.2f)  value %9.2f  Hv %5.2f g  of %d %5.2f g",
           surface->info.description, g, s->target, best, best / g,
           least(&j, VALUE_ONLY, length, repetitions), least(&j, PRODUCT, length, repetitions) / g, VECTORS,
           least(&j, PRODUCTS, length, repetitions) / VECTORS / g);
    if (n <= 4000)
        printf("  Hessian %9.1f us (%g)", least(&j, HESSIAN, length, small ? repetitions : 2),
               s->hessian_target);
    printf("\n");
    fflush(stdout);
    el4ml_evaluator_clear(&j.e);
    el4ml_surface_free(surface);
    free(d.x);
    free(d.label);
    free(j.x);
    free(j.g);
    free(j.v);
    free(j.hv);
    free(j.h);
}

int main(int count, char **arguments)
{
    el4ml_kernel_set set = el4ml_best_kernel_set();
    for (el4ml_kernel_set k = EL4ML_BASELINE; count > 1 && k < set; k++)
        if (strcmp(arguments[1], el4ml_kernel_set_name(k)) == 0) set = k;
    printf("kernels: %s\n", el4ml_kernel_set_name(set));
    const bool brief = count > 1 && strcmp(arguments[1], "--brief") == 0;
    const size_t all = sizeof shapes / sizeof *shapes;
    for (size_t i = 0; i < (brief ? BRIEF_SHAPES : all); i++)
        run(&shapes[i], set);
    return 0;
}
