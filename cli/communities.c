/* communities: groups of minima with much exchange inside and little between. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 30 }; /* printed; --json has all */

static el4ml_status read_method(const char *text, el4ml_grouping_method *method, el4ml_error *error)
{
    for (int k = EL4ML_BY_LEIDEN; k <= EL4ML_BY_RATES; k++)
        if (strcmp(text, el4ml_grouping_name((el4ml_grouping_method)k)) == 0) {
            *method = (el4ml_grouping_method)k;
            return EL4ML_OK;
        }
    return el4ml_fail(error, EL4ML_BAD_INPUT, "--method: '%s' is none of leiden, infomap, rates", text);
}

static el4ml_status read_options(const arguments *a, el4ml_grouping_options *o, el4ml_error *error)
{
    *o = el4ml_grouping_options_default();
    if (a->method && read_method(a->method, &o->method, error) != EL4ML_OK) return EL4ML_BAD_INPUT;
    const bool by_rates = o->method == EL4ML_BY_RATES;
    if (by_rates && a->unweighted)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "communities: --unweighted is not for --method rates");
    if (!by_rates && a->threshold.given)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "communities: --threshold is for --method rates only");
    if (o->method != EL4ML_BY_LEIDEN && a->resolution.given)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "communities: --resolution is for --method leiden only");
    o->unweighted = a->unweighted;
    if (a->resolution.given) o->resolution = a->resolution.value;
    if (a->threshold.given) o->barrier = a->threshold.value;
    if (a->seed.given) o->seed = a->seed.value;
    return EL4ML_OK;
}

static void print_grouping(const el4ml_network *network, const el4ml_grouping *g)
{
    const el4ml_partition *p = g->partition;
    const bool test = g->effect.count > 0;
    printf("%zu communit%s of %zu minima by %s, T = %g", p->count, p->count == 1 ? "y" : "ies", p->node_count,
           el4ml_grouping_name(g->method), g->temperature);
    if (!isnan(g->barrier)) printf(", free-energy barriers up to %.6g inside", g->barrier);
    printf("; modularity %.4g, code length %.4g bits\n", p->modularity, p->code_length);
    printf("%10s %8s %8s %20s%s\n", "community", "minima", "lowest", "energy",
           !test           ? ""
           : g->regression ? "      mean test R2"
                           : "   mean test accuracy");
    for (size_t k = 0; k < p->count && k < MOST_LINES; k++) {
        printf("%10zu %8zu %8zu %20.12g", k + 1, p->size[k], p->lowest[k] + 1,
               network->nodes[p->lowest[k]].energy);
        if (test) printf(" %20.6g", g->test[k]);
        printf("\n");
    }
    if (p->count > MOST_LINES) printf("... and %zu more (--json lists all)\n", p->count - MOST_LINES);
    if (!isnan(g->effect.share))
        printf("the community explains %.3g %% of the variance of test %s (%.3g %% by chance, p = %.3g)\n",
               100 * g->effect.share, g->regression ? "R2" : "accuracy", 100 * g->effect.expected,
               g->effect.p_permutation);
}

int command_communities(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    el4ml_grouping_options options;
    el4ml_grouping *grouping = NULL;
    el4ml_status status = read_options(a, &options, &error);
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    if (status == EL4ML_OK) status = find_temperature(a, &q, &options.temperature, &error);
    if (status == EL4ML_OK) status = el4ml_group_minima(q.landscape, q.network, &options, &grouping, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    const el4ml_question question = {q.landscape, q.network, NULL, NULL};
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_grouping_json(&question, grouping));
    else if (status == EL4ML_OK)
        print_grouping(q.network, grouping);
    el4ml_grouping_free(grouping);
    close_asked(&q);
    return code;
}
