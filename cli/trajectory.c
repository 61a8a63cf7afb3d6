/* interpolate --trajectory: the paths of minimisers, over the landscape. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_METHODS = 16 };

static el4ml_status find_method(const char *name, size_t length, el4ml_minimise_method *method,
                                el4ml_error *error)
{
    const char *const *names = el4ml_minimiser_name_list();
    for (unsigned k = 0; names[k]; k++)
        if (strlen(names[k]) == length && strncmp(names[k], name, length) == 0) {
            *method = (el4ml_minimise_method)k;
            return EL4ML_OK;
        }
    char all[200] = "";
    for (unsigned k = 0; names[k]; k++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? ", " : "", names[k]);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "--trajectory: '%.*s' is none of %s",
                      (int)(length < 60 ? length : 60), name, all);
}

static el4ml_status read_methods(const char *text, el4ml_minimise_method *methods, size_t *count,
                                 el4ml_error *error)
{
    *count = 0;
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        if (*count == MOST_METHODS)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "--trajectory: at most %d minimisers", MOST_METHODS);
        const el4ml_status status = find_method(at, length, &methods[*count], error);
        if (status != EL4ML_OK) return status;
        ++*count;
        at += length;
        if (!*at) return EL4ML_OK;
    }
}

static el4ml_status draw(const arguments *a, const asked *q, const opened *o, const el4ml_trace *traces,
                         size_t count, el4ml_error *error)
{
    char *svg = NULL;
    if (!a->figure) return EL4ML_OK;
    el4ml_status status = el4ml_traces_svg(o->surface, q->landscape, q->network, traces, count, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(a->figure, svg, error);
    el4ml_text_free(svg);
    return status;
}

static el4ml_status compute(const arguments *a, const asked *q, const opened *o,
                            const el4ml_minimise_method *methods, size_t method_count, el4ml_trace *traces,
                            size_t count, el4ml_error *error)
{
    el4ml_trace_options options = el4ml_trace_options_default();
    options.seed = a->seed.given ? a->seed.value : o->study->seed;
    options.threads = (unsigned)a->threads.value;
    options.cancel = &interrupted;
    if (a->points.given) options.points = (size_t)a->points.value;
    for (size_t k = 0; k < count; k++) {
        options.start = k / method_count;
        const el4ml_status status = el4ml_trace_minimiser(
            o->surface, q->landscape, o->study, methods[k % method_count], &options, &traces[k], error);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

int answer_trajectories(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    opened o = {0};
    el4ml_minimise_method methods[MOST_METHODS];
    size_t method_count = 0;
    const size_t starts = a->starts.given ? (size_t)a->starts.value : 1;
    el4ml_status status = read_methods(a->trajectory, methods, &method_count, &error);
    if (status == EL4ML_OK && (starts == 0 || a->word_count != 1))
        status = el4ml_fail(&error, EL4ML_BAD_INPUT,
                            "interpolate: --trajectory takes no minima, and at least one start");
    const size_t count = method_count * starts;
    el4ml_trace *traces = calloc(count + 1, sizeof *traces);
    if (!traces) status = el4ml_fail(&error, EL4ML_OUT_OF_MEMORY, "out of memory");
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], q.landscape, &o, &error);
    if (status == EL4ML_OK) status = compute(a, &q, &o, methods, method_count, traces, count, &error);
    if (status == EL4ML_OK) status = draw(a, &q, &o, traces, count, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    char *advice = NULL;
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_traces_json(traces, count));
    else if (status == EL4ML_OK && (advice = el4ml_traces_advice(traces, count)))
        fputs(advice, stdout);
    el4ml_text_free(advice);
    for (size_t k = 0; traces && k < count; k++)
        el4ml_trace_clear(&traces[k]);
    free(traces);
    close_study(&o);
    close_asked(&q);
    return code;
}
