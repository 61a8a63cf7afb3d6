/* The perceptron's kernels: loss and gradient, Hessian-vector products, full Hessians. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "el4ml.h"
#include "measure.h"

typedef struct shape {
    const char *file, *target; /* of examples/data; NULL: synthetic, of `rows` rows */
    size_t rows, sizes[5], layers;
    double gradient, hessian; /* targets in us */
    const char *gradient_then, *product_then, *hessian_then;
    bool products;
} shape;

static const shape shapes[] = {
    {"iris.csv", "species", 150, {4, 5, 3}, 2, 1.5, 0, "GMIN 50 us", NULL, "GMIN 570 us", false},
    {"iris.csv",
     "species",
     150,
     {4, 10, 3},
     2,
     2.1,
     30,
     "PyTorch 117, numpy 49 us",
     "PyTorch 291 us",
     "PyTorch 13600 us",
     true},
    {"wine.csv", "cultivar", 178, {13, 10, 3}, 2, 3.2, 0, "PyTorch 139, numpy 52 us", NULL, NULL, false},
    {"breast_cancer.csv",
     "diagnosis",
     569,
     {30, 20, 2},
     2,
     26,
     4000,
     "PyTorch 282, numpy 129 us",
     NULL,
     "PyTorch 170000 us",
     true},
    {"digits.csv", "digit", 1797, {64, 50, 10}, 2, 390, 0, "PyTorch 1435, numpy 946 us", NULL, NULL, true},
    {"digits.csv",
     "digit",
     1797,
     {64, 30, 30, 10},
     3,
     385,
     0,
     "PyTorch 1616, numpy 1071 us",
     NULL,
     NULL,
     false},
    {"digits.csv", "digit", 1797, {64, 60, 20, 10}, 3, 0, 0, NULL, NULL, NULL, true},
    {NULL, NULL, 10000, {784, 64, 10}, 2, 29000, 0, "PyTorch 47300, numpy 40700 us", NULL, NULL, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, BRIEF_SHAPES = 3, VECTORS = 8, LARGEST_HESSIAN = 800 };

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

static void product(void *argument)
{
    job *j = argument;
    const el4ml_surface *s = j->e.surface;
    s->ops.hessian_vector(s->self, j->e.workspace, j->x, 1, j->v, j->hv);
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

/* ---- Limits, in us: flops at the peak, and the time of tanh and exp ---- */

static double transcendental(const shape *s, const machine *m)
{
    double units = 0;
    for (size_t l = 1; l < s->layers; l++)
        units += (double)s->sizes[l];
    return (double)s->rows * (m->tanh * units + m->exp * (double)s->sizes[s->layers]) * 1e-3;
}

/* Of the gradient: forward and weights' gradient for every layer, error signals for all but the first. */
static double gradient_flops(const shape *s)
{
    double flops = 0;
    for (size_t l = 1; l <= s->layers; l++) {
        flops += 4 * (double)s->sizes[l] * (double)(s->sizes[l - 1] + 1);
        if (l > 1) flops += 2 * (double)s->sizes[l] * (double)s->sizes[l - 1];
    }
    return (double)s->rows * flops;
}

static double gradient_limit(const shape *s, const machine *m)
{
    return gradient_flops(s) / m->gflops * 1e-3 + transcendental(s, m);
}

/* Of `vectors` products, each: the derivative of every product above, two terms by the product rule except
 * where the inputs are concerned; and a share of the values and error signals that they all use. */
static double product_limit(const shape *s, const machine *m, double vectors)
{
    double change = 0, common = 0;
    for (size_t l = 1; l <= s->layers; l++) {
        const double weights = (double)s->sizes[l] * (double)(s->sizes[l - 1] + 1),
                     inner = (double)s->sizes[l] * (double)s->sizes[l - 1];
        change += l > 1 ? 4 * weights + 8 * inner : 4 * weights;
        common += l > 1 ? 2 * weights + 2 * inner : 2 * weights;
    }
    return (double)s->rows * (change + common / vectors) / m->gflops * 1e-3 + transcendental(s, m) / vectors;
}

/* One multiply-add a point and number to be summed: the pairs (unit, unit) times pairs (input, input) of a
 * layer, each once; between layers all pairs of parameters. */
static double hessian_limit(const shape *s, const machine *m)
{
    double sums = 0;
    for (size_t l = 1; l <= s->layers; l++) {
        const double units = (double)s->sizes[l], in = (double)s->sizes[l - 1] + 1;
        sums += units * (units + 1) * in * (in + 1) / 4;
        for (size_t k = l + 1; k <= s->layers; k++)
            sums += units * in * (double)s->sizes[k] * (double)(s->sizes[k - 1] + 1);
    }
    return (double)s->rows * 2 * sums / m->gflops * 1e-3 + transcendental(s, m);
}

/* ---- Cases ---- */

/* Standardised file, or sin(1), sin(2), ... with the classes in turn; rivals.py takes the same. */
static el4ml_dataset synthetic(const shape *s)
{
    el4ml_dataset d = {.rows = s->rows, .inputs = s->sizes[0], .classes = s->sizes[s->layers]};
    d.x = malloc(d.rows * d.inputs * sizeof *d.x);
    d.label = malloc(d.rows * sizeof *d.label);
    if (!d.x || !d.label) exit(1);
    for (size_t i = 0; i < d.rows * d.inputs; i++)
        d.x[i] = sin(1.0 + (double)i);
    for (size_t i = 0; i < d.rows; i++)
        d.label[i] = (int32_t)(i % d.classes);
    return d;
}

static el4ml_surface *surface_of(const shape *s, const el4ml_dataset *d)
{
    el4ml_mlp_options o = el4ml_mlp_options_default();
    el4ml_error error;
    el4ml_surface *surface;
    o.l2 = 1e-3;
    o.hidden_layers = s->layers - 1;
    for (size_t l = 1; l < s->layers; l++)
        o.hidden[l - 1] = s->sizes[l];
    if (el4ml_mlp_new(&o, d, &surface, &error) == EL4ML_OK) return surface;
    fprintf(stderr, "bench_mlp: %s\n", el4ml_error_message(&error));
    exit(1);
}

static void report(const shape *s, job *j, bool brief, const char *net)
{
    const bool small = j->e.n <= 200;
    const double length = brief ? 500 : small ? 10000 : 50000;
    const int repetitions = brief ? 3 : small ? 15 : 5;
    char name[64];
    machine m = measure_machine(el4ml_best_kernel_set());
    snprintf(name, sizeof name, "gradient %s", net);
    line l = {.name = name, .unit = "us", .target = s->gradient, .then = s->gradient_then};
    l.limit = gradient_limit(s, &m);
    l.scale = l.limit / gradient_limit(s, &machine_of_targets);
    const double g = l.ours = least_time(gradient, j, length, repetitions);
    table_line(&l);
    if (s->products) {
        m = measure_machine(el4ml_best_kernel_set());
        snprintf(name, sizeof name, "H v %s, one", net);
        l = (line){.name = name, .unit = "us", .target = 2.5 * g, .scale = 1, .then = s->product_then};
        l.limit = product_limit(s, &m, 1);
        const double one = l.ours = least_time(product, j, length, repetitions);
        table_line(&l);
        snprintf(name, sizeof name, "H v %s, each of %d", net, VECTORS);
        l = (line){
            .name = name, .unit = "us", .target = one, .scale = 1, .limit = product_limit(s, &m, VECTORS)};
        l.ours = least_time(products, j, length, repetitions) / VECTORS;
        table_line(&l);
    }
    if (j->h) {
        m = measure_machine(el4ml_best_kernel_set());
        snprintf(name, sizeof name, "Hessian %s", net);
        l = (line){.name = name, .unit = "us", .target = s->hessian, .then = s->hessian_then};
        l.limit = hessian_limit(s, &m);
        l.scale = l.limit / hessian_limit(s, &machine_of_targets);
        l.ours = least_time(hessian, j, length, repetitions);
        table_line(&l);
    }
}

static double *doubles(size_t count)
{
    double *x = malloc(count * sizeof *x);
    if (!x) exit(1);
    return x;
}

static void run(const shape *s, bool brief)
{
    el4ml_data *data = NULL;
    el4ml_dataset made = {0};
    el4ml_error error;
    if (s->file) {
        el4ml_data_options options = el4ml_data_options_default();
        char path[400];
        snprintf(path, sizeof path, "%s/examples/data/%s", EL4ML_SOURCE_DIR, s->file);
        options.file = path;
        options.target = s->target;
        options.classification = true;
        if (el4ml_data_read(&options, &data, &error) != EL4ML_OK) {
            fprintf(stderr, "bench_mlp: %s\n", el4ml_error_message(&error));
            exit(1);
        }
    } else {
        made = synthetic(s);
    }
    el4ml_surface *surface = surface_of(s, data ? &data->train : &made);
    job j;
    if (el4ml_evaluator_init(&j.e, surface, NULL) != EL4ML_OK) exit(1);
    const size_t n = j.e.n;
    j.x = doubles(n);
    j.g = doubles(n);
    j.v = doubles(VECTORS * n);
    j.hv = doubles(VECTORS * n);
    j.h = n <= LARGEST_HESSIAN ? doubles(n * n) : NULL;
    el4ml_random random = el4ml_random_new(1, 1, 1);
    el4ml_initialise(&j.e, &random, j.x);
    for (size_t i = 0; i < VECTORS * n; i++)
        j.v[i] = el4ml_random_normal(&random);
    char net[48];
    size_t at = (size_t)snprintf(net, sizeof net, "%zu", s->sizes[0]);
    for (size_t l = 1; l <= s->layers; l++)
        at += (size_t)snprintf(net + at, sizeof net - at, "-%zu", s->sizes[l]);
    report(s, &j, brief, net);
    el4ml_evaluator_clear(&j.e);
    el4ml_surface_free(surface);
    el4ml_data_free(data);
    free(made.x);
    free(made.label);
    free(j.x);
    free(j.g);
    free(j.v);
    free(j.hv);
    free(j.h);
}

int main(int count, char **words)
{
    const bool brief = table_begin(count, words);
    for (size_t i = 0; i < (brief ? BRIEF_SHAPES : SHAPES); i++)
        run(&shapes[i], brief);
    return 0;
}
