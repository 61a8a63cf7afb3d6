/* basin-volume: how much of space falls to each minimum. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAP_CELLS 300 /* of a map, along its longer side */

/* ---- What was asked for ---- */

typedef struct request {
    double *low, *high; /* (n) or NULL */
    size_t *minima, minimum_count;
    el4ml_basin_options options;
} request;

static void release(request *r)
{
    free(r->low);
    free(r->minima);
}

/* Numbers between commas; how many, -1 when the text is something else. At most `capacity` are stored. */
static long parse_numbers(const char *text, double *numbers, size_t capacity)
{
    for (long count = 0;; text++) {
        char *end;
        const double value = strtod(text, &end);
        if (end == text || (*end != '\0' && *end != ',')) return -1;
        if ((size_t)count < capacity) numbers[count] = value;
        count++;
        if (*end == '\0') return count;
        text = end;
    }
}

static el4ml_status parse_box(const char *text, size_t n, request *r, el4ml_error *error)
{
    double *numbers = calloc(2 * n + 1, sizeof *numbers);
    r->low = calloc(2 * n, sizeof *r->low);
    if (!numbers || !r->low) {
        free(numbers);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    }
    r->high = r->low + n;
    const long count = parse_numbers(text, numbers, 2 * n);
    bool good = count == 2 || (count > 0 && (size_t)count == 2 * n);
    for (size_t i = 0; i < n && good; i++) {
        const size_t pair = count == 2 ? 0 : i;
        r->low[i] = numbers[2 * pair];
        r->high[i] = numbers[2 * pair + 1];
        good = r->low[i] < r->high[i] && isfinite(r->low[i]) && isfinite(r->high[i]);
    }
    free(numbers);
    r->options.low = r->low;
    r->options.high = r->high;
    if (good) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_BAD_INPUT,
        "--box: '%s' is not LOW,HIGH with finite LOW < HIGH, once for all coordinates or for each of "
        "the %zu",
        text, n);
}

static el4ml_status parse_minima(const char *text, size_t known, request *r, el4ml_error *error)
{
    const bool all = strcmp(text, "all") == 0;
    size_t capacity = known;
    for (const char *at = text; *at; at++)
        capacity += *at == ',';
    r->minima = calloc(capacity + 1, sizeof *r->minima);
    if (!r->minima) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    for (size_t i = 0; all && i < known; i++)
        r->minima[r->minimum_count++] = i;
    for (const char *at = text; !all; at++) {
        char *end;
        const unsigned long id = strtoul(at, &end, 10);
        if (end == at || *at == '-' || *at == '+' || (*end && *end != ','))
            return el4ml_fail(error, EL4ML_BAD_INPUT, "--minimum: '%s' is not ID,ID,... or all", text);
        if (id < 1 || id > known)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "--minimum: there is no minimum %lu; the ids are 1 to %zu", id, known);
        r->minima[r->minimum_count++] = id - 1;
        if (!*end) break;
        at = end;
    }
    return EL4ML_OK;
}

static el4ml_status check_options(const arguments *a, el4ml_error *error)
{
    if (a->box && a->initialiser)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "--initialiser and --box: starts come from one or the other");
    if (a->minima && !a->box)
        return el4ml_fail(
            error, EL4ML_BAD_INPUT,
            "--minimum: the volume of a basin may be infinite; say inside which --box LOW,HIGH");
    if (a->map && !a->box) return el4ml_fail(error, EL4ML_BAD_INPUT, "--map: say of which --box LOW,HIGH");
    if (a->compare && a->minima)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "--compare: with independent starts only, without --minimum");
    return EL4ML_OK;
}

/* ---- Progress ---- */

typedef struct live_line {
    bool quiet, terminal;
    const char *what;
    double began, shown;
} live_line;

static live_line new_line(const arguments *a, const char *what)
{
    const double now = el4ml_clock();
    return (live_line){
        .quiet = a->quiet, .terminal = isatty(2) != 0, .what = what, .began = now, .shown = now};
}

static void show(void *context, uint64_t done, uint64_t all)
{
    live_line *line = context;
    const double now = el4ml_clock();
    if (line->quiet || now - line->shown < (line->terminal ? 0.1 : 10)) return;
    line->shown = now;
    char left[32] = "-";
    if (done > 0 && all >= done)
        format_duration((now - line->began) / (double)done * (double)(all - done), left, sizeof left);
    if (line->terminal) fputs("\r\033[K", stderr);
    if (done == 0)
        fputs("on the way out", stderr);
    else
        fprintf(stderr, "%s %llu/%llu | %s left", line->what, (unsigned long long)done,
                (unsigned long long)all, left);
    fputs(line->terminal ? "" : "\n", stderr);
    fflush(stderr);
}

static void end_line(const live_line *line)
{
    if (line->quiet || !line->terminal) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

/* ---- The answer ---- */

static void print_id(const el4ml_basin *b)
{
    if (b->minimum == EL4ML_NONE)
        printf("%6s", "new");
    else
        printf("%6zu", b->minimum + 1);
    printf(" %20.12g", b->energy);
}

static void print_starts(const el4ml_basins *r)
{
    printf("%6s %20s %9s %12s %25s%s %14s\n", "id", "energy", "hits", "probability", "interval",
           r->box ? "  ln(orbit volume) ln(volume)" : "", "harmonic");
    for (size_t i = 0; i < r->count; i++) {
        const el4ml_basin *b = &r->basins[i];
        char interval[64];
        print_id(b);
        snprintf(interval, sizeof interval, "%.6g to %.6g", b->low, b->high);
        printf(" %9llu %12.6g %25s", (unsigned long long)b->hits, b->probability, interval);
        if (r->box) printf("  %16.6f %10.4f", b->log_orbit_volume, b->log_volume);
        printf(" %14.6f\n", b->harmonic);
    }
    if (r->unknown_hits > 0)
        printf("%llu starts fell to minima that the landscape does not hold\n",
               (unsigned long long)r->unknown_hits);
    printf("probability that the next start falls to a minimum that none of these did: %.3g\n", r->unseen);
    if (r->compared)
        printf("the study's minimiser takes %llu of %llu starts (%.3g %%) to another minimum than steepest "
               "descent\n",
               (unsigned long long)r->misassigned, (unsigned long long)r->samples,
               100 * (double)r->misassigned / (double)r->samples);
}

static void print_tethers(const el4ml_basins *r)
{
    printf("%6s %20s %14s %10s %29s %8s %10s %7s %14s\n", "id", "energy", "ln(volume)", "error", "interval",
           "tethers", "acceptance", "drift", "harmonic");
    for (size_t i = 0; i < r->count; i++) {
        const el4ml_basin *b = &r->basins[i];
        char interval[64];
        print_id(b);
        snprintf(interval, sizeof interval, "%.6f to %.6f", b->log_volume_low, b->log_volume_high);
        printf(" %14.6f %10.6f %29s %8zu %10.3f %7.2f %14.6f%s\n", b->log_volume, b->standard_error, interval,
               b->tethers, b->acceptance, b->drift, b->harmonic,
               !b->measured    ? "  not measured"
               : !b->converged ? "  not converged: take more --samples"
                               : "");
    }
}

static void print_basins(const el4ml_basins *r)
{
    if (r->tethers)
        print_tethers(r);
    else
        print_starts(r);
    if (r->box)
        printf("intervals at %g %% confidence; ln(volume of the box) = %.6f\n", 100 * r->level,
               r->log_box_volume);
    else
        printf("intervals at %g %% confidence\n", 100 * r->level);
    if (r->failed > 0)
        printf("%llu paths ended at no minimum inside the domain (%llu where the loss is not finite)\n",
               (unsigned long long)r->failed, (unsigned long long)r->not_finite);
    if (isfinite(r->rank_correlation.value))
        printf("rank correlation with the harmonic estimate: %.4f over %zu minima (p = %.2g)\n",
               r->rank_correlation.value, r->ranked, r->rank_correlation.p_value);
    if (r->time_up) printf("the time limit was reached first\n");
    printf("cost: %llu evaluations, %llu Hessian-vector products, %llu Hessians, %.1f s\n",
           (unsigned long long)r->cost.evaluations, (unsigned long long)r->cost.hessian_products,
           (unsigned long long)r->cost.hessians, r->seconds);
}

static el4ml_status measure(const arguments *a, const opened *o, const el4ml_landscape *l, request *r,
                            el4ml_basins *basins, el4ml_error *error)
{
    live_line line = new_line(a, a->minima ? "samples" : "starts");
    r->options.progress = show;
    r->options.context = &line;
    const el4ml_status status =
        a->minima
            ? el4ml_basin_volumes(o->surface, l, r->minima, r->minimum_count, &r->options, basins, error)
            : el4ml_basin_probabilities(o->surface, l, &r->options, basins, error);
    end_line(&line);
    return status;
}

/* Coordinates and energies of all points of a species; energy may be NULL. */
static double *points_of(const el4ml_landscape *l, el4ml_species species, size_t *count, double *energy)
{
    *count = el4ml_landscape_count(l, species);
    double *x = calloc(2 * *count + 1, sizeof *x);
    for (size_t i = 0; x && i < *count; i++) {
        const el4ml_stationary *p = &el4ml_landscape_record(l, species, i)->point;
        x[2 * i] = p->x[0];
        x[2 * i + 1] = p->x[1];
        if (energy) energy[i] = p->energy;
    }
    return x;
}

static el4ml_status write_map(const char *path, const opened *o, const el4ml_landscape *l, const request *r,
                              const size_t *labels, size_t columns, size_t rows, el4ml_error *error)
{
    size_t minima = 0, states = 0;
    double *energy = calloc(el4ml_landscape_count(l, EL4ML_MINIMUM) + 1, sizeof *energy);
    double *x = energy ? points_of(l, EL4ML_MINIMUM, &minima, energy) : NULL;
    double *t = x ? points_of(l, EL4ML_TRANSITION_STATE, &states, NULL) : NULL;
    char *svg = NULL;
    el4ml_status status = t ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    if (status == EL4ML_OK) {
        const el4ml_basin_picture picture = {.columns = columns,
                                             .rows = rows,
                                             .labels = labels,
                                             .low = {r->low[0], r->low[1]},
                                             .high = {r->high[0], r->high[1]},
                                             .minima = minima,
                                             .minimum = x,
                                             .energy = energy,
                                             .states = states,
                                             .state = t,
                                             .title = o->surface->info.description};
        status = el4ml_basin_map_svg(&picture, &svg, error);
    }
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    free(energy);
    free(x);
    free(t);
    return status;
}

static el4ml_status draw_map(const arguments *a, const opened *o, const el4ml_landscape *l, request *r,
                             el4ml_error *error)
{
    if (o->surface->info.dimension != 2)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "--map: takes a function of two variables; this has %zu",
                          o->surface->info.dimension);
    const double across = r->high[0] - r->low[0], up = r->high[1] - r->low[1];
    const size_t columns = (size_t)fmax(10, MAP_CELLS * fmin(1, across / up)),
                 rows = (size_t)fmax(10, MAP_CELLS * fmin(1, up / across));
    size_t *labels = calloc(columns * rows, sizeof *labels);
    if (!labels) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    live_line line = new_line(a, "cells of the map");
    r->options.progress = show;
    r->options.context = &line;
    el4ml_status status = el4ml_basin_map(o->surface, l, &r->options, columns, rows, labels, error);
    end_line(&line);
    if (status == EL4ML_OK) status = write_map(a->map, o, l, r, labels, columns, rows, error);
    free(labels);
    return status;
}

static el4ml_status prepare(const arguments *a, const opened *o, const el4ml_landscape *l, request *r,
                            el4ml_error *error)
{
    r->options = el4ml_basin_options_default();
    r->options.seed = a->seed.given ? a->seed.value : o->study->seed;
    r->options.threads = (unsigned)a->threads.value;
    r->options.time_limit = a->time_limit;
    r->options.cancel = &interrupted;
    r->options.compare = a->compare;
    r->options.study = o->study;
    if (a->samples.given) r->options.samples = a->samples.value;
    if (a->tolerance.given) r->options.tolerance = a->tolerance.value;
    el4ml_status status = EL4ML_OK;
    if (a->box) status = parse_box(a->box, o->surface->info.dimension, r, error);
    if (status == EL4ML_OK && a->minima)
        status = parse_minima(a->minima, el4ml_landscape_count(l, EL4ML_MINIMUM), r, error);
    return status;
}

int command_basin_volume(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_landscape *l = NULL;
    opened o = {0};
    request r = {0};
    el4ml_basins basins = {0};
    el4ml_status status = check_options(a, &error);
    if (status == EL4ML_OK) status = el4ml_landscape_read(a->words[0], &l, &error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], l, &o, &error);
    if (status == EL4ML_OK) status = prepare(a, &o, l, &r, &error);
    if (status == EL4ML_OK && a->map) status = draw_map(a, &o, l, &r, &error);
    if (status == EL4ML_OK) status = measure(a, &o, l, &r, &basins, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_basins_json(&basins));
    else if (status == EL4ML_OK)
        print_basins(&basins);
    el4ml_basins_clear(&basins);
    release(&r);
    close_study(&o);
    el4ml_landscape_close(l);
    return code;
}
