/* What a minimum costs with each minimiser: from the same random starts to RMS 1e-9, on one thread. Calls are
 * gradients (mini-batches by their share of the rows), Hessians and Hessian-vector products; time is CPU
 * time. The points are then proved, and the distinct minima counted, outside of the measurement. `--brief`:
 * few starts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "el4ml.h"

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(const el4ml_error *error)
{
    fprintf(stderr, "bench_minimisers: %s\n", el4ml_error_message(error));
    exit(1);
}

static el4ml_surface *iris(size_t hidden, double l2)
{
    el4ml_error error = {0};
    el4ml_data_options options = el4ml_data_options_default();
    options.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    options.target = "species";
    options.classification = true;
    el4ml_mlp_options net = el4ml_mlp_options_default();
    net.hidden_layers = 1;
    net.hidden[0] = hidden;
    net.l2 = l2;
    el4ml_data *data;
    el4ml_surface *surface;
    if (el4ml_data_read(&options, &data, &error) != EL4ML_OK) stop(&error);
    if (el4ml_mlp_new(&net, &data->train, &surface, &error) != EL4ML_OK) stop(&error);
    el4ml_data_free(data);
    return surface;
}

static el4ml_surface *cluster(size_t atoms)
{
    el4ml_error error = {0};
    el4ml_surface *surface;
    if (el4ml_lennard_jones_new(atoms, &surface, &error) != EL4ML_OK) stop(&error);
    return surface;
}

/* What a minimiser's points are: proved minima, and how many different ones. */
typedef struct collection {
    el4ml_searcher *searcher;
    double *x; /* (capacity, n) */
    double *energy;
    size_t count;
    size_t saddles;
} collection;

static void collect(collection *c, const double *x, size_t n)
{
    double *mine = c->x + c->count * n;
    el4ml_evaluator *e = el4ml_searcher_evaluator(c->searcher);
    el4ml_stationary p = {.x = mine};
    memcpy(mine, x, n * sizeof *x);
    if (el4ml_characterise(c->searcher, &p) != EL4ML_OK || p.index > 0) {
        c->saddles++;
        return;
    }
    for (size_t k = 0; k < c->count; k++) {
        bool same = false;
        if (fabs(c->energy[k] - p.energy) > 1e-9 * fmax(1, fabs(p.energy))) continue;
        const el4ml_status status = el4ml_same(e, c->x + k * n, mine, 1e-3, &same);
        if (status == EL4ML_OK && same) return;
    }
    c->energy[c->count++] = p.energy;
}

static void measure(const el4ml_surface *surface, const char *name, const el4ml_minimise_options *options,
                    size_t starts)
{
    el4ml_error error = {0};
    const size_t n = surface->info.dimension;
    el4ml_evaluator e;
    el4ml_minimiser *m;
    collection c = {.x = EL4ML_NEW(double, (starts + 1) * n), .energy = EL4ML_NEW(double, starts + 1)};
    double *x = EL4ML_NEW(double, n), seconds = 0;
    const el4ml_search_options search = el4ml_search_options_default();
    if (!c.x || !c.energy || !x) exit(1);
    if (el4ml_evaluator_init(&e, surface, &error) != EL4ML_OK) stop(&error);
    if (el4ml_minimiser_new(&e, options, &m, &error) != EL4ML_OK) stop(&error);
    if (el4ml_searcher_new(surface, &search, &c.searcher, &error) != EL4ML_OK) stop(&error);
    size_t failures = 0;
    uint64_t descent = 0;
    for (size_t job = 0; job < starts; job++) {
        el4ml_random random = el4ml_random_new(1, 2, job);
        el4ml_minimise_result r;
        el4ml_initialise(&e, &random, x);
        el4ml_minimiser_random(m, el4ml_random_new(1, 4, job));
        const double began = cpu_seconds();
        const el4ml_status status = el4ml_minimise(m, x, x, &r);
        seconds += cpu_seconds() - began;
        descent += r.descent_evaluations;
        if (status == EL4ML_OK)
            collect(&c, x, n);
        else
            failures++;
    }
    const double good = (double)(starts - failures - c.saddles);
    printf("  %-22s %9.1f %9.1f %9.2f %9.2f %9.1f %6zu %6zu %6zu\n", name, (double)e.cost.evaluations / good,
           (double)descent / good, (double)e.cost.hessians / good, (double)e.cost.hessian_products / good,
           1e6 * seconds / good, c.count, failures, c.saddles);
    el4ml_searcher_free(c.searcher);
    el4ml_minimiser_free(m);
    el4ml_evaluator_clear(&e);
    el4ml_release(c.x);
    el4ml_release(c.energy);
    el4ml_release(x);
}

static void compare(el4ml_surface *surface, size_t starts)
{
    static const size_t histories[] = {10, 24, 100, 500};
    static const struct {
        const char *name;
        el4ml_minimise_method method;
    } others[] = {{"conjugate-gradient", EL4ML_CONJUGATE_GRADIENT},
                  {"adam", EL4ML_ADAM},
                  {"sgd", EL4ML_SGD},
                  {"sam", EL4ML_SAM},
                  {"entropy-sgd", EL4ML_ENTROPY_SGD}};
    el4ml_minimise_options options = el4ml_minimise_options_default();
    printf("%s, n = %zu, %zu random starts\n  %-22s %9s %9s %9s %9s %9s %6s %6s %6s\n",
           surface->info.description, surface->info.dimension, starts, "per minimum:", "gradients",
           "(descent)", "Hessians", "products", "us", "minima", "failed", "saddle");
    measure(surface, "newton-lbfgs", &options, starts);
    options.method = EL4ML_LBFGS;
    for (size_t k = 0; k < sizeof histories / sizeof *histories; k++) {
        char name[32];
        options.history = histories[k];
        snprintf(name, sizeof name, "lbfgs, history %zu", histories[k]);
        measure(surface, name, &options, starts);
    }
    options = el4ml_minimise_options_default();
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        options.method = others[k].method;
        measure(surface, others[k].name, &options, starts);
    }
    options.training.batch_size = 0;
    for (size_t k = 1; surface->info.rows > 0 && k < 3; k++) {
        char name[64];
        options.method = others[k].method;
        snprintf(name, sizeof name, "%s, whole gradient", others[k].name);
        measure(surface, name, &options, starts);
    }
    el4ml_surface_free(surface);
}

int main(int count, char **words)
{
    const size_t starts = count > 1 && strcmp(words[1], "--brief") == 0 ? 10 : 300;
    compare(iris(5, 1e-4), starts);
    compare(iris(5, 1e-3), starts);
    compare(iris(10, 1e-4), starts);
    compare(cluster(13), starts);
    return 0;
}
