/* Paths and barriers between minima. */
#include <math.h>

#include "el4ml/answers.h"
#include "insight/json.h"

static json_t *point(size_t index, double energy)
{
    json_t *o = json_object();
    el4ml_json_put_id(o, "id", index);
    el4ml_json_put_number(o, "energy", energy);
    return o;
}

static json_t *route(const el4ml_network *network, const el4ml_route *r, bool fastest)
{
    json_t *o = json_object(), *minima = json_array(), *states = json_array();
    for (size_t k = 0; k < r->length; k++)
        json_array_append_new(minima, point(r->minima[k], network->nodes[r->minima[k]].energy));
    for (size_t k = 0; k + 1 < r->length; k++)
        json_array_append_new(states, point(r->states[k], network->edges[r->states[k]].energy));
    if (fastest) {
        el4ml_json_put_number(o, "share", r->share);
        el4ml_json_put_number(o, "log_rate", r->log_rate);
        el4ml_json_put_number(o, "log_probability", r->log_probability);
    }
    el4ml_json_put(o, "highest", r->highest == EL4ML_NONE ? json_null() : point(r->highest, r->energy));
    el4ml_json_put_number(o, "barrier", r->energy - network->nodes[r->minima[0]].energy);
    el4ml_json_put_number(o, "barrier_back", r->energy - network->nodes[r->minima[r->length - 1]].energy);
    el4ml_json_put(o, "minima", minima);
    el4ml_json_put(o, "transition_states", states);
    return o;
}

char *el4ml_routes_json(const el4ml_question *q, const el4ml_routes *r)
{
    json_t *o = json_object(), *paths = json_array();
    for (size_t k = 0; k < r->count; k++)
        json_array_append_new(paths, route(q->network, &r->routes[k], true));
    el4ml_json_put_number(o, "temperature", r->temperature);
    el4ml_json_put(o, "from", el4ml_json_identifiers(q->from->members, q->from->count));
    el4ml_json_put(o, "to", el4ml_json_identifiers(q->to->members, q->to->count));
    el4ml_json_put_number(o, "rate_ss_ab", exp(r->log_rate_ss));
    el4ml_json_put_number(o, "log_rate_ss_ab", r->log_rate_ss);
    el4ml_json_put(o, "paths", paths);
    el4ml_json_put(o, "minimax", route(q->network, &r->minimax, false));
    return el4ml_json_finish(o);
}

char *el4ml_barriers_json(const el4ml_question *q, const el4ml_barriers *b)
{
    json_t *o = json_object(), *list = json_array();
    for (size_t k = 0; k < b->count; k++) {
        const size_t from = b->pairs[k].a, to = b->pairs[k].b;
        json_t *pair = json_object();
        el4ml_json_put_id(pair, "from", from);
        el4ml_json_put_id(pair, "to", to);
        el4ml_json_put_id(pair, "transition_state", b->state[k]);
        el4ml_json_put_number(pair, "energy", b->energy[k]);
        el4ml_json_put_number(pair, "barrier", b->energy[k] - q->network->nodes[from].energy);
        el4ml_json_put_number(pair, "barrier_back", b->energy[k] - q->network->nodes[to].energy);
        json_array_append_new(list, pair);
    }
    el4ml_json_put(o, "barriers", list);
    return el4ml_json_finish(o);
}
