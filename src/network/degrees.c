/* Degrees of the minima. */
#include <math.h>

#include "base/memory.h"
#include "el4ml/graph.h"

el4ml_status el4ml_degrees_new(const el4ml_graph *graph, el4ml_degrees **degrees, el4ml_error *error)
{
    if (!graph || !degrees) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "degrees: nothing given");
    const size_t n = graph->node_count;
    size_t largest = 0;
    for (size_t i = 0; i < n; i++)
        if (el4ml_degree(graph, i) > largest) largest = el4ml_degree(graph, i);
    el4ml_degrees *made = EL4ML_NEW(el4ml_degrees, 1);
    const size_t count = n ? largest + 1 : 0;
    if (made) made->frequency = EL4ML_NEW(size_t, count);
    if (!made || !made->frequency) {
        el4ml_degrees_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "degrees: out of memory");
    }
    made->count = count;
    for (size_t i = 0; i < n; i++)
        made->frequency[el4ml_degree(graph, i)]++;
    made->mean = n ? 2 * (double)graph->link_count / (double)n : NAN;
    made->variance = n ? 0 : NAN;
    for (size_t k = 0; k < count; k++) {
        const double d = (double)k - made->mean;
        made->variance += d * d * (double)made->frequency[k] / (double)n;
    }
    *degrees = made;
    return EL4ML_OK;
}

void el4ml_degrees_free(el4ml_degrees *degrees)
{
    if (!degrees) return;
    el4ml_release(degrees->frequency);
    el4ml_release(degrees);
}

size_t el4ml_hubs(const el4ml_graph *graph, size_t wanted, size_t *hubs)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->node_count && wanted > 0; i++) {
        const size_t degree = el4ml_degree(graph, i);
        if (count == wanted && degree <= el4ml_degree(graph, hubs[count - 1])) continue;
        size_t at = count < wanted ? count++ : count - 1;
        for (; at > 0 && el4ml_degree(graph, hubs[at - 1]) < degree; at--)
            hubs[at] = hubs[at - 1];
        hubs[at] = i;
    }
    return count;
}

el4ml_status el4ml_network_correlations(const el4ml_network *network, const el4ml_graph *graph,
                                        const el4ml_correlation_options *options, el4ml_correlation *degree,
                                        el4ml_correlation *hits, el4ml_error *error)
{
    if (!network || !graph || !degree || !hits || graph->node_count != network->node_count)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "correlations: network and graph do not belong together");
    const size_t n = network->node_count;
    double *energy = EL4ML_NEW(double, n), *other = EL4ML_NEW(double, n);
    el4ml_status status = EL4ML_OUT_OF_MEMORY;
    if (energy && other) {
        for (size_t i = 0; i < n; i++) {
            energy[i] = network->nodes[i].energy;
            other[i] = (double)el4ml_degree(graph, i);
        }
        status = el4ml_correlate(other, energy, n, options, degree, error);
        for (size_t i = 0; i < n; i++)
            other[i] = (double)network->nodes[i].hits;
        if (status == EL4ML_OK) status = el4ml_correlate(other, energy, n, options, hits, error);
    } else {
        el4ml_fail(error, status, "correlations: out of memory");
    }
    el4ml_release(energy);
    el4ml_release(other);
    return status;
}
