/* Sequential Monte Carlo: particles of a density that is known are taken to exp(-V) in steps,
 * pi_b = q^(1-b) exp(-b V), q uniform in the box or the guide. Each step goes so far that half of the
 * particles' worth is left; then they are drawn anew and moved by Metropolis steps of their own covariance.
 * Several runs of their own tell how good one is. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "sample/sample.h"

enum { FEWEST = 32, MOVES = 10, STAGES = 200 };

typedef struct particles {
    el4ml_sampler *s;
    size_t n, count, runs;
    double *x, *value, *base; /* (count, n), (count): V and ln q */
    double *moved, *moved_value, *moved_base;
    double *weight, *covariance, *y, *mean;
    double log_volume, beta, log_evidence, scale;
    el4ml_random random;
    double tried, accepted;
} particles;

static bool allocate(particles *p)
{
    const size_t n = p->n, c = p->count;
    double *block = EL4ML_NEW(double, 2 * c * (n + 2) + c + n * n + 2 * n);
    if (!block) return false;
    p->x = block;
    p->value = p->x + c * n;
    p->base = p->value + c;
    p->moved = p->base + c;
    p->moved_value = p->moved + c * n;
    p->moved_base = p->moved_value + c;
    p->weight = p->moved_base + c;
    p->covariance = p->weight + c;
    p->y = p->covariance + n * n;
    p->mean = p->y + n;
    return true;
}

static double log_base(const particles *p, const double *x)
{
    const el4ml_guide *guide = p->s->options->guide;
    return guide ? el4ml_guide_log_density(guide, x) : -p->log_volume;
}

static bool begin(particles *p)
{
    const el4ml_surface_info *info = &p->s->surface->info;
    p->beta = p->log_evidence = 0;
    p->scale = 2.38 / sqrt((double)p->n);
    bool any = false;
    for (size_t k = 0; k < p->count; k++) {
        double *x = p->x + k * p->n;
        for (size_t i = 0; i < p->n && !p->s->options->guide; i++)
            x[i] = info->lower[i] + (info->upper[i] - info->lower[i]) * el4ml_random_uniform(&p->random);
        if (p->s->options->guide) el4ml_guide_draw(p->s->options->guide, &p->random, x);
        p->base[k] = log_base(p, x);
        const bool good = el4ml_sampler_value(p->s, x, &p->value[k]);
        if (!good) p->value[k] = INFINITY;
        any |= good;
    }
    return any;
}

/* Weights of a step in b, the largest 1; their effective number. */
static double weigh(particles *p, double step, double *log_mean)
{
    double largest = -INFINITY, sum = 0, squares = 0;
    for (size_t k = 0; k < p->count; k++) {
        p->weight[k] = isfinite(p->value[k]) ? step * (-p->value[k] - p->base[k]) : -INFINITY;
        largest = fmax(largest, p->weight[k]);
    }
    for (size_t k = 0; k < p->count; k++) {
        p->weight[k] = exp(p->weight[k] - largest);
        sum += p->weight[k];
        squares += p->weight[k] * p->weight[k];
    }
    *log_mean = largest + log(sum / (double)p->count);
    for (size_t k = 0; k < p->count; k++)
        p->weight[k] /= sum;
    return sum * sum / squares;
}

static void advance(particles *p)
{
    double low = 0, high = 1 - p->beta, log_mean;
    size_t alive = 0;
    for (size_t k = 0; k < p->count; k++)
        alive += isfinite(p->value[k]);
    const double wanted = 0.5 * (double)alive;
    if (weigh(p, high, &log_mean) < wanted) {
        for (int k = 0; k < 60; k++) {
            const double middle = (low + high) / 2;
            if (weigh(p, middle, &log_mean) < wanted)
                high = middle;
            else
                low = middle;
        }
        high = fmax(low, 1e-12);
        weigh(p, high, &log_mean);
        p->beta += high;
    } else {
        p->beta = 1;
    }
    p->log_evidence += log_mean;
}

/* Covariance of the weighted particles, and its Cholesky factor L (lower) in place. */
static void spread(particles *p)
{
    const size_t n = p->n;
    for (size_t i = 0; i < n; i++)
        p->mean[i] = 0;
    for (size_t i = 0; i < n * n; i++)
        p->covariance[i] = 0;
    for (size_t k = 0; k < p->count; k++)
        el4ml_axpy(n, p->weight[k], p->x + k * n, p->mean);
    for (size_t k = 0; k < p->count; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                p->covariance[i * n + j] +=
                    p->weight[k] * (p->x[k * n + i] - p->mean[i]) * (p->x[k * n + j] - p->mean[j]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = p->covariance[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= p->covariance[i * n + k] * p->covariance[j * n + k];
            p->covariance[i * n + j] = i == j ? sqrt(fmax(sum, 1e-16)) : sum / p->covariance[j * n + j];
        }
}

/* Systematic: one random number for all. */
static void resample(particles *p)
{
    const double u = el4ml_random_uniform(&p->random);
    double so_far = p->weight[0];
    size_t from = 0;
    for (size_t k = 0; k < p->count; k++) {
        const double position = (u + (double)k) / (double)p->count;
        while (so_far < position && from + 1 < p->count)
            so_far += p->weight[++from];
        el4ml_copy(p->n, p->x + from * p->n, p->moved + k * p->n);
        p->moved_value[k] = p->value[from];
        p->moved_base[k] = p->base[from];
    }
    el4ml_copy(p->count * (p->n + 2), p->moved, p->x);
}

static void move(particles *p)
{
    const size_t n = p->n;
    double accepted = 0;
    for (size_t k = 0; k < p->count; k++) {
        double *x = p->x + k * n, value;
        el4ml_copy(n, x, p->y);
        for (size_t j = 0; j < n; j++) {
            const double z = p->scale * el4ml_random_normal(&p->random);
            for (size_t i = j; i < n; i++)
                p->y[i] += p->covariance[i * n + j] * z;
        }
        const double u = el4ml_random_uniform(&p->random);
        if (!el4ml_sampler_value(p->s, p->y, &value)) continue;
        const double base = log_base(p, p->y);
        const double gain = (1 - p->beta) * (base - p->base[k]) - p->beta * (value - p->value[k]);
        if (!(log(u) < gain)) continue;
        el4ml_copy(n, p->y, x);
        p->value[k] = value;
        p->base[k] = base;
        accepted++;
    }
    p->tried += (double)p->count;
    p->accepted += accepted;
    p->scale *= exp(accepted / (double)p->count - 0.3);
}

static el4ml_status run(particles *p)
{
    if (!begin(p)) return EL4ML_NUMERICAL;
    for (int stage = 0; stage < STAGES && p->beta < 1; stage++) {
        advance(p);
        spread(p);
        resample(p);
        for (int k = 0; k < MOVES; k++)
            move(p);
        if (p->s->options->cancel && *p->s->options->cancel) return EL4ML_INTERRUPTED;
    }
    return p->beta < 1 ? EL4ML_NOT_CONVERGED : EL4ML_OK;
}

/* Means of the runs differ by as much as their samples are worth. */
static void judge(el4ml_sampler *s, size_t runs, size_t count)
{
    el4ml_samples *r = s->result;
    double ratio = 0, largest = 0;
    for (size_t q = 0; q <= s->n; q++) {
        double mean = 0, between = 0, within = 0;
        for (size_t k = 0; k < runs * count; k++)
            mean += (q < s->n ? r->x[k * s->n + q] : r->value[k]) / (double)(runs * count);
        for (size_t k = 0; k < runs; k++) {
            double own = 0;
            for (size_t i = k * count; i < (k + 1) * count; i++) {
                const double v = q < s->n ? r->x[i * s->n + q] : r->value[i];
                own += v / (double)count;
                within += (v - mean) * (v - mean) / (double)(runs * count);
            }
            between += (own - mean) * (own - mean) / ((double)runs - 1);
        }
        const double own_ratio = within > 0 ? between / within : 0;
        ratio += own_ratio / (double)(s->n + 1);
        largest = fmax(largest, own_ratio);
    }
    r->r_hat = sqrt(1 + largest);
    r->effective = fmin((double)(runs * count), (double)runs / fmax(ratio, 1e-12));
    r->converged = r->effective >= s->options->effective && r->r_hat <= s->options->r_hat;
}

/* All runs with `count` particles each. */
static el4ml_status run_all(particles *p)
{
    el4ml_sampler *s = p->s;
    double largest = -INFINITY, sum = 0;
    if (!allocate(p) || !el4ml_sampler_room(s, p->runs * p->count)) return EL4ML_OUT_OF_MEMORY;
    for (size_t k = 0; k < p->runs; k++) {
        p->random = el4ml_random_new(s->options->seed, EL4ML_PURPOSE_PARTICLES + p->count, k);
        const el4ml_status status = run(p);
        if (status != EL4ML_OK) return status;
        el4ml_copy(p->count * p->n, p->x, s->result->x + k * p->count * p->n);
        el4ml_copy(p->count, p->value, s->result->value + k * p->count);
        const double top = fmax(largest, p->log_evidence);
        sum = sum * exp(largest - top) + exp(p->log_evidence - top);
        largest = top;
    }
    for (size_t k = 0; k < p->runs * p->count; k++)
        s->result->weight[k] = 1 / (double)(p->runs * p->count);
    s->result->log_evidence = largest + log(sum / (double)p->runs);
    judge(s, p->runs, p->count);
    return EL4ML_OK;
}

static bool finite_box(const el4ml_surface_info *info, double *log_volume)
{
    *log_volume = 0;
    for (size_t i = 0; info->lower && i < info->dimension; i++)
        *log_volume += log(info->upper[i] - info->lower[i]);
    return info->lower && isfinite(*log_volume);
}

el4ml_status el4ml_sample_particles(el4ml_sampler *s)
{
    particles p = {.s = s, .n = s->n, .runs = s->options->chains};
    el4ml_status status = EL4ML_OK;
    if (!finite_box(&s->surface->info, &p.log_volume) && !s->options->guide) return EL4ML_NOT_SUPPORTED;
    for (p.count = FEWEST; status == EL4ML_OK; p.count *= 2) {
        const uint64_t before = el4ml_sampler_spent(s);
        status = run_all(&p);
        el4ml_release(p.x);
        p.x = NULL;
        const uint64_t spent = el4ml_sampler_spent(s); /* twice as many cost twice as much */
        if (s->result->converged || spent + 2 * (spent - before) > s->options->budget) break;
    }
    s->result->acceptance = p.tried > 0 ? p.accepted / p.tried : (double)NAN;
    return status;
}
