#include "base/assignment.h"
#include "base/memory.h"
#include "surface/gp.h"

void el4ml_gp_workspace_free(void *workspace)
{
    el4ml_gp_workspace *w = workspace;
    if (!w) return;
    for (size_t t = 0; t < EL4ML_GP_TERMS; t++) {
        if (w->term[t] != w->k) el4ml_release(w->term[t]);
        for (size_t f = 0; f < EL4ML_GP_FACTORS; f++)
            el4ml_release(w->jet[t][f]);
    }
    el4ml_factor_clear(&w->factor);
    el4ml_gp_nodes_clear(&w->nodes);
    el4ml_release(w->at);
    el4ml_release(w->scaled);
    el4ml_release(w->k);
    el4ml_release(w->inverse);
    el4ml_release(w->derivative);
    el4ml_release(w->rows);
    el4ml_release(w->blocks);
    el4ml_release(w->indices);
    el4ml_release(w);
}

static bool allocate_terms(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t square = g->size * g->size;
    bool good = true, nodes = false;
    for (size_t t = 0; t < g->e.terms; t++) {
        w->term[t] = g->e.terms == 1 ? w->k : EL4ML_NEW(double, square);
        good = good && w->term[t];
        for (size_t f = 0; f < g->e.term[t].factors; f++) {
            if (g->e.term[t].factor[f].form != EL4ML_GP_MATERN) continue;
            nodes = true;
            w->jet[t][f] = EL4ML_NEW(double, 6 * square);
            good = good && w->jet[t][f];
        }
    }
    return good && (!nodes || el4ml_gp_nodes_init(&w->nodes));
}

static size_t scaled_inputs(const el4ml_gp *g)
{
    size_t sum = 0;
    for (size_t t = 0; t < g->e.terms; t++)
        for (size_t f = 0; f < g->e.term[t].factors; f++)
            sum += g->e.term[t].factor[f].inputs;
    return sum;
}

static bool allocate(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t n = g->e.parameters, size = g->size, square = size * size, terms = g->e.terms;
    w->at = EL4ML_NEW(double, 3 * n + n * n);
    w->scaled = EL4ML_NEW(double, scaled_inputs(g) * size);
    w->k = EL4ML_NEW(double, square);
    w->inverse = EL4ML_NEW(double, 3 * square + size);
    w->derivative = EL4ML_NEW(double, n *(square + size));
    w->rows = EL4ML_NEW(double, el4ml_gp_row_scratch(g));
    w->blocks = EL4ML_NEW(double, 2 * terms * terms + EL4ML_ASSIGN_DOUBLES(terms) + 2 * n);
    w->indices = EL4ML_NEW(size_t, 3 * terms + EL4ML_ASSIGN_INDICES(terms));
    if (!w->at || !w->scaled || !w->k || !w->inverse || !w->derivative || !w->rows || !w->blocks ||
        !w->indices)
        return false;
    w->theta = w->at + n;
    w->gradient = w->theta + n;
    w->hessian = w->gradient + n;
    w->turned = w->inverse + square;
    w->w = w->turned + square;
    w->alpha = w->w + square;
    w->projected = w->derivative + n * square;
    return allocate_terms(g, w) && el4ml_factor_init(&w->factor, size);
}

void *el4ml_gp_workspace_new(const void *self)
{
    el4ml_gp_workspace *w = EL4ML_NEW(el4ml_gp_workspace, 1);
    if (w && allocate(self, w)) return w;
    el4ml_gp_workspace_free(w);
    return NULL;
}
