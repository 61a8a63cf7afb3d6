/* Equal summands may be exchanged: terms with the same kernels on the same inputs, the same bounds and the
 * same priors. The group is the product of the symmetric groups of these sets. */
#include <math.h>
#include <string.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "surface/gp.h"

static bool equal_terms(const el4ml_gp *g, const el4ml_gp_term *a, const el4ml_gp_term *b)
{
    if (a->factors != b->factors || a->end - a->signal != b->end - b->signal) return false;
    for (size_t f = 0; f < a->factors; f++) {
        const el4ml_gp_factor *p = &a->factor[f], *q = &b->factor[f];
        if (p->form != q->form || p->ard != q->ard || p->inputs != q->inputs ||
            memcmp(p->input, q->input, p->inputs * sizeof *p->input) != 0)
            return false;
    }
    const size_t bytes = (a->end - a->signal) * sizeof(double), i = a->signal, j = b->signal;
    return memcmp(g->lower + i, g->lower + j, bytes) == 0 && memcmp(g->upper + i, g->upper + j, bytes) == 0 &&
           memcmp(g->prior_mean + i, g->prior_mean + j, bytes) == 0 &&
           memcmp(g->prior_spread + i, g->prior_spread + j, bytes) == 0;
}

bool el4ml_gp_find_groups(el4ml_gp *g)
{
    bool any = false;
    for (size_t t = 0; t < g->e.terms; t++) {
        g->e.term[t].group = t;
        for (size_t s = 0; s < t; s++)
            if (g->e.term[s].group == s && equal_terms(g, &g->e.term[s], &g->e.term[t])) {
                g->e.term[t].group = s;
                any = true;
                break;
            }
    }
    return any;
}

/* The terms of the group that begins with `first`; 0 where another begins it. */
static size_t members(const el4ml_gp *g, size_t first, size_t *member)
{
    size_t count = 0;
    for (size_t t = first; g->e.term[first].group == first && t < g->e.terms; t++)
        if (g->e.term[t].group == first) member[count++] = t;
    return count;
}

static double block_distance(const el4ml_gp *g, const double *a, size_t s, const double *b, size_t t)
{
    const size_t size = g->e.term[s].end - g->e.term[s].signal;
    return el4ml_distance(size, a + g->e.term[s].signal, b + g->e.term[t].signal);
}

/* The image of `moving` closest to `fixed`: a linear assignment in each group. */
static double closest(const el4ml_gp *g, el4ml_gp_workspace *w, const double *fixed, const double *moving,
                      double *aligned)
{
    const size_t terms = g->e.terms;
    size_t *member = w->indices, *column = member + terms, *indices = column + terms;
    double *cost = w->blocks, *work = cost + terms * terms;
    el4ml_copy(g->e.parameters, moving, aligned);
    for (size_t first = 0; first < terms; first++) {
        const size_t count = members(g, first, member);
        if (count < 2) continue;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++) {
                const double d = block_distance(g, fixed, member[i], moving, member[j]);
                cost[i * count + j] = d * d;
            }
        el4ml_assign(count, cost, column, work, indices);
        for (size_t i = 0; i < count; i++) {
            const el4ml_gp_term *to = &g->e.term[member[i]], *from = &g->e.term[member[column[i]]];
            el4ml_copy(to->end - to->signal, moving + from->signal, aligned + to->signal);
        }
    }
    return el4ml_distance(g->e.parameters, fixed, aligned);
}

el4ml_status el4ml_gp_align(const void *self, void *workspace, const double *fixed, const double *moving,
                            uint64_t variant, double *aligned, double *distance)
{
    (void)variant; /* there are few images, and one is the closest */
    *distance = closest(self, workspace, fixed, moving, aligned);
    return EL4ML_OK;
}

el4ml_status el4ml_gp_same(const void *self, void *workspace, const double *a, const double *b,
                           double tolerance, bool *same)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    double *aligned = w->blocks + 2 * g->e.terms * g->e.terms + EL4ML_ASSIGN_DOUBLES(g->e.terms);
    *same = closest(g, w, a, b, aligned) <= tolerance;
    return EL4ML_OK;
}

/* Of a group with m members n = m!/o, o the orders of sets of terms that coincide. */
el4ml_status el4ml_gp_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                   double *log_multiplicity, double *order)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    size_t *member = w->indices;
    int sign;
    *order = 1;
    *log_multiplicity = 0;
    for (size_t first = 0; first < g->e.terms; first++) {
        const size_t count = members(g, first, member);
        *log_multiplicity += lgamma_r((double)count + 1, &sign);
        for (size_t i = 0; i < count; i++) {
            size_t equal = 1;
            for (size_t j = 0; j < i; j++)
                equal += block_distance(g, x, member[i], x, member[j]) <= tolerance;
            *order *= (double)equal;
        }
    }
    *log_multiplicity -= log(*order);
    return EL4ML_OK;
}

void el4ml_gp_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                               double *y)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    size_t *member = w->indices, *order = member + g->e.terms;
    el4ml_copy(g->e.parameters, x, y);
    for (size_t first = 0; first < g->e.terms; first++) {
        const size_t count = members(g, first, member);
        for (size_t i = 0; i < count; i++)
            order[i] = i;
        el4ml_random_shuffle(random, count, order);
        for (size_t i = 0; i < count; i++) {
            const el4ml_gp_term *to = &g->e.term[member[i]], *from = &g->e.term[member[order[i]]];
            el4ml_copy(to->end - to->signal, x + from->signal, y + to->signal);
        }
    }
}
