/* The fastest paths between two sets of minima, and the one with the lowest barrier. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "insight/chain.h"

static void route_clear(el4ml_route *r)
{
    el4ml_release(r->minima);
    el4ml_release(r->states);
}

void el4ml_routes_free(el4ml_routes *routes)
{
    if (!routes) return;
    for (size_t k = 0; routes->routes && k < routes->count; k++)
        route_clear(&routes->routes[k]);
    el4ml_release(routes->routes);
    route_clear(&routes->minimax);
    el4ml_release(routes);
}

static bool allocate(el4ml_route *r, size_t length)
{
    *r = (el4ml_route){.length = length,
                       .highest = EL4ML_NONE,
                       .energy = NAN,
                       .log_rate = NAN,
                       .log_probability = NAN,
                       .share = NAN};
    r->minima = EL4ML_NEW(size_t, length);
    r->states = EL4ML_NEW(size_t, length);
    return r->minima && r->states;
}

static void find_highest(const el4ml_network *network, el4ml_route *r)
{
    for (size_t k = 0; k + 1 < r->length; k++)
        if (r->highest == EL4ML_NONE || network->edges[r->states[k]].energy > r->energy) {
            r->highest = r->states[k];
            r->energy = network->edges[r->states[k]].energy;
        }
}

static bool take_path(const el4ml_network *network, const el4ml_rate_network *rates, const el4ml_path *path,
                      double log_rate_ss, el4ml_route *r)
{
    if (!allocate(r, path->length)) return false;
    for (size_t k = 0; k < path->length; k++)
        r->minima[k] = rates->minimum[path->states[k]];
    for (size_t k = 0; k + 1 < path->length; k++)
        r->states[k] = rates->edges[path->edges[k]].edge;
    r->log_rate = path->log_rate;
    r->log_probability = path->log_probability;
    r->share = exp(path->log_rate - log_rate_ss);
    find_highest(network, r);
    return true;
}

static el4ml_status fill_fastest(const el4ml_network *network, const el4ml_chain *c, size_t count,
                                 el4ml_routes *made, el4ml_error *error)
{
    el4ml_paths *paths;
    const el4ml_status status = el4ml_fastest_paths(c->rates, &c->sets, count, &paths, error);
    if (status != EL4ML_OK) return status;
    made->routes = EL4ML_NEW(el4ml_route, paths->count);
    bool good = made->routes;
    for (size_t k = 0; good && k < paths->count; k++) {
        made->count++;
        good = take_path(network, c->rates, &paths->paths[k], made->log_rate_ss, &made->routes[k]);
    }
    el4ml_paths_free(paths);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "paths: out of memory");
}

static el4ml_status fill_minimax(const el4ml_network *network, const el4ml_merge_tree *tree,
                                 const el4ml_minimum_set *a, const el4ml_minimum_set *b, el4ml_route *route,
                                 el4ml_error *error)
{
    const el4ml_minimum_sets sets = {a->members, b->members, a->count, b->count};
    el4ml_minimax_path *path;
    const el4ml_status status = el4ml_minimax_path_new(network, tree, &sets, &path, error);
    if (status != EL4ML_OK) return status;
    if (!path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "no path of transition states is known between the sets");
    const bool good = allocate(route, path->length);
    if (good) {
        memcpy(route->minima, path->minima, path->length * sizeof *route->minima);
        memcpy(route->states, path->edges, (path->length - 1) * sizeof *route->states);
        find_highest(network, route);
    }
    el4ml_minimax_path_free(path);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "paths: out of memory");
}

static el4ml_status fill_rate(const el4ml_chain *c, el4ml_routes *made, el4ml_error *error)
{
    el4ml_kinetics *kinetics;
    const el4ml_status status = el4ml_kinetics_new(c->rates, &c->sets, &kinetics, error);
    if (status != EL4ML_OK) return status;
    made->log_rate_ss = kinetics->ab.log_rate_ss;
    el4ml_kinetics_free(kinetics);
    return EL4ML_OK;
}

el4ml_status el4ml_routes_between(const el4ml_network *network, const el4ml_merge_tree *tree,
                                  const el4ml_minimum_set *a, const el4ml_minimum_set *b,
                                  const el4ml_routes_options *options, el4ml_routes **routes,
                                  el4ml_error *error)
{
    if (!network || !tree || !a || !b || !options || !routes)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "paths: nothing given");
    el4ml_routes *made = EL4ML_NEW(el4ml_routes, 1);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "paths: out of memory");
    el4ml_chain c = {0};
    made->temperature = options->temperature;
    el4ml_status status = el4ml_chain_init(&c, network, a, b, options->temperature, error);
    if (status == EL4ML_OK) status = fill_rate(&c, made, error);
    if (status == EL4ML_OK) status = fill_fastest(network, &c, options->count, made, error);
    if (status == EL4ML_OK) status = fill_minimax(network, tree, a, b, &made->minimax, error);
    el4ml_chain_clear(&c);
    if (status == EL4ML_OK)
        *routes = made;
    else
        el4ml_routes_free(made);
    return status;
}
