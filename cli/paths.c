/* paths: the fastest ways from one set of minima to another, and barriers between them. */
#include "program.h"

#include <math.h>
#include <stdio.h>

enum { MOST_STEPS = 12, MOST_LINES = 40 }; /* printed; --json has all */

static void print_barriers(const el4ml_network *network, const el4ml_barriers *b)
{
    printf("%8s %8s %18s %20s %16s %16s\n", "from", "to", "transition state", "energy", "barrier", "back");
    for (size_t k = 0; k < b->count; k++) {
        const el4ml_minimum_pair p = b->pairs[k];
        printf("%8zu %8zu", p.a + 1, p.b + 1);
        if (b->state[k] == EL4ML_NONE)
            printf(" %18s\n", "no path known");
        else
            printf(" %18zu %20.12g %16.9g %16.9g\n", b->state[k] + 1, b->energy[k],
                   b->energy[k] - network->nodes[p.a].energy, b->energy[k] - network->nodes[p.b].energy);
    }
}

/* 1 -[4]- 2 -[5]- 3: minima, and transition states in brackets. */
static void print_steps(const el4ml_route *r)
{
    for (size_t k = 0; k < r->length; k++) {
        if (r->length > MOST_STEPS && k == MOST_STEPS / 2) {
            printf(" ... %zu more ...", r->length - MOST_STEPS);
            k = r->length - MOST_STEPS / 2;
        }
        printf(" %zu", r->minima[k] + 1);
        if (k + 1 < r->length) printf(" -[%zu]-", r->states[k] + 1);
    }
    printf("\n");
}

static void print_highest(const el4ml_network *network, const el4ml_route *r)
{
    if (r->highest == EL4ML_NONE) return;
    printf("highest transition state %zu at %.10g, barrier %.6g, %zu step%s\n  ", r->highest + 1, r->energy,
           r->energy - network->nodes[r->minima[0]].energy, r->length - 1, r->length == 2 ? "" : "s");
    print_steps(r);
}

static void print_profile(const el4ml_network *network, const el4ml_route *r)
{
    for (size_t k = 0; k < r->length && k < MOST_LINES; k++) {
        printf("  %-16s %8zu %20.12g\n", "minimum", r->minima[k] + 1, network->nodes[r->minima[k]].energy);
        if (k + 1 < r->length)
            printf("  %-16s %8zu %20.12g\n", "transition state", r->states[k] + 1,
                   network->edges[r->states[k]].energy);
    }
    if (r->length > MOST_LINES) printf("  ... and %zu steps more\n", r->length - MOST_LINES);
}

static void print_routes(const asked *q, const el4ml_routes *routes)
{
    char from[128], to[128], rate[64];
    describe_set(q->from, from, sizeof from);
    describe_set(q->to, to, sizeof to);
    format_log(routes->log_rate_ss, 8, rate, sizeof rate);
    printf("from %s to %s, T = %g, steady-state rate %s\n", from, to, routes->temperature, rate);
    for (size_t k = 0; k < routes->count; k++) {
        printf("path %zu: %.4g %% of the rate, ", k + 1, 100 * routes->routes[k].share);
        print_highest(q->network, &routes->routes[k]);
    }
    if (routes->count > 0) {
        printf("along path 1:\n");
        print_profile(q->network, &routes->routes[0]);
    }
    printf("lowest barrier: ");
    print_highest(q->network, &routes->minimax);
}

static int answer_barriers(const arguments *a, const asked *q, el4ml_error *error)
{
    el4ml_barriers *barriers = NULL;
    if (el4ml_barriers_between(q->tree, q->from, q->to, &barriers, error) != EL4ML_OK)
        return report_error(error);
    const el4ml_question question = {q->landscape, q->network, q->from, q->to};
    int code = EXIT_DONE;
    if (a->json)
        code = print_json(el4ml_barriers_json(&question, barriers));
    else
        print_barriers(q->network, barriers);
    el4ml_barriers_free(barriers);
    return code;
}

static int answer_routes(const arguments *a, const asked *q, el4ml_error *error)
{
    el4ml_routes_options options = {.count = a->count.given ? (size_t)a->count.value : 5};
    el4ml_routes *routes = NULL;
    el4ml_status status = find_temperature(a, q, &options.temperature, error);
    if (status == EL4ML_OK)
        status = el4ml_routes_between(q->network, q->tree, q->from, q->to, &options, &routes, error);
    if (status != EL4ML_OK) return report_error(error);
    const el4ml_question question = {q->landscape, q->network, q->from, q->to};
    int code = EXIT_DONE;
    if (a->json)
        code = print_json(el4ml_routes_json(&question, routes));
    else
        print_routes(q, routes);
    el4ml_routes_free(routes);
    return code;
}

int command_paths(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    el4ml_status status = EL4ML_OK;
    if (!a->from && !a->to)
        status = el4ml_fail(&error, EL4ML_BAD_INPUT,
                            "paths: say with --from and --to between which minima; see el4ml paths --help");
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    const int code = status != EL4ML_OK ? report_error(&error)
                     : a->barriers      ? answer_barriers(a, &q, &error)
                                        : answer_routes(a, &q, &error);
    close_asked(&q);
    return code;
}
