/* Advice for a Gaussian process: ways of predicting, side by side, and what follows. */
#include <math.h>

#include "base/memory.h"
#include "insight/gp_pool.h"

static const struct {
    const char *name;
    el4ml_sampling method;
    bool guided;
} samplers[] = {{"importance", EL4ML_IMPORTANCE, true},   {"slice", EL4ML_SLICE_SAMPLING, false},
                {"slice", EL4ML_SLICE_SAMPLING, true},    {"hamiltonian", EL4ML_HAMILTONIAN, false},
                {"hamiltonian", EL4ML_HAMILTONIAN, true}, {"sequential", EL4ML_SEQUENTIAL, false},
                {"sequential", EL4ML_SEQUENTIAL, true}};

enum { SAMPLERS = sizeof samplers / sizeof *samplers, POINT = 0, MINIMA = 1, IMPORTANCE = 2 };

typedef struct task {
    el4ml_landscape *landscape;
    const el4ml_surface *surface;
    const el4ml_data *data;
    const el4ml_gp_advice_options *options;
    el4ml_gp_advice *advice;
    el4ml_guide *guide;
    const double **x; /* (minima) */
    double *share;    /* (minima) of the posterior about each, by importance sampling; (minima) scratch */
    el4ml_gp_pool *pool[EL4ML_GP_WAYS];
    el4ml_error *error;
} task;

el4ml_gp_advice_options el4ml_gp_advice_options_default(void)
{
    return (el4ml_gp_advice_options){.threshold = 0.01, .effective = 400, .budget = 200000, .seed = 1};
}

const char *el4ml_gp_verdict_text(el4ml_gp_verdict verdict)
{
    static const char *const texts[] = {"point estimate", "mixture over minima", "full sampling",
                                        "undecided"};
    return texts[verdict];
}

void el4ml_gp_advice_clear(el4ml_gp_advice *a)
{
    el4ml_release(a->occupation);
    *a = (el4ml_gp_advice){0};
}

static el4ml_status no_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "gp-advice: out of memory");
}

/* ---- the landscape ---- */

static el4ml_status weigh(task *t, const el4ml_network *network)
{
    el4ml_gp_advice *a = t->advice;
    a->occupation = EL4ML_NEW(double, a->minima);
    t->x = EL4ML_NEW(const double *, a->minima);
    t->share = EL4ML_NEW(double, 2 * a->minima);
    if (!a->occupation || !t->x || !t->share) return no_memory(t->error);
    el4ml_occupation(network, 1, a->occupation, NULL);
    double entropy = 0;
    for (size_t k = 0; k < a->minima; k++) {
        const el4ml_record *r = el4ml_landscape_record(t->landscape, EL4ML_MINIMUM, k);
        t->x[k] = r->point.x;
        a->on_bounds += r->point.active > 0;
        a->counted += a->occupation[k] > 0;
        if (a->occupation[k] > 0) entropy -= a->occupation[k] * log(a->occupation[k]);
    }
    a->effective_minima = exp(entropy);
    if (a->counted > 0) return EL4ML_OK;
    return el4ml_fail(
        t->error, EL4ML_BAD_INPUT,
        "gp-advice: no minimum has a weight: none was found, or each has a multiplier near zero");
}

static el4ml_status read_landscape(task *t, const el4ml_study *study)
{
    el4ml_gp_advice *a = t->advice;
    el4ml_analysis analysis;
    el4ml_status status = el4ml_analyse(t->landscape, study, NULL, NULL, &analysis, t->error);
    if (status != EL4ML_OK) return status;
    const el4ml_totals *totals = el4ml_landscape_totals(t->landscape);
    a->minima = analysis.network->node_count;
    a->funnels = analysis.funnels->count;
    a->point = analysis.summary.global_minimum;
    a->landscape_evaluations = totals->evaluations;
    a->landscape_hessians = totals->hessians;
    status = weigh(t, analysis.network);
    el4ml_analysis_clear(&analysis);
    if (status == EL4ML_OK)
        status = el4ml_guide_new(t->surface, t->x, a->occupation, a->minima, &t->guide, t->error);
    return status;
}

/* ---- ways of predicting ---- */

static void begin_way(task *t, size_t k, const char *name, bool guided)
{
    const double none = (double)NAN;
    t->advice->way[k] = (el4ml_gp_way){.name = name,
                                       .guided = guided,
                                       .divergence = none,
                                       .log_density = none,
                                       .gain = none,
                                       .gain_error = none,
                                       .rmse = none,
                                       .effective = none,
                                       .r_hat = none,
                                       .missed = EL4ML_NONE,
                                       .log_evidence = none};
}

static el4ml_status add_minima(task *t)
{
    el4ml_gp_advice *a = t->advice;
    const double one = 1;
    begin_way(t, POINT, "point", true);
    begin_way(t, MINIMA, "minima", true);
    el4ml_status status =
        el4ml_gp_pool_new(t->surface, t->data, t->x + a->point, &one, 1, &t->pool[POINT], t->error);
    if (status == EL4ML_OK)
        status = el4ml_gp_pool_new(t->surface, t->data, t->x, a->occupation, a->minima, &t->pool[MINIMA],
                                   t->error);
    for (size_t k = 0; status == EL4ML_OK && k < 2; k++)
        a->way[k].settings = t->pool[k]->count;
    return status;
}

/* Chains that all began about one minimum agree on it, and no diagnostic of theirs tells; the landscape knows
 * where else to look. */
#define GOOD_SHARE 0.05
#define NONE_TO_SPEAK_OF 0.1 /* of what it should be */

size_t el4ml_gp_missed(const double *right, const double *found, size_t minima)
{
    size_t worst = EL4ML_NONE;
    for (size_t k = 0; k < minima; k++) {
        if (right[k] < GOOD_SHARE || found[k] >= NONE_TO_SPEAK_OF * right[k]) continue;
        if (worst == EL4ML_NONE || right[k] > right[worst]) worst = k;
    }
    return worst;
}

static size_t missed_minimum(task *t, size_t way, const el4ml_samples *s)
{
    const size_t minima = t->advice->minima;
    double *share = way == IMPORTANCE ? t->share : t->share + minima;
    for (size_t k = 0; k < minima; k++)
        share[k] = 0;
    for (size_t i = 0; i < s->count; i++) {
        const size_t k = el4ml_guide_nearest(t->guide, s->x + i * s->n);
        if (k != SIZE_MAX) share[k] += s->weight[i];
    }
    return el4ml_gp_missed(t->share, share, minima);
}

static el4ml_status add_samples(task *t, size_t k, const el4ml_samples *s)
{
    el4ml_gp_way *w = &t->advice->way[k];
    const double **x = EL4ML_NEW(const double *, s->count);
    if (!x) return no_memory(t->error);
    for (size_t i = 0; i < s->count; i++)
        x[i] = s->x + i * s->n;
    const el4ml_status status =
        el4ml_gp_pool_new(t->surface, t->data, x, s->weight, s->count, &t->pool[k], t->error);
    el4ml_release(x);
    if (status != EL4ML_OK) return status;
    w->settings = t->pool[k]->count;
    w->evaluations = s->evaluations;
    w->gradients = s->gradients;
    w->seconds = s->seconds;
    w->effective = s->effective;
    w->r_hat = s->r_hat;
    w->missed = missed_minimum(t, k, s);
    w->converged = s->converged && w->missed == EL4ML_NONE;
    if (k == IMPORTANCE && !s->converged) /* its shares are no measure for others */
        for (size_t i = 0; i < t->advice->minima; i++)
            t->share[i] = 0;
    w->log_evidence = s->log_evidence;
    return status;
}

static el4ml_status add_sampler(task *t, size_t which)
{
    const el4ml_gp_advice_options *o = t->options;
    el4ml_sampling_options s = el4ml_sampling_options_default();
    el4ml_samples *samples = NULL;
    const size_t k = IMPORTANCE + which;
    s.method = samplers[which].method;
    s.guide = samplers[which].guided ? t->guide : NULL;
    s.effective = o->effective;
    s.budget = o->budget;
    s.seed = o->seed;
    s.cancel = o->cancel;
    begin_way(t, k, samplers[which].name, samplers[which].guided);
    if (o->progress) o->progress(o->context, samplers[which].name, samplers[which].guided);
    el4ml_error own = {0};
    el4ml_status status = el4ml_sample(t->surface, &s, &samples, &own);
    if (status == EL4ML_NUMERICAL || status == EL4ML_NOT_CONVERGED || status == EL4ML_NOT_SUPPORTED) {
        t->advice->way[k].failed = true;
        return EL4ML_OK;
    }
    if (status != EL4ML_OK) return el4ml_fail(t->error, status, "%s", own.message);
    status = add_samples(t, k, samples);
    el4ml_samples_free(samples);
    return status;
}

/* ---- what follows ---- */

static el4ml_gp_verdict decide(double point, double mixture, double threshold)
{
    if (isnan(point)) return EL4ML_GP_UNDECIDED;
    if (point <= threshold) return EL4ML_GP_POINT;
    return mixture <= threshold ? EL4ML_GP_MIXTURE : EL4ML_GP_FULL;
}

/* Converged and of the largest effective number, those that knew nothing first. */
static size_t best_reference(const el4ml_gp_advice *a)
{
    size_t best = EL4ML_NONE;
    for (int guided = 0; guided < 2 && best == EL4ML_NONE; guided++)
        for (size_t k = IMPORTANCE; k < EL4ML_GP_WAYS; k++) {
            const el4ml_gp_way *w = &a->way[k];
            if (!w->converged || w->guided != (guided == 1)) continue;
            if (best == EL4ML_NONE || w->effective > a->way[best].effective) best = k;
        }
    return best;
}

double el4ml_gp_cost(const el4ml_gp_advice *a, size_t k, bool with_map)
{
    const el4ml_gp_way *w = &a->way[k];
    if (!w->converged) return (double)NAN;
    const double map = (double)(a->landscape_evaluations + a->landscape_hessians);
    return (double)(w->evaluations + w->gradients) / w->effective * a->wanted +
           (with_map && w->guided ? map : 0);
}

static void conclude(task *t)
{
    el4ml_gp_advice *a = t->advice;
    a->wanted = t->options->effective;
    const double none = (double)NAN;
    a->threshold = t->options->threshold;
    a->point_divergence = a->mixture_divergence = a->checked_point = a->checked_mixture = none;
    if (t->pool[IMPORTANCE] && a->way[IMPORTANCE].converged) {
        a->point_divergence = el4ml_gp_divergence(t->pool[IMPORTANCE], t->pool[POINT]);
        a->mixture_divergence = el4ml_gp_divergence(t->pool[IMPORTANCE], t->pool[MINIMA]);
        a->verdict = decide(a->point_divergence, a->mixture_divergence, a->threshold);
    } else {
        a->verdict = EL4ML_GP_FULL; /* the minima do not describe the posterior */
    }
    a->reference = best_reference(a);
    for (size_t k = 0; a->reference != EL4ML_NONE && k < EL4ML_GP_WAYS; k++)
        if (t->pool[k] && k != a->reference)
            a->way[k].divergence = el4ml_gp_divergence(t->pool[a->reference], t->pool[k]);
    a->checked_point = a->way[POINT].divergence;
    a->checked_mixture = a->way[MINIMA].divergence;
    a->checked = decide(a->checked_point, a->checked_mixture, a->threshold);
}

/* Means and the paired difference to the point estimate. */
static void compare(const double *density, const double *point, size_t rows, el4ml_gp_way *w)
{
    double squares = 0;
    const double n = (double)rows;
    w->log_density = w->gain = 0;
    for (size_t i = 0; i < rows; i++) {
        w->log_density += density[i] / n;
        w->gain += (density[i] - point[i]) / n;
    }
    for (size_t i = 0; i < rows; i++) {
        const double d = density[i] - point[i] - w->gain;
        squares += d * d;
    }
    w->gain_error = rows > 1 ? sqrt(squares / (n - 1) / n) : (double)NAN;
}

static el4ml_status test(task *t)
{
    const size_t rows = t->data->test.rows;
    t->advice->test_rows = rows;
    if (rows == 0) return EL4ML_OK;
    double *point = EL4ML_NEW(double, 2 * rows);
    if (!point) return no_memory(t->error);
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++) {
        if (!t->pool[k]) continue;
        double *density = k == POINT ? point : point + rows;
        t->advice->way[k].rmse =
            el4ml_gp_test(t->pool[k], t->data->test.y, density) * t->data->target_scale[0];
        compare(density, point, rows, &t->advice->way[k]);
    }
    el4ml_release(point);
    return EL4ML_OK;
}

el4ml_status el4ml_gp_advise(el4ml_landscape *landscape, const el4ml_study *study,
                             const el4ml_surface *surface, const el4ml_data *data,
                             const el4ml_gp_advice_options *options, el4ml_gp_advice *advice,
                             el4ml_error *error)
{
    *advice = (el4ml_gp_advice){0};
    if (!study || study->kind != EL4ML_KIND_GP || !data)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "gp-advice takes a study of kind \"gp\"");
    task t = {.landscape = landscape,
              .surface = surface,
              .data = data,
              .options = options,
              .advice = advice,
              .error = error};
    el4ml_status status = read_landscape(&t, study);
    if (status == EL4ML_OK) status = add_minima(&t);
    for (size_t k = 0; status == EL4ML_OK && k < SAMPLERS; k++)
        status = add_sampler(&t, k);
    if (status == EL4ML_OK) conclude(&t);
    if (status == EL4ML_OK) status = test(&t);
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++)
        el4ml_gp_pool_free(t.pool[k]);
    el4ml_guide_free(t.guide);
    el4ml_release(t.x);
    el4ml_release(t.share);
    if (status != EL4ML_OK) el4ml_gp_advice_clear(advice);
    return status;
}
