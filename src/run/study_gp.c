#include "run/study_gp.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"

static const char *const classes[EL4ML_GP_CLASSES] = {"signal", "length", "alpha", "nu", "noise"};

/* [a, b], both positive; `rising`: a < b. */
static void read_pair(el4ml_study_reader *r, const el4ml_toml *node, bool rising, double *pair)
{
    if (!node || r->status != EL4ML_OK) return;
    if (node->type != EL4ML_TOML_ARRAY || node->count != 2) {
        r->status = el4ml_toml_fail(r->document, node, r->error, "must be %s",
                                    rising ? "[low, high], such as [1e-2, 1e2]"
                                           : "[median, spread of the logarithm], such as [1.0, 0.5]");
        return;
    }
    double first = 0;
    el4ml_reader_check_number(r, node->first, 0, false, INFINITY, false, &first);
    el4ml_reader_check_number(r, node->first->next, rising ? first : 0, false, INFINITY, false, &pair[1]);
    pair[0] = first;
}

/* [low, high] for every class but nu, or a list of such pairs, one for each hyperparameter. */
static void read_bounds(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    const el4ml_toml *node = el4ml_reader_find(r, "surface", "bounds");
    if (!node) return;
    const bool list = node->type == EL4ML_TOML_ARRAY && node->first && node->first->type == EL4ML_TOML_ARRAY;
    if (!list) {
        double pair[2];
        read_pair(r, node, true, pair);
        for (int c = 0; c < EL4ML_GP_CLASSES && r->status == EL4ML_OK; c++)
            if (c != EL4ML_GP_NU) {
                s->gp.bounds[c][0] = pair[0];
                s->gp.bounds[c][1] = pair[1];
            }
        return;
    }
    s->gp_each = EL4ML_NEW(double, 2 * node->count);
    if (!s->gp_each) {
        el4ml_reader_no_memory(r);
        return;
    }
    for (const el4ml_toml *pair = node->first; pair && r->status == EL4ML_OK; pair = pair->next)
        read_pair(r, pair, true, s->gp_each + 2 * s->gp.each_count++);
    s->gp.each = s->gp_each;
}

static void read_kernel(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    const el4ml_toml *node = el4ml_reader_find(r, "surface", "kernel");
    const char *text = s->gp.kernel;
    if (node) el4ml_reader_check_text(r, node, &text);
    el4ml_reader_copy_text(r, text, &s->gp_kernel);
    if (r->status != EL4ML_OK) return;
    s->gp.kernel = s->gp_kernel;
    el4ml_error found = {0};
    if (el4ml_gp_check_kernel(s->gp_kernel, &found) != EL4ML_OK)
        r->status = el4ml_toml_fail(r->document, node, r->error, "%s", found.message);
}

void el4ml_reader_gp(el4ml_study_reader *r)
{
    el4ml_gp_options *gp = &r->study->gp;
    read_kernel(r);
    el4ml_reader_boolean(r, "surface", "ard", &gp->ard);
    const el4ml_toml *jitter = el4ml_reader_find(r, "surface", "jitter");
    if (jitter) el4ml_reader_check_number(r, jitter, 0, true, INFINITY, false, &gp->jitter);
    read_bounds(r);
    for (int c = 0; c < EL4ML_GP_CLASSES; c++) {
        char key[32];
        snprintf(key, sizeof key, "%s_bounds", classes[c]);
        const el4ml_toml *bounds = el4ml_reader_find(r, "surface", key);
        if (bounds && gp->each)
            r->status = el4ml_toml_fail_key(r->document, bounds, r->error,
                                            "'bounds' gives those of each hyperparameter already");
        read_pair(r, bounds, true, gp->bounds[c]);
        snprintf(key, sizeof key, "%s_prior", classes[c]);
        read_pair(r, el4ml_reader_find(r, "surface", key), false, gp->prior[c]);
    }
}

static void add_pair(el4ml_builder *text, const double *pair)
{
    el4ml_builder_text(text, "[");
    el4ml_builder_number(text, pair[0]);
    el4ml_builder_text(text, ", ");
    el4ml_builder_number(text, pair[1]);
    el4ml_builder_text(text, "]");
}

void el4ml_gp_text(el4ml_builder *text, const el4ml_study *s)
{
    const el4ml_gp_options *gp = &s->gp;
    el4ml_builder_text(text, "kernel = ");
    el4ml_builder_quoted(text, gp->kernel);
    el4ml_builder_format(text, "\nard = %s\njitter = ", gp->ard ? "true" : "false");
    el4ml_builder_number(text, gp->jitter);
    el4ml_builder_text(text, "\n");
    if (gp->each) {
        el4ml_builder_text(text, "bounds = [");
        for (size_t k = 0; k < gp->each_count; k++) {
            el4ml_builder_text(text, k > 0 ? ", " : "");
            add_pair(text, gp->each + 2 * k);
        }
        el4ml_builder_text(text, "]\n");
    }
    for (int c = 0; c < EL4ML_GP_CLASSES; c++) {
        if (!gp->each) {
            el4ml_builder_format(text, "%s_bounds = ", classes[c]);
            add_pair(text, gp->bounds[c]);
            el4ml_builder_text(text, "\n");
        }
        if (!(gp->prior[c][1] > 0)) continue;
        el4ml_builder_format(text, "%s_prior = ", classes[c]);
        add_pair(text, gp->prior[c]);
        el4ml_builder_text(text, "\n");
    }
}
