/* Robustness of every minimum: spectrum of the Hessian, noise on parameters and inputs, test rows. */
#include "el4ml/robustness.h"

#include <math.h>
#include <string.h>

#include "base/beta.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "network/order.h"

#define PURPOSE_NOISE UINT64_C(0x4e4f495345)    /* "NOISE" */
#define PURPOSE_INPUTS UINT64_C(0x494e50555453) /* "INPUTS" */
#define PURPOSE_PROBES UINT64_C(0x50524f4245)   /* "PROBE" */

enum { MOST_DENSE = 1000, PROBES = 64, POWER_STEPS = 200 };

typedef struct study {
    el4ml_evaluator e;
    const el4ml_robustness_options *o;
    const el4ml_data *data;
    bool models;      /* it predicts what the data have targets of */
    double *h, *work; /* (n, n) and that of el4ml_eigen, or NULL */
    size_t work_size;
    double *x, *g, *v; /* (n) */
    el4ml_dataset noisy;
    double *said; /* outputs of the larger of the two sets of rows */
    el4ml_robustness *r;
    el4ml_error *error;
} study;

el4ml_robustness_options el4ml_robustness_options_default(void)
{
    return (el4ml_robustness_options){.most = 200,
                                      .noise = 0.05,
                                      .relative_noise = 0.1,
                                      .input_noise = 0.1,
                                      .samples = 64,
                                      .margin = 0.1,
                                      .seed = 1};
}

const char *el4ml_flatness_name(el4ml_flatness flatness)
{
    static const char *const names[EL4ML_FLATNESSES] = {
        "log_product",    "largest_eigenvalue", "trace", "frobenius", "noise",
        "relative_noise", "input_noise",        "norm",  "energy"};
    return names[flatness];
}

double el4ml_flatness_of(const el4ml_robust_minimum *m, el4ml_flatness flatness)
{
    const double all[EL4ML_FLATNESSES] = {m->log_product,         m->largest,       m->trace,
                                          m->frobenius,           m->noise.sampled, m->relative_noise.sampled,
                                          m->input_noise.sampled, m->norm,          m->energy};
    return all[flatness];
}

void el4ml_robustness_free(el4ml_robustness *r)
{
    if (!r) return;
    el4ml_release(r->minima);
    el4ml_release(r->spectra);
    el4ml_release(r);
}

static el4ml_status no_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "robustness: out of memory");
}

static el4ml_status told(const study *s, el4ml_status status)
{
    if (status == EL4ML_OK) return status;
    if (status == EL4ML_INTERRUPTED) return el4ml_fail(s->error, status, "interrupted; nothing was written");
    return el4ml_fail(s->error, status, "robustness: %s", el4ml_status_text(status));
}

/* ---- The Hessian ---- */

static el4ml_status dense_spectrum(study *s, const double *x, el4ml_robust_minimum *m, double *values)
{
    const size_t n = s->e.n;
    const el4ml_status status = el4ml_hessian(&s->e, x, s->h);
    if (status != EL4ML_OK) return told(s, status);
    m->trace = m->relative_noise.quadratic = 0;
    for (size_t i = 0; i < n; i++) {
        m->trace += s->h[i * n + i];
        m->relative_noise.quadratic += s->h[i * n + i] * x[i] * x[i];
    }
    m->frobenius = el4ml_norm(n * n, s->h);
    if (!el4ml_eigen(n, s->h, values, false, s->work, s->work_size)) return told(s, EL4ML_NOT_CONVERGED);
    m->smallest = values[0];
    m->largest = values[n - 1];
    m->spectrum = values;
    return EL4ML_OK;
}

/* v' H v of vectors of random signs has the mean tr H, |H v|^2 the mean tr H^2, and sum_i x_i^2 v_i (H v)_i
 * that of the relative noise (Hutchinson 1990). */
static el4ml_status probe(study *s, const double *x, el4ml_robust_minimum *m)
{
    const size_t n = s->e.n;
    el4ml_random random = el4ml_random_new(s->o->seed, PURPOSE_PROBES, m->minimum);
    double squares = 0;
    m->trace = m->relative_noise.quadratic = 0;
    for (int k = 0; k < PROBES; k++) {
        for (size_t i = 0; i < n; i++)
            s->v[i] = el4ml_random_bits(&random) & 1 ? 1 : -1;
        const el4ml_status status = el4ml_hessian_vector(&s->e, x, 1, s->v, s->g);
        if (status != EL4ML_OK) return told(s, status);
        m->trace += el4ml_dot(n, s->v, s->g) / PROBES;
        squares += el4ml_dot(n, s->g, s->g) / PROBES;
        for (size_t i = 0; i < n; i++)
            m->relative_noise.quadratic += x[i] * x[i] * s->v[i] * s->g[i] / PROBES;
    }
    m->frobenius = sqrt(squares);
    return EL4ML_OK;
}

/* Of a minimum no eigenvalue is below zero by more than rounding, so that the largest in size is the largest.
 */
static el4ml_status iterate(study *s, const double *x, el4ml_robust_minimum *m)
{
    el4ml_random random = el4ml_random_new(s->o->seed, PURPOSE_PROBES, UINT64_C(1) << 40 | m->minimum);
    el4ml_random_direction(&random, s->e.n, s->v);
    double before = 0;
    for (int k = 0; k < POWER_STEPS; k++) {
        const el4ml_status status = el4ml_hessian_vector(&s->e, x, 1, s->v, s->g);
        if (status != EL4ML_OK) return told(s, status);
        const double norm = el4ml_norm(s->e.n, s->g);
        m->largest = el4ml_dot(s->e.n, s->v, s->g);
        if (!(norm > 0) || fabs(m->largest - before) <= 1e-7 * m->largest) break;
        before = m->largest;
        el4ml_copy(s->e.n, s->g, s->v);
        el4ml_scale(s->e.n, 1 / norm, s->v);
    }
    return EL4ML_OK;
}

static el4ml_status curvature(study *s, const double *x, el4ml_robust_minimum *m, double *values)
{
    const double sigma = s->o->noise * s->e.surface->info.length_scale;
    if (!s->e.surface->info.second_derivatives) return EL4ML_OK;
    el4ml_status status = EL4ML_OK;
    if (values) {
        status = dense_spectrum(s, x, m, values);
    } else {
        status = probe(s, x, m);
        if (status == EL4ML_OK) status = iterate(s, x, m);
    }
    m->noise.quadratic = sigma * sigma / 2 * m->trace;
    m->relative_noise.quadratic *= s->o->relative_noise * s->o->relative_noise / 2;
    return status;
}

/* ---- Noise on parameters ---- */

/* A running mean and the sum of squares about it. */
typedef struct sample_mean {
    size_t count;
    double mean, squares;
} sample_mean;

static void add(sample_mean *m, double value)
{
    const double d = value - m->mean;
    m->mean += d / (double)++m->count;
    m->squares += d * (value - m->mean);
}

static void set_rise(const sample_mean *m, el4ml_rise *rise)
{
    rise->sampled = m->count > 0 ? m->mean : NAN;
    rise->error = m->count > 1 ? sqrt(m->squares / (double)(m->count - 1) / (double)m->count) : NAN;
}

/* Each draw is used with both signs: what is odd in the noise then cancels and does not blur the mean. The
 * same draws serve every minimum. */
static el4ml_status parameter_noise(study *s, const double *x, double absolute, double relative, double v,
                                    el4ml_rise *rise)
{
    sample_mean mean = {0};
    for (size_t k = 0; k < s->o->samples; k++) {
        el4ml_random random = el4ml_random_new(s->o->seed, PURPOSE_NOISE, k);
        double sum = 0;
        for (size_t i = 0; i < s->e.n; i++)
            s->v[i] = (absolute + relative * fabs(x[i])) * el4ml_random_normal(&random);
        for (int sign = -1; sign <= 1; sign += 2) {
            double value;
            for (size_t i = 0; i < s->e.n; i++)
                s->x[i] = x[i] + sign * s->v[i];
            const el4ml_status status = el4ml_value_gradient(&s->e, s->x, &value, NULL);
            if (status == EL4ML_NUMERICAL) return EL4ML_OK; /* noise led out of the domain: no number */
            if (status != EL4ML_OK) return told(s, status);
            sum += value;
        }
        add(&mean, sum / 2 - v);
    }
    set_rise(&mean, rise);
    return EL4ML_OK;
}

/* ---- Rows of data ---- */

static bool can_score(const el4ml_surface *surface, const el4ml_data *data)
{
    if (!data || !surface->ops.predict) return false;
    if (surface->info.prediction == EL4ML_PREDICTS_PROBABILITIES)
        return data->train.label && data->train.classes == surface->info.outputs;
    return surface->info.prediction == EL4ML_PREDICTS_VALUES && data->train.y &&
           data->train.targets == surface->info.outputs;
}

static size_t best_class(const double *p, size_t count)
{
    size_t best = 0;
    for (size_t c = 1; c < count; c++)
        if (p[c] > p[best]) best = c;
    return best;
}

/* Mean log loss or squared error; share of wrong classes, or the part of the variance about the rows' own
 * mean that is left. */
static el4ml_status score(study *s, const double *x, const el4ml_dataset *rows, double *loss, double *wrong)
{
    const size_t outputs = s->e.surface->info.outputs;
    const bool classes = s->e.surface->info.prediction == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_status status = el4ml_predict(&s->e, x, rows, s->said);
    double sum = 0, missed = 0, total = 0, squares = 0;
    if (status != EL4ML_OK) return told(s, status);
    for (size_t i = 0; i < rows->rows; i++) {
        const double *p = s->said + i * outputs;
        if (classes) {
            sum -= log(fmax(p[rows->label[i]], 1e-300));
            missed += best_class(p, outputs) != (size_t)rows->label[i];
            continue;
        }
        for (size_t t = 0; t < outputs; t++) {
            const double y = rows->y[i * outputs + t];
            sum += (p[t] - y) * (p[t] - y) / (double)outputs;
            total += y;
            squares += y * y;
        }
    }
    const double count = (double)rows->rows, all = count * (double)outputs;
    *loss = sum / count;
    *wrong = classes ? missed / count : sum * (double)outputs / (squares - total * total / all);
    return EL4ML_OK;
}

static el4ml_status input_noise(study *s, const double *x, el4ml_robust_minimum *m)
{
    const el4ml_dataset *train = &s->data->train;
    sample_mean mean = {0};
    double ignored;
    for (size_t k = 0; k < s->o->samples; k++) {
        el4ml_random random = el4ml_random_new(s->o->seed, PURPOSE_INPUTS, k);
        double loss;
        for (size_t i = 0; i < train->rows * train->inputs; i++)
            s->noisy.x[i] = train->x[i] + s->o->input_noise * el4ml_random_normal(&random);
        const el4ml_status status = score(s, x, &s->noisy, &loss, &ignored);
        if (status != EL4ML_OK) return status;
        add(&mean, loss - m->train_loss);
    }
    set_rise(&mean, &m->input_noise);
    return EL4ML_OK;
}

static el4ml_status worth(study *s, const double *x, el4ml_robust_minimum *m)
{
    double ignored;
    if (!s->models) return EL4ML_OK;
    el4ml_status status = score(s, x, &s->data->train, &m->train_loss, &ignored);
    if (status == EL4ML_OK) status = input_noise(s, x, m);
    if (status != EL4ML_OK || s->data->test.rows == 0) return status;
    status = score(s, x, &s->data->test, &m->test_loss, &m->test_error);
    m->test_gap = m->test_loss - m->train_loss;
    return status;
}

/* ---- All minima ---- */

static el4ml_status measure(study *s, const el4ml_record *record, size_t index, size_t place)
{
    el4ml_robust_minimum *m = &s->r->minima[place];
    const el4ml_rise no_rise = {NAN, NAN, NAN};
    const double *x = record->point.x;
    *m = (el4ml_robust_minimum){.minimum = index,
                                .energy = record->point.energy,
                                .log_product = record->point.log_product,
                                .largest = NAN,
                                .smallest = NAN,
                                .trace = NAN,
                                .frobenius = NAN,
                                .norm = el4ml_norm(s->e.n, x),
                                .noise = no_rise,
                                .relative_noise = no_rise,
                                .input_noise = no_rise,
                                .train_loss = NAN,
                                .test_loss = NAN,
                                .test_gap = NAN,
                                .test_error = NAN};
    double *values = s->r->spectra ? s->r->spectra + place * s->e.n : NULL;
    el4ml_status status = curvature(s, x, m, values);
    const double sigma = s->o->noise * s->e.surface->info.length_scale;
    if (status == EL4ML_OK) status = parameter_noise(s, x, sigma, 0, m->energy, &m->noise);
    if (status == EL4ML_OK)
        status = parameter_noise(s, x, 0, s->o->relative_noise, m->energy, &m->relative_noise);
    return status == EL4ML_OK ? worth(s, x, m) : status;
}

static el4ml_status measure_all(study *s, const el4ml_landscape *l, const el4ml_network *network)
{
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, network->node_count),
                    *scratch = EL4ML_NEW(el4ml_sort_item, network->node_count);
    el4ml_status status = items && scratch ? EL4ML_OK : no_memory(s->error);
    if (status == EL4ML_OK) el4ml_sort_minima(network, items, scratch);
    const size_t most = s->o->most < network->node_count ? s->o->most : network->node_count;
    for (size_t k = 0; status == EL4ML_OK && k < network->node_count && s->r->count < most; k++) {
        const el4ml_record *record = el4ml_landscape_record(l, EL4ML_MINIMUM, items[k].index);
        if (record->point.x) status = measure(s, record, items[k].index, s->r->count++);
    }
    s->r->left_out = network->node_count - s->r->count;
    el4ml_release(items);
    el4ml_release(scratch);
    return status;
}

/* ---- What follows ---- */

static void find_most_robust(study *s)
{
    el4ml_robustness *r = s->r;
    r->most_robust = EL4ML_NONE;
    for (size_t k = 0; k < r->count; k++) {
        const double rise = r->minima[k].relative_noise.sampled;
        if (r->minima[k].energy - r->minima[0].energy > s->o->margin * fabs(r->minima[0].energy)) break;
        r->within++;
        if (isnan(rise)) continue;
        if (r->most_robust == EL4ML_NONE || rise < r->minima[r->most_robust].relative_noise.sampled)
            r->most_robust = k;
    }
}

static double column(const el4ml_robust_minimum *m, int which)
{
    return which == 0 ? m->test_loss : which == 1 ? m->test_gap : m->test_error;
}

/* Where V is held fixed: the first-order partial rank correlation, its p value from Student's t with n - 3
 * degrees of freedom. */
static void set_partial(el4ml_flatness_test *t, double with_energy, double energy_loss, size_t count)
{
    const double rest = (1 - with_energy * with_energy) * (1 - energy_loss * energy_loss);
    if (!(rest > 1e-12) || count < 5) return;
    t->partial = (t->loss.value - with_energy * energy_loss) / sqrt(rest);
    const double freedom = (double)count - 3, square = t->partial * t->partial;
    t->partial_p = el4ml_incomplete_beta(freedom / 2, 0.5, 1 - square, square);
}

static el4ml_status correlate_one(el4ml_robustness *r, el4ml_flatness f, double *a, double *b, double *v,
                                  el4ml_error *error)
{
    el4ml_coefficient *into[3] = {&r->test[f].loss, &r->test[f].gap, &r->test[f].error};
    el4ml_correlation c, with_energy, energy_loss;
    el4ml_correlation_options o = el4ml_correlation_options_default(), none = o;
    o.permutations = 1999;
    none.permutations = 0;
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; k < r->count; k++) {
        a[k] = el4ml_flatness_of(&r->minima[k], f);
        v[k] = r->minima[k].energy;
    }
    for (int which = 2; which >= 0 && status == EL4ML_OK; which--) {
        for (size_t k = 0; k < r->count; k++)
            b[k] = column(&r->minima[k], which);
        status = el4ml_correlate(a, b, r->count, &o, &c, error);
        *into[which] = c.spearman;
    }
    if (status == EL4ML_OK) status = el4ml_correlate(a, v, r->count, &none, &with_energy, error);
    if (status == EL4ML_OK) status = el4ml_correlate(v, b, r->count, &none, &energy_loss, error);
    if (status == EL4ML_OK && f != EL4ML_FLAT_ENERGY)
        set_partial(&r->test[f], with_energy.spearman.value, energy_loss.spearman.value, c.count);
    return status;
}

static el4ml_status correlate(study *s)
{
    el4ml_robustness *r = s->r;
    const el4ml_coefficient none = {NAN, NAN, NAN, NAN, NAN};
    for (size_t f = 0; f < EL4ML_FLATNESSES; f++)
        r->test[f] = (el4ml_flatness_test){none, none, none, NAN, NAN};
    if (!s->models || s->data->test.rows == 0) return EL4ML_OK;
    r->test_rows = s->data->test.rows;
    double *rows = EL4ML_NEW(double, 3 * r->count);
    el4ml_status status = rows ? EL4ML_OK : no_memory(s->error);
    for (unsigned f = 0; f < EL4ML_FLATNESSES && status == EL4ML_OK; f++)
        status = correlate_one(r, (el4ml_flatness)f, rows, rows + r->count, rows + 2 * r->count, s->error);
    el4ml_release(rows);
    return status;
}

/* ---- The whole ---- */

static bool allocate(study *s, size_t minima)
{
    const size_t n = s->e.n, most = s->o->most < minima ? s->o->most : minima;
    const bool dense = n <= MOST_DENSE && s->e.surface->info.second_derivatives;
    s->r->dimension = n;
    s->r->minima = EL4ML_NEW(el4ml_robust_minimum, most);
    s->x = EL4ML_NEW(double, n);
    s->g = EL4ML_NEW(double, n);
    s->v = EL4ML_NEW(double, n);
    if (!s->r->minima || !s->x || !s->g || !s->v) return false;
    if (dense) {
        s->work_size = el4ml_eigen_work_size(n);
        s->r->spectra = EL4ML_NEW(double, most *n);
        s->h = EL4ML_NEW(double, n *n);
        s->work = EL4ML_NEW(double, s->work_size);
        if (!s->r->spectra || !s->h || !s->work) return false;
    }
    if (!s->models) return true;
    const el4ml_dataset *train = &s->data->train, *test = &s->data->test;
    s->noisy = *train;
    s->noisy.x = EL4ML_NEW(double, train->rows * train->inputs);
    s->said =
        EL4ML_NEW(double, (train->rows > test->rows ? train->rows : test->rows) * s->e.surface->info.outputs);
    return s->noisy.x && s->said;
}

static void clear(study *s)
{
    el4ml_evaluator_clear(&s->e);
    el4ml_release(s->h);
    el4ml_release(s->work);
    el4ml_release(s->x);
    el4ml_release(s->g);
    el4ml_release(s->v);
    el4ml_release(s->noisy.x);
    el4ml_release(s->said);
}

static el4ml_status check(const el4ml_landscape *l, const el4ml_surface *surface,
                          const el4ml_robustness_options *o, el4ml_error *error)
{
    if (!(o->noise > 0) || !(o->relative_noise > 0) || !(o->input_noise > 0) || o->samples < 2 ||
        o->most == 0 || !(o->margin >= 0))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "robustness: noises are positive, samples at least 2");
    if (el4ml_landscape_dimension(l) != surface->info.dimension)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "robustness: the landscape is of another surface");
    return EL4ML_OK;
}

el4ml_status el4ml_robustness_new(const el4ml_landscape *landscape, const el4ml_network *network,
                                  const el4ml_surface *surface, const el4ml_data *data,
                                  const el4ml_robustness_options *options, el4ml_robustness **robustness,
                                  el4ml_error *error)
{
    const el4ml_robustness_options usual = el4ml_robustness_options_default();
    if (!landscape || !network || !surface || !robustness)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "robustness: nothing given");
    study s = {.o = options ? options : &usual, .data = data, .error = error};
    el4ml_status status = check(landscape, surface, s.o, error);
    if (status != EL4ML_OK) return status;
    s.models = can_score(surface, data);
    s.r = EL4ML_NEW(el4ml_robustness, 1);
    if (!s.r) return no_memory(error);
    s.r->noise = s.o->noise * surface->info.length_scale;
    s.r->relative_noise = s.o->relative_noise;
    s.r->input_noise = s.o->input_noise;
    s.r->samples = s.o->samples;
    status = el4ml_evaluator_init(&s.e, surface, error);
    if (status == EL4ML_OK) {
        s.e.cancel = s.o->cancel;
        status = allocate(&s, network->node_count) ? measure_all(&s, landscape, network) : no_memory(error);
        if (status == EL4ML_OK) find_most_robust(&s);
        if (status == EL4ML_OK) status = correlate(&s);
        clear(&s);
    }
    if (status == EL4ML_OK)
        *robustness = s.r;
    else
        el4ml_robustness_free(s.r);
    return status;
}
