/* Communities. */
#include <math.h>

#include "el4ml/answers.h"
#include "insight/json.h"

static json_t *communities(const el4ml_network *network, const el4ml_grouping *g)
{
    const el4ml_partition *p = g->partition;
    json_t *list = json_array(), *members = el4ml_json_members(p->community, p->node_count, p->count);
    for (size_t k = 0; k < p->count; k++) {
        json_t *o = json_object();
        el4ml_json_put_id(o, "lowest", p->lowest[k]);
        el4ml_json_put_number(o, "energy", network->nodes[p->lowest[k]].energy);
        el4ml_json_put_count(o, "size", p->size[k]);
        if (isfinite(g->effect.expected) || isfinite(g->test[k]))
            el4ml_json_put_number(o, g->regression ? "test_r2" : "test_accuracy", g->test[k]);
        json_object_set(o, "minima", json_array_get(members, k));
        json_array_append_new(list, o);
    }
    json_decref(members);
    return list;
}

static json_t *effect(const el4ml_grouping *g)
{
    if (g->effect.count == 0) return json_null();
    json_t *o = json_object();
    el4ml_json_put_count(o, "minima", g->effect.count);
    el4ml_json_put_number(o, "share_of_variance", g->effect.share);
    el4ml_json_put_number(o, "expected_by_chance", g->effect.expected);
    el4ml_json_put_number(o, "p_permutation", g->effect.p_permutation);
    return o;
}

char *el4ml_grouping_json(const el4ml_question *q, const el4ml_grouping *g)
{
    json_t *o = json_object(), *membership = json_array();
    for (size_t i = 0; i < g->partition->node_count; i++)
        json_array_append_new(membership, el4ml_json_integer(g->partition->community[i] + 1));
    el4ml_json_put_text(o, "method", el4ml_grouping_name(g->method));
    el4ml_json_put_number(o, "temperature", g->temperature);
    if (g->method == EL4ML_BY_RATES) el4ml_json_put_number(o, "barrier", g->barrier);
    el4ml_json_put_count(o, "count", g->partition->count);
    el4ml_json_put_number(o, "modularity", g->partition->modularity);
    el4ml_json_put_number(o, "code_length", g->partition->code_length);
    el4ml_json_put(o, g->regression ? "test_r2" : "test_accuracy", effect(g));
    el4ml_json_put(o, "communities", communities(q->network, g));
    el4ml_json_put(o, "membership", membership);
    return el4ml_json_finish(o);
}
