/* compare: landscapes side by side. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct folder {
    el4ml_landscape *landscape;
    el4ml_study *study; /* of an imported landscape */
    opened o;
} folder;

static el4ml_status open_one(const char *path, folder *f, el4ml_compared_input *in, el4ml_error *error)
{
    el4ml_status status = el4ml_landscape_read(path, &f->landscape, error);
    if (status != EL4ML_OK) return status;
    in->name = path;
    in->landscape = f->landscape;
    if (el4ml_landscape_source(f->landscape)) {
        status = el4ml_folder_study(path, f->landscape, &f->study, error);
        in->study = f->study;
        return status;
    }
    status = open_folder_study(path, f->landscape, &f->o, error);
    in->study = f->o.study;
    in->surface = f->o.surface;
    in->data = f->o.data;
    return status;
}

/* ---- The table: a line for each number, a column for each landscape ---- */

typedef enum form { NUMBER, WHOLE, SHARE } form;

typedef struct line {
    const char *name;
    size_t offset;
    form form;
} line;

#define FIELD(field) offsetof(el4ml_compared, field)

static const line lines[] = {
    {"parameters", FIELD(parameters), WHOLE},
    {"minima", FIELD(summary.minima), WHOLE},
    {"transition states", FIELD(summary.transition_states), WHOLE},
    {"components", FIELD(summary.components), WHOLE},
    {"sequence basins", FIELD(basins), WHOLE},
    {"funnels", FIELD(funnels), WHOLE},
    {"lowest V", FIELD(lowest), NUMBER},
    {"median V", FIELD(median), NUMBER},
    {"accuracy of the lowest", FIELD(train.accuracy), NUMBER},
    {"  on the test rows", FIELD(test.accuracy), NUMBER},
    {"R2 of the lowest", FIELD(train.r2), NUMBER},
    {"  on the test rows", FIELD(test.r2), NUMBER},
    {"barrier to the lowest, median", FIELD(barrier_median), NUMBER},
    {"  largest", FIELD(barrier_largest), NUMBER},
    {"entropy S", FIELD(entropy), NUMBER},
    {"frustration F~", FIELD(frustration), NUMBER},
    {"C_V - kappa", FIELD(heat_capacity), NUMBER},
    {"peaks of C_V", FIELD(peak_count), WHOLE},
    {"  T of the highest", FIELD(peak_temperature), NUMBER},
    {"  its C_V - kappa", FIELD(peak_height), NUMBER},
    {"trainings", FIELD(trainings), WHOLE},
    {"  that failed", FIELD(failed), WHOLE},
    {"  minima they ended in", FIELD(distinct), WHOLE},
    {"two end in the same minimum", FIELD(same_minimum), SHARE},
    {"two give a row the same class", FIELD(same_class), SHARE},
    {"  a test row", FIELD(test_same_class), SHARE},
    {"spread of predictions", FIELD(spread), NUMBER},
    {"  on the test rows", FIELD(test_spread), NUMBER},
    {"one ends in the lowest", FIELD(lowest_share), NUMBER},
    {"mean V above the lowest", FIELD(excess_loss), NUMBER},
    {"evaluations a training, median", FIELD(evaluations), NUMBER},
    {"  95 % take less than", FIELD(evaluations_high), NUMBER},
    {"Hessians a training", FIELD(hessians), NUMBER},
};

static void cell(const line *l, const el4ml_compared *c, char *text, size_t size)
{
    const char *field = (const char *)c + l->offset;
    snprintf(text, size, "-");
    if (l->form == WHOLE) {
        snprintf(text, size, "%zu", *(const size_t *)field);
    } else if (l->form == NUMBER) {
        const double value = *(const double *)field;
        if (!isnan(value)) snprintf(text, size, "%.6g", value);
    } else {
        const el4ml_agreement *a = (const el4ml_agreement *)field;
        if (!isnan(a->probability)) snprintf(text, size, "%.3g (%.3g-%.3g)", a->probability, a->low, a->high);
    }
}

static void print_line(const el4ml_comparison *r, const line *l)
{
    char text[64];
    bool any = false;
    for (size_t k = 0; k < r->count; k++) {
        cell(l, &r->each[k], text, sizeof text);
        any |= strcmp(text, "-") != 0;
    }
    if (!any) return;
    printf("%-32s", l->name);
    for (size_t k = 0; k < r->count; k++) {
        cell(l, &r->each[k], text, sizeof text);
        printf(" %22s", text);
    }
    printf("\n");
}

static void print_table(const el4ml_comparison *r)
{
    printf("%-32s", "");
    for (size_t k = 0; k < r->count; k++) {
        const size_t length = strlen(r->each[k].name);
        printf(" %22s", r->each[k].name + (length > 22 ? length - 22 : 0));
    }
    printf("\n");
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
        print_line(r, &lines[k]);
    printf("S, F~ and C_V at T = %g\n", r->each[0].temperature);
    char *advice = el4ml_comparison_advice(r);
    if (advice) fputs(advice, stdout);
    el4ml_text_free(advice);
}

static el4ml_status draw(const arguments *a, const el4ml_comparison *r, el4ml_error *error)
{
    char *svg = NULL;
    if (!a->figure) return EL4ML_OK;
    el4ml_status status = el4ml_comparison_svg(r, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(a->figure, svg, error);
    el4ml_text_free(svg);
    return status;
}

static el4ml_status compute(const arguments *a, const el4ml_compared_input *inputs, el4ml_comparison *r,
                            el4ml_error *error)
{
    el4ml_comparison_options o = el4ml_comparison_options_default();
    if (a->temperature.given) o.temperature = a->temperature.value;
    if (a->starts.given) o.starts = (size_t)a->starts.value;
    if (a->seed.given) o.seed = a->seed.value;
    o.threads = (unsigned)a->threads.value;
    o.time_limit = a->time_limit;
    o.cancel = &interrupted;
    return el4ml_compare(inputs, (size_t)a->word_count, &o, r, error);
}

int command_compare(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_comparison r = {0};
    folder folders[MAX_WORDS] = {{0}};
    el4ml_compared_input inputs[MAX_WORDS] = {{0}};
    el4ml_status status = EL4ML_OK;
    for (int k = 0; k < a->word_count && status == EL4ML_OK; k++)
        status = open_one(a->words[k], &folders[k], &inputs[k], &error);
    if (status == EL4ML_OK) status = compute(a, inputs, &r, &error);
    if (status == EL4ML_OK) status = draw(a, &r, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_comparison_json(&r));
    else if (status == EL4ML_OK)
        print_table(&r);
    el4ml_comparison_clear(&r);
    for (int k = 0; k < a->word_count; k++) {
        close_study(&folders[k].o);
        el4ml_study_free(folders[k].study);
        el4ml_landscape_close(folders[k].landscape);
    }
    return code;
}
