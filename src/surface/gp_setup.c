/* From options and data to a Gaussian process: checks, bounds and priors of each parameter, names. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "surface/gp.h"

el4ml_gp_options el4ml_gp_options_default(void)
{
    el4ml_gp_options o = {.kernel = "se", .jitter = 1e-10};
    for (int c = 0; c < EL4ML_GP_CLASSES; c++) {
        o.bounds[c][0] = c == EL4ML_GP_NU ? 0.25 : 1e-2;
        o.bounds[c][1] = c == EL4ML_GP_NU ? 25 : 1e2;
    }
    return o;
}

#define EL4ML_GP_MOST 1e50 /* squares and inverses of a hyperparameter stay finite */

static const char *const class_names[] = {"signal", "length", "alpha", "nu", "noise"};

static el4ml_status check(const el4ml_gp_options *o, const el4ml_dataset *train, el4ml_error *error)
{
    if (train->classes > 0 || train->targets != 1)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "a Gaussian process takes one target that is a number");
    if (train->rows < 2)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "a Gaussian process takes two rows at least");
    if (!(o->jitter >= 0) || !isfinite(o->jitter))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "jitter must be a finite number, at least 0");
    for (int c = 0; c < EL4ML_GP_CLASSES; c++)
        if (o->prior[c][1] != 0 && !(o->prior[c][0] > 0 && o->prior[c][1] > 0))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "the prior of %s takes a median and a spread, both above 0", class_names[c]);
    return EL4ML_OK;
}

/* ---- what a parameter is ---- */

/* Terms and factors are named where there are several, a factor by number where its kernel comes twice. */
static void prefix(const el4ml_gp *g, size_t t, size_t f, char *name)
{
    const el4ml_gp_term *term = &g->e.term[t];
    int used = 0;
    name[0] = '\0';
    if (g->e.terms > 1) used = snprintf(name, 32, "term%zu.", t + 1);
    if (f == SIZE_MAX || term->factors == 1) return;
    size_t same = 0, before = 0;
    for (size_t k = 0; k < term->factors; k++) {
        same += term->factor[k].form == term->factor[f].form;
        before += k < f && term->factor[k].form == term->factor[f].form;
    }
    used += snprintf(name + used, 32, "%s", el4ml_gp_form_name(term->factor[f].form));
    if (same > 1) used += snprintf(name + used, 24, "%zu", before + 1);
    snprintf(name + used, 2, ".");
}

typedef struct naming {
    el4ml_gp *g;
    const el4ml_gp_options *options;
    const char *const *inputs;
    el4ml_error *error;
    bool good;
} naming;

static void set(naming *n, size_t p, el4ml_gp_class class, const char *name)
{
    const el4ml_gp_options *o = n->options;
    const double *bounds = o->each ? o->each + 2 * p : o->bounds[class];
    const double *prior = o->prior[class];
    const bool limits =
        class != EL4ML_GP_NU || (bounds[0] >= EL4ML_GP_LEAST_NU && bounds[1] <= EL4ML_GP_MOST_NU);
    n->g->lower[p] = log(bounds[0]);
    n->g->upper[p] = log(bounds[1]);
    n->g->prior_mean[p] = prior[1] > 0 ? log(prior[0]) : 0;
    n->g->prior_spread[p] = prior[1];
    n->g->names[p] = el4ml_copy_text(name);
    if (!n->good) return;
    n->good = n->g->names[p] && bounds[0] >= 1 / EL4ML_GP_MOST && bounds[0] < bounds[1] &&
              bounds[1] <= EL4ML_GP_MOST && limits;
    if (n->good) return;
    if (!n->g->names[p])
        el4ml_fail(n->error, EL4ML_OUT_OF_MEMORY, "Gaussian process: out of memory");
    else if (!limits)
        el4ml_fail(n->error, EL4ML_BAD_INPUT, "bounds of %s must lie within %g and %g", name,
                   EL4ML_GP_LEAST_NU, EL4ML_GP_MOST_NU);
    else
        el4ml_fail(n->error, EL4ML_BAD_INPUT, "bounds of %s must be [low, high], low < high, from %g to %g",
                   name, 1 / EL4ML_GP_MOST, EL4ML_GP_MOST);
}

static void set_factor(naming *n, size_t t, size_t f)
{
    const el4ml_gp_factor *factor = &n->g->e.term[t].factor[f];
    char before[96], name[EL4ML_GP_NAME];
    prefix(n->g, t, f, before);
    for (size_t k = 0; k < el4ml_gp_lengths(factor); k++) {
        const size_t input = factor->input[k];
        if (!factor->ard)
            snprintf(name, sizeof name, "%slength", before);
        else if (n->inputs)
            snprintf(name, sizeof name, "%slength(%s)", before, el4ml_excerpt_of(n->inputs[input]).text);
        else
            snprintf(name, sizeof name, "%slength(x%zu)", before, input);
        set(n, factor->length + k, EL4ML_GP_LENGTH, name);
    }
    if (factor->shape == SIZE_MAX) return;
    const bool nu = factor->form == EL4ML_GP_MATERN;
    snprintf(name, sizeof name, "%s%s", before, nu ? "nu" : "alpha");
    set(n, factor->shape, nu ? EL4ML_GP_NU : EL4ML_GP_ALPHA, name);
}

static el4ml_status name_parameters(naming *n)
{
    el4ml_gp *g = n->g;
    char before[96], name[EL4ML_GP_NAME];
    if (n->options->each && n->options->each_count != g->e.parameters)
        return el4ml_fail(n->error, EL4ML_BAD_INPUT, "bounds: %zu pairs for %zu hyperparameters",
                          n->options->each_count, g->e.parameters);
    for (size_t t = 0; t < g->e.terms; t++) {
        prefix(g, t, SIZE_MAX, before);
        snprintf(name, sizeof name, "%ssignal", before);
        set(n, g->e.term[t].signal, EL4ML_GP_SIGNAL, name);
        for (size_t f = 0; f < g->e.term[t].factors; f++)
            set_factor(n, t, f);
    }
    set(n, g->e.parameters - 1, EL4ML_GP_NOISE, "noise");
    return n->good ? EL4ML_OK : (n->error ? n->error->status : EL4ML_BAD_INPUT);
}

/* ---- data ---- */

static double nearest_pair(const el4ml_gp *g)
{
    double nearest = INFINITY;
    for (size_t j = 0; j < g->inputs; j++)
        for (size_t i = 0; i < g->rows; i++)
            for (size_t k = 0; k < i; k++) {
                const double d = g->x[j * g->size + i] - g->x[j * g->size + k];
                if (d != 0) nearest = fmin(nearest, d * d);
            }
    return fmax(isfinite(nearest) ? nearest : 1, 1e-280);
}

static void copy_rows(el4ml_gp *g, const el4ml_dataset *train)
{
    for (size_t i = 0; i < g->rows; i++) {
        g->y[i] = train->y[i];
        for (size_t j = 0; j < g->inputs; j++)
            g->x[j * g->size + i] = train->x[i * g->inputs + j];
    }
    g->nearest = nearest_pair(g);
}

static bool allocate(el4ml_gp *g)
{
    const size_t n = g->e.parameters;
    g->block = EL4ML_NEW(double, (g->inputs + 1) * g->size + 4 * n);
    g->names = EL4ML_NEW(char *, n);
    if (!g->block || !g->names) return false;
    g->x = g->block;
    g->y = g->x + g->inputs * g->size;
    g->lower = g->y + g->size;
    g->upper = g->lower + n;
    g->prior_mean = g->upper + n;
    g->prior_spread = g->prior_mean + n;
    return true;
}

static void describe(const el4ml_gp *g, const el4ml_gp_options *o, el4ml_surface_info *info)
{
    const double n = (double)g->rows, pairs = n * n / 2, inputs = (double)g->inputs;
    info->dimension = g->e.parameters;
    info->lower = g->lower;
    info->upper = g->upper;
    info->coordinate_names = (const char *const *)g->names;
    info->evaluation_flops = n * n * n + pairs * (double)g->e.terms * (40 + 6 * inputs);
    snprintf(info->description, sizeof info->description,
             "Gaussian process, %s%s, %zu rows, %zu input%s, jitter %g", el4ml_excerpt_of(o->kernel).text,
             o->ard ? " (ARD)" : "", g->rows, g->inputs, g->inputs == 1 ? "" : "s", g->jitter);
}

el4ml_status el4ml_gp_build(const el4ml_gp_options *options, const el4ml_dataset *train,
                            const char *const *input_names, el4ml_gp **made, el4ml_surface_info *info,
                            el4ml_error *error)
{
    el4ml_status status = check(options, train, error);
    if (status != EL4ML_OK) return status;
    el4ml_gp *g = EL4ML_NEW(el4ml_gp, 1);
    if (!g) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "Gaussian process: out of memory");
    g->rows = train->rows;
    g->size = (train->rows + 7) / 8 * 8;
    g->inputs = train->inputs;
    g->jitter = options->jitter;
    status = el4ml_gp_parse(options, train->inputs, input_names, &g->e, error);
    if (status == EL4ML_OK && !allocate(g))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "Gaussian process: out of memory");
    naming n = {g, options, input_names, error, true};
    if (status == EL4ML_OK) status = name_parameters(&n);
    if (status != EL4ML_OK) {
        el4ml_gp_free(g);
        return status;
    }
    copy_rows(g, train);
    describe(g, options, info);
    *made = g;
    return EL4ML_OK;
}
