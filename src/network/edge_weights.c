/* Weights of transition states for communities. */
#include <math.h>

#include "el4ml/communities.h"

static double log_weight(const el4ml_edge *edge, double temperature)
{
    const double w = edge->log_multiplicity - edge->energy / temperature - edge->log_product / 2;
    return edge->a == edge->b || !isfinite(edge->log_multiplicity) || !isfinite(w) ? -INFINITY : w;
}

el4ml_status el4ml_edge_weights(const el4ml_network *network, double temperature, double *weight,
                                double *log_scale, el4ml_error *error)
{
    if (!network || (network->edge_count && !weight))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "weights: nothing given");
    if (!(temperature > 0))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "weights: the temperature must be positive");
    double largest = -INFINITY;
    for (size_t e = 0; e < network->edge_count; e++) {
        weight[e] = log_weight(&network->edges[e], temperature);
        largest = fmax(largest, weight[e]);
    }
    for (size_t e = 0; e < network->edge_count; e++)
        weight[e] = weight[e] > -INFINITY ? exp(weight[e] - largest) : 0;
    if (log_scale) *log_scale = largest;
    return EL4ML_OK;
}
