/* choose-k: a landscape of K-means for each K, and what it says. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2..10, or one number. */
static el4ml_status read_range(const char *text, size_t *from, size_t *to, el4ml_error *error)
{
    char *end;
    const unsigned long first = strtoul(text, &end, 10);
    unsigned long last = first;
    bool good = end != text && text[0] >= '0' && text[0] <= '9';
    if (good && strncmp(end, "..", 2) == 0 && end[2] >= '0' && end[2] <= '9')
        last = strtoul(end + 2, &end, 10);
    good = good && *end == '\0' && first >= 1 && last >= first && last <= 10000;
    if (!good)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "--k: '%s' is no range of numbers of clusters such as 2..10", text);
    *from = first;
    *to = last;
    return EL4ML_OK;
}

static void print_number(const char *form, double x)
{
    if (isnan(x))
        printf("%10s", "-");
    else
        printf(form, x);
}

static void print_choice(const el4ml_choice *c)
{
    printf("%4s%14s%8s%8s%8s%13s%10s%10s%10s%10s%10s%10s%10s\n", "K", "inertia", "minima", "parts", "funnels",
           "clusterings", "F~", "barrier", "hits", "stability", "silhouet.", "gap", "D.-B.");
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_k_row *r = &c->rows[k];
        printf("%4zu%14.6g%8zu%8zu%8zu%13.3g", r->clusters, r->inertia, r->minima, r->components, r->funnels,
               r->clusterings);
        print_number("%10.3g", r->frustration);
        print_number("%10.3g", r->barrier);
        print_number("%10.3f", r->hits);
        print_number("%10.3f", r->stability);
        print_number("%10.3f", r->silhouette);
        print_number("%10.3f", r->gap);
        print_number("%10.3f", r->davies_bouldin);
        printf("\n");
    }
    for (int k = 0; k < EL4ML_K_CRITERIA; k++) {
        printf("%s%s: ", k > 0 ? ", " : "", el4ml_k_criterion_name((el4ml_k_criterion)k));
        if (c->by[k] > 0)
            printf("%zu", c->by[k]);
        else
            printf("none");
    }
    printf("\n%s\n", c->text);
}

int command_choose_k(const arguments *a)
{
    el4ml_error error = {0};
    opened o = {0};
    char folder[1024], figure[1100];
    el4ml_choice choice = {0};
    el4ml_choose_k_options options = el4ml_choose_k_options_default();
    el4ml_status status = EL4ML_OK;
    if (a->clusters) status = read_range(a->clusters, &options.from, &options.to, &error);
    if (status == EL4ML_OK) status = open_study(a->words[0], a, &o, &error);
    if (status == EL4ML_OK) {
        snprintf(folder, sizeof folder, "%s%s", a->output ? a->output : o.study->name, a->output ? "" : "-k");
        options.folder = folder;
        options.run = (el4ml_run_options){
            .threads = (unsigned)a->threads.value, .time_limit = a->time_limit, .cancel = &interrupted};
        status = el4ml_choose_k(o.study, o.data, &options, &choice, &error);
    }
    if (status == EL4ML_OK) {
        snprintf(figure, sizeof figure, "%s/choose_k.svg", folder);
        status = el4ml_choice_figure(&choice, figure, &error);
    }
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_choice_json(&choice));
    else if (status == EL4ML_OK)
        print_choice(&choice);
    el4ml_choice_clear(&choice);
    close_study(&o);
    return code;
}
