/* How good a partition is: modularity, and the map equation's code length. */
#include <math.h>

#include "base/memory.h"
#include "el4ml/communities.h"

typedef struct shares {
    double all;     /* weight of all links */
    double *inside; /* (node_count) weight of the links inside community c */
    double *total;  /* (node_count) weight of its minima, each the sum of its links */
    double *node;   /* (node_count) weight of minimum i */
} shares;

static void add_weights(const el4ml_network *network, const double *weight, const size_t *community,
                        shares *s)
{
    for (size_t e = 0; e < network->edge_count; e++) {
        const el4ml_edge *edge = &network->edges[e];
        if (edge->a == edge->b) continue;
        const double w = weight ? weight[e] : 1;
        const size_t a = community[edge->a], b = community[edge->b];
        s->node[edge->a] += w;
        s->node[edge->b] += w;
        s->total[a] += w;
        s->total[b] += w;
        if (a == b) s->inside[a] += w;
        s->all += w;
    }
}

static void clear(shares *s)
{
    el4ml_release(s->inside);
    el4ml_release(s->total);
    el4ml_release(s->node);
}

/* clear() is to be called only when this succeeds. */
static el4ml_status measure(const el4ml_network *network, const double *weight, const size_t *community,
                            shares *s, el4ml_error *error)
{
    if (!network || (network->node_count && !community))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "partition: nothing given");
    const size_t n = network->node_count;
    for (size_t i = 0; i < n; i++)
        if (community[i] >= n)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "partition: the community of minimum %zu is no label", i);
    *s = (shares){0, EL4ML_NEW(double, n), EL4ML_NEW(double, n), EL4ML_NEW(double, n)};
    if (s->inside && s->total && s->node) {
        add_weights(network, weight, community, s);
        return EL4ML_OK;
    }
    clear(s);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "partition: out of memory");
}

el4ml_status el4ml_modularity(const el4ml_network *network, const double *weight, const size_t *community,
                              double resolution, double *modularity, el4ml_error *error)
{
    shares s;
    if (!modularity) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "modularity: nothing given");
    const el4ml_status status = measure(network, weight, community, &s, error);
    if (status != EL4ML_OK) return status;
    *modularity = s.all > 0 ? 0 : NAN;
    for (size_t c = 0; c < network->node_count && s.all > 0; c++) {
        const double share = s.total[c] / s.all / 2;
        *modularity += s.inside[c] / s.all - resolution * share * share;
    }
    clear(&s);
    return EL4ML_OK;
}

static double entropy_term(double p)
{
    return p > 0 ? p * log2(p) : 0;
}

/* With q_c the rate of leaving community c (its cut over twice all weight), p_i the share of minimum i and
 * f(x) = x log2 x: L = f(sum q) - 2 sum f(q_c) - sum f(p_i) + sum f(q_c + sum of p_i in c). */
el4ml_status el4ml_code_length(const el4ml_network *network, const double *weight, const size_t *community,
                               double *bits, el4ml_error *error)
{
    shares s;
    if (!bits) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "code length: nothing given");
    const el4ml_status status = measure(network, weight, community, &s, error);
    if (status != EL4ML_OK) return status;
    double leaving = 0, sum = 0;
    for (size_t i = 0; i < network->node_count && s.all > 0; i++) {
        const double q = fmax(0, (s.total[i] - 2 * s.inside[i]) / s.all / 2), p = s.total[i] / s.all / 2;
        leaving += q;
        sum += entropy_term(q + p) - 2 * entropy_term(q) - entropy_term(s.node[i] / s.all / 2);
    }
    *bits = s.all > 0 ? sum + entropy_term(leaving) : NAN;
    clear(&s);
    return EL4ML_OK;
}
