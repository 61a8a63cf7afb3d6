/* Is the network a small world: as clustered as a lattice, and yet as short of way as a random graph? */
#include <math.h>

#include "el4ml/graph.h"

el4ml_small_world_options el4ml_small_world_options_default(void)
{
    return (el4ml_small_world_options){.paths = el4ml_path_options_default(), .seed = 1};
}

/* Sums over random graphs. */
typedef struct sums {
    double clustering, length, square; /* of mean_local, of the path length and its square */
    double sampling;                   /* squares of the path lengths' own standard errors */
    size_t clustered;                  /* graphs where mean_local is defined */
} sums;

static el4ml_status add_random_graph(const el4ml_small_world *r, const el4ml_path_options *paths,
                                     uint64_t seed, sums *s, el4ml_error *error)
{
    el4ml_graph *graph = NULL, *giant = NULL;
    el4ml_clustering clustering;
    el4ml_path_lengths lengths;
    el4ml_status status = el4ml_graph_random(r->nodes, r->links, seed, &graph, error);
    if (status == EL4ML_OK) status = el4ml_clustering_of(graph, NULL, &clustering, error);
    if (status == EL4ML_OK) status = el4ml_graph_largest_component(graph, NULL, &giant, error);
    el4ml_graph_free(graph);
    if (status == EL4ML_OK) status = el4ml_path_lengths_of(giant, paths, &lengths, error);
    el4ml_graph_free(giant);
    if (status != EL4ML_OK) return status;
    if (!isnan(clustering.mean_local)) {
        s->clustering += clustering.mean_local;
        s->clustered++;
    }
    s->length += lengths.mean;
    s->square += lengths.mean * lengths.mean;
    s->sampling += lengths.standard_error * lengths.standard_error;
    return EL4ML_OK;
}

static void finish(const sums *s, el4ml_small_world *r)
{
    const double count = (double)r->random_graphs, nodes = (double)r->nodes;
    r->random_clustering = 2 * (double)r->links / (nodes * (nodes - 1));
    r->random_clustering_found = s->clustered ? s->clustering / (double)s->clustered : NAN;
    r->random_path_length = s->length / count;
    const double spread = fmax(0, s->square / count - r->random_path_length * r->random_path_length);
    r->random_path_error = sqrt(fmax(count > 1 ? spread / (count - 1) : 0, s->sampling / (count * count)));
    r->sigma = r->clustering / r->random_clustering / (r->path_length.mean / r->random_path_length);
    r->sigma_error = r->sigma * hypot(r->path_length.standard_error / r->path_length.mean,
                                      r->random_path_error / r->random_path_length);
}

static el4ml_status measure(const el4ml_graph *component, const el4ml_small_world_options *options,
                            el4ml_small_world *r, el4ml_error *error)
{
    el4ml_clustering clustering;
    el4ml_status status = el4ml_clustering_of(component, NULL, &clustering, error);
    if (status == EL4ML_OK)
        status = el4ml_path_lengths_of(component, &options->paths, &r->path_length, error);
    if (status != EL4ML_OK) return status;
    r->clustering = clustering.mean_local;
    r->random_graphs = options->random_graphs ? options->random_graphs : r->path_length.exact ? 20 : 3;
    sums s = {0};
    for (size_t k = 0; k < r->random_graphs && status == EL4ML_OK; k++)
        status = add_random_graph(r, &options->paths, options->seed + k, &s, error);
    if (status == EL4ML_OK) finish(&s, r);
    return status;
}

el4ml_status el4ml_small_world_of(const el4ml_graph *graph, const el4ml_small_world_options *options,
                                  el4ml_small_world *result, el4ml_error *error)
{
    const el4ml_small_world_options defaults = el4ml_small_world_options_default();
    if (!options) options = &defaults;
    if (!graph || !result) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "small world: nothing given");
    el4ml_graph *component;
    el4ml_status status = el4ml_graph_largest_component(graph, NULL, &component, error);
    if (status != EL4ML_OK) return status;
    *result = (el4ml_small_world){.nodes = component->node_count, .links = component->link_count};
    status = measure(component, options, result, error);
    el4ml_graph_free(component);
    return status;
}
