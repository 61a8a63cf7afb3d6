/* interpolate: the loss between minima. */
#include "program.h"

#include <math.h>
#include <stdio.h>

enum { DEFAULT_STARTS = 100 };

typedef struct answer {
    bool has_pair, has_starts, has_all;
    el4ml_interpolation pair;
    el4ml_monotonicity starts;
    el4ml_connectivity all;
} answer;

static void print_way(const char *name, const el4ml_way *w)
{
    if (w->count == 0) return;
    printf("%-34s %12.6g %14.6g %14.6g %14.6g %14.6g\n", name, w->length, w->top, w->barrier, w->barrier_back,
           w->excess);
}

static void print_pair(const el4ml_landscape *l, const el4ml_interpolation *r)
{
    printf("minimum %zu (%.10g) to minimum %zu (%.10g)\n", r->a + 1,
           el4ml_landscape_record(l, EL4ML_MINIMUM, r->a)->point.energy, r->b + 1,
           el4ml_landscape_record(l, EL4ML_MINIMUM, r->b)->point.energy);
    printf("%-34s %12s %14s %14s %14s %14s\n", "way", "length", "top", "barrier", "barrier back",
           "above chord");
    print_way(r->symmetry ? "straight, to the copy stored" : "straight", &r->stored);
    if (r->symmetry) print_way("straight, to the closest copy", &r->aligned);
    if (r->symmetry) print_way("straight, best of nearby copies", &r->lowest);
    print_way("lowest barrier, through network", &r->path);
    if (r->route_length > 1) {
        printf("path: %zu", r->route_minima[0] + 1);
        for (size_t k = 1; k < r->route_length; k++)
            printf(" -[%zu]- %zu", r->route_states[k - 1] + 1, r->route_minima[k] + 1);
        printf("   (transition states in brackets)\n");
    }
}

static void print_answer(const el4ml_landscape *l, const answer *r)
{
    if (r->has_pair) print_pair(l, &r->pair);
    char *advice = el4ml_interpolation_advice(r->has_pair ? &r->pair : NULL,
                                              r->has_starts ? &r->starts : NULL, r->has_all ? &r->all : NULL);
    if (advice) fputs(advice, stdout);
    el4ml_text_free(advice);
}

static el4ml_status read_minimum(const char *text, asked *q, size_t *minimum, el4ml_error *error)
{
    el4ml_minimum_set *set = NULL;
    el4ml_status status = el4ml_select_minima(q->landscape, q->network, text, &set, error);
    if (status != EL4ML_OK) return status;
    *minimum = set->members[0];
    if (set->count != 1)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "interpolate: '%s' is %zu minima; one is needed", text,
                            set->count);
    el4ml_minimum_set_free(set);
    return status;
}

static el4ml_status compute_pair(const arguments *a, asked *q, const opened *o,
                                 const el4ml_interpolation_options *options, answer *r, el4ml_error *error)
{
    size_t from, to;
    el4ml_status status = read_minimum(a->words[1], q, &from, error);
    if (status == EL4ML_OK) status = read_minimum(a->words[2], q, &to, error);
    if (status == EL4ML_OK && from == to)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "interpolate: both are minimum %zu", from + 1);
    if (status == EL4ML_OK)
        status = el4ml_interpolate(o->surface, q->landscape, q->network, o->data, from, to, options, &r->pair,
                                   error);
    r->has_pair = status == EL4ML_OK;
    return status;
}

static el4ml_status compute(const arguments *a, asked *q, const opened *o, answer *r, el4ml_error *error)
{
    el4ml_interpolation_options options = el4ml_interpolation_options_default();
    options.seed = a->seed.given ? a->seed.value : o->study->seed;
    options.threads = (unsigned)a->threads.value;
    options.cancel = &interrupted;
    if (a->points.given) options.points = (size_t)a->points.value;
    el4ml_status status = EL4ML_OK;
    if (a->word_count == 3) {
        status = compute_pair(a, q, o, &options, r, error);
    } else {
        if (a->pairs.given) options.starts = (size_t)a->pairs.value;
        status = el4ml_connectivity_of(o->surface, q->landscape, q->network, &options, &r->all, error);
        r->has_all = status == EL4ML_OK;
    }
    options.starts = a->starts.given ? (size_t)a->starts.value : DEFAULT_STARTS;
    if (status == EL4ML_OK && options.starts > 0) {
        status = el4ml_monotonicity_of(o->surface, q->landscape, o->study, &options, &r->starts, error);
        r->has_starts = status == EL4ML_OK;
    }
    return status;
}

static el4ml_status draw(const arguments *a, const answer *r, el4ml_error *error)
{
    char *svg = NULL;
    if (!a->figure) return EL4ML_OK;
    el4ml_status status =
        el4ml_interpolation_svg(r->has_pair ? &r->pair : NULL, r->has_starts ? &r->starts : NULL,
                                r->has_all ? &r->all : NULL, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(a->figure, svg, error);
    el4ml_text_free(svg);
    return status;
}

int command_interpolate(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    opened o = {0};
    answer r = {0};
    if (a->trajectory) return answer_trajectories(a);
    el4ml_status status = EL4ML_OK;
    if (a->word_count == 2)
        status = el4ml_fail(&error, EL4ML_BAD_INPUT,
                            "interpolate: takes two minima, A and B, or none for all pairs");
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], q.landscape, &o, &error);
    if (status == EL4ML_OK) status = compute(a, &q, &o, &r, &error);
    if (status == EL4ML_OK) status = draw(a, &r, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_interpolation_json(
            r.has_pair ? &r.pair : NULL, r.has_starts ? &r.starts : NULL, r.has_all ? &r.all : NULL));
    else if (status == EL4ML_OK)
        print_answer(q.landscape, &r);
    el4ml_interpolation_clear(&r.pair);
    el4ml_monotonicity_clear(&r.starts);
    el4ml_connectivity_clear(&r.all);
    close_study(&o);
    close_asked(&q);
    return code;
}
