/* The Lennard-Jones cluster's kernels. */
#include <stdio.h>
#include <stdlib.h>

#include "el4ml.h"
#include "measure.h"

enum { VECTORS = 8 };

typedef struct job {
    el4ml_evaluator e;
    double *x, *g, *v, *hv, *h;
} job;

static void gradient(void *argument)
{
    job *j = argument;
    double value;
    const el4ml_surface *s = j->e.surface;
    s->ops.value_gradient(s->self, j->e.workspace, j->x, &value, j->g);
}

static void products(void *argument)
{
    job *j = argument;
    const el4ml_surface *s = j->e.surface;
    s->ops.hessian_vector(s->self, j->e.workspace, j->x, VECTORS, j->v, j->hv);
}

static void hessian(void *argument)
{
    job *j = argument;
    const el4ml_surface *s = j->e.surface;
    s->ops.hessian(s->self, j->e.workspace, j->x, j->h);
}

/* A pair once: 3 for the difference, 5 for its square, 2 for the inverse sixth power, 3 for the slope, 3 for
 * the energy, 6 for the force on each atom, and a division. */
static double gradient_limit(size_t atoms, const machine *m)
{
    const double pairs = (double)(atoms * (atoms - 1) / 2);
    return pairs * (28 / m->gflops + m->divide) * 1e-3;
}

static double *doubles(size_t count)
{
    double *x = malloc(count * sizeof *x);
    if (!x) exit(1);
    return x;
}

static void run(size_t atoms, double target, const char *then, bool brief)
{
    el4ml_error error;
    el4ml_surface *surface;
    job j;
    if (el4ml_lennard_jones_new(atoms, &surface, &error) != EL4ML_OK ||
        el4ml_evaluator_init(&j.e, surface, &error) != EL4ML_OK) {
        fprintf(stderr, "bench_cluster: %s\n", el4ml_error_message(&error));
        exit(1);
    }
    const size_t n = j.e.n;
    j.x = doubles(n);
    j.g = doubles(n);
    j.v = doubles(VECTORS * n);
    j.hv = doubles(VECTORS * n);
    j.h = doubles(n * n);
    el4ml_random random = el4ml_random_new(1, 1, 1);
    el4ml_initialise(&j.e, &random, j.x);
    for (size_t i = 0; i < VECTORS * n; i++)
        j.v[i] = el4ml_random_normal(&random);
    const double length = brief ? 500 : 10000;
    const int repetitions = brief ? 3 : 15;
    char name[48];
    const machine m = measure_machine(el4ml_best_kernel_set());
    snprintf(name, sizeof name, "gradient LJ%zu", atoms);
    table_line(&(line){.name = name,
                       .ours = least_time(gradient, &j, length, repetitions),
                       .unit = "us",
                       .target = target,
                       .scale = machine_of_targets.gflops / m.gflops,
                       .limit = gradient_limit(atoms, &m),
                       .then = then});
    snprintf(name, sizeof name, "H v LJ%zu, each of %d", atoms, VECTORS);
    table_line(
        &(line){.name = name, .ours = least_time(products, &j, length, repetitions) / VECTORS, .unit = "us"});
    snprintf(name, sizeof name, "Hessian LJ%zu", atoms);
    table_line(&(line){.name = name, .ours = least_time(hessian, &j, length, repetitions), .unit = "us"});
    el4ml_evaluator_clear(&j.e);
    el4ml_surface_free(surface);
    free(j.x);
    free(j.g);
    free(j.v);
    free(j.hv);
    free(j.h);
}

int main(int count, char **words)
{
    const bool brief = table_begin(count, words);
    run(13, 0.15, "pele 0.36, GMIN 1.26 us", brief);
    run(38, 1.0, "pele 3.25, GMIN 4.9 us", brief);
    return 0;
}
