/* interpret: what the minima of a funnel have in common, and what sets funnels apart. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 20, MOST_COLUMNS = 4 };

static el4ml_status read_options(const arguments *a, el4ml_interpret_options *o, el4ml_error *error)
{
    *o = el4ml_interpret_options_default();
    if (a->groups && strcmp(a->groups, "basins") == 0)
        o->groups = EL4ML_INTERPRET_BASINS;
    else if (a->groups && strcmp(a->groups, "funnels") != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "--groups: '%s' is none of funnels, basins", a->groups);
    if (a->persistence.given && o->groups == EL4ML_INTERPRET_BASINS)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "interpret: --persistence is for --groups funnels only");
    if (a->persistence.given) o->persistence = a->persistence.value;
    if (a->permutations.given) o->permutations = (size_t)a->permutations.value;
    if (a->level.given) o->level = a->level.value;
    o->threads = (unsigned)a->threads.value;
    o->cancel = &interrupted;
    return EL4ML_OK;
}

/* Features, or without any the parameters of most conserved groups: in columns all minima and the lowest
 * groups. */
static void print_features(const el4ml_interpretation *r)
{
    const bool single = r->group_count == 1 && r->groups[0].count == r->minima;
    const size_t columns = single ? 0 : r->group_count < MOST_COLUMNS ? r->group_count : MOST_COLUMNS;
    if (r->feature_count == 0) return;
    printf("%-28s %23s", "feature: weight, importance", "all minima");
    for (size_t g = 0; g < columns; g++) {
        char text[32];
        snprintf(text, sizeof text, "around %zu (%zu)", r->groups[g].bottom + 1, r->groups[g].count);
        printf(" %23s", text);
    }
    printf("\n");
    for (size_t k = 0; k < r->feature_count && k < MOST_LINES; k++) {
        printf("%-28.28s", r->feature_names[k]);
        for (size_t g = 0; g <= columns; g++) {
            const el4ml_reliance *f = g ? &r->groups[g - 1].features[k] : &r->all.features[k];
            if (isnan(f->weight))
                printf(" %9s", "-");
            else
                printf(" %9.3g", f->weight);
            if (isnan(f->importance))
                printf(" %13s", "-");
            else
                printf(" %12.3g%s", f->importance, f->q <= r->level ? "*" : " ");
        }
        printf("\n");
    }
    if (r->feature_count > MOST_LINES)
        printf("... and %zu more (--json lists all)\n", r->feature_count - MOST_LINES);
    printf("weight: share folded back from the outputs; importance: rise of the loss on the %s rows when the "
           "feature is\npermuted, * beyond chance\n",
           r->validation ? "validation" : "training");
}

static void print_groups(const el4ml_interpretation *r)
{
    const bool basins = r->by == EL4ML_INTERPRET_BASINS;
    printf("%zu minima, %zu %s", r->minima, r->group_total, basins ? "sequence basins" : "funnels");
    if (!basins) printf(" (persistence %.4g)", r->threshold);
    printf(", %zu of them with %d minima or more\n", r->group_count, EL4ML_INTERPRET_LEAST);
    if (r->group_count > 0)
        printf("%10s %8s %20s %14s %10s %22s\n", "bottom", "minima", "energy", "spread / all", "p",
               "conserved parameters");
    for (size_t g = 0; g < r->group_count && g < MOST_LINES; g++)
        printf("%10zu %8zu %20.12g %14.4g %10.2g %15zu of %zu\n", r->groups[g].bottom + 1, r->groups[g].count,
               r->groups[g].energy, r->groups[g].together.ratio, r->groups[g].together.p,
               r->groups[g].conserved, r->parameter_count);
    if (r->group_count > MOST_LINES) printf("... and %zu more\n", r->group_count - MOST_LINES);
}

static void print_all(const el4ml_interpretation *r)
{
    print_groups(r);
    print_features(r);
    char *advice = el4ml_interpretation_advice(r);
    if (advice) fputs(advice, stdout);
    el4ml_text_free(advice);
}

static el4ml_status draw(const arguments *a, const el4ml_interpretation *r, el4ml_error *error)
{
    char *svg = NULL;
    if (!a->figure) return EL4ML_OK;
    el4ml_status status = el4ml_interpretation_svg(r, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(a->figure, svg, error);
    el4ml_text_free(svg);
    return status;
}

int command_interpret(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    opened o = {0};
    el4ml_interpret_options options;
    el4ml_interpretation *r = NULL;
    el4ml_status status = read_options(a, &options, &error);
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], q.landscape, &o, &error);
    if (status == EL4ML_OK) {
        options.first = q.from;
        options.second = q.to;
        options.seed = a->seed.given ? a->seed.value : o.study->seed;
        status = el4ml_interpret(o.surface, q.landscape, q.network, o.study, o.data, &options, &r, &error);
    }
    if (status == EL4ML_OK) status = draw(a, r, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_interpretation_json(r));
    else if (status == EL4ML_OK)
        print_all(r);
    el4ml_interpretation_free(r);
    close_study(&o);
    close_asked(&q);
    return code;
}
