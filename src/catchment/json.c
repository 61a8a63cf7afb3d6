#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/basin_volume.h"

/* A number that is not finite has no JSON form and becomes null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static void set(json_t *o, const char *key, json_t *value)
{
    json_object_set_new(o, key, value);
}

static json_t *interval(double low, double high)
{
    return isfinite(low) && isfinite(high) ? json_pack("[f, f]", low, high) : json_null();
}

static json_t *basin_json(const el4ml_basins *r, const el4ml_basin *b)
{
    json_t *o = json_object();
    set(o, "id", b->minimum == EL4ML_NONE ? json_null() : integer(b->minimum + 1));
    set(o, "energy", number(b->energy));
    if (!r->tethers) {
        set(o, "hits", integer(b->hits));
        set(o, "probability", number(b->probability));
        set(o, "interval", interval(b->low, b->high));
    }
    if (r->box) {
        set(o, "log_volume", number(b->log_volume));
        set(o, "standard_error", number(b->standard_error));
        set(o, "log_volume_interval", interval(b->log_volume_low, b->log_volume_high));
        set(o, "log_orbit_volume", number(b->log_orbit_volume));
    }
    set(o, "lpphe", number(b->log_product));
    set(o, "harmonic", number(b->harmonic));
    if (!r->tethers) return o;
    set(o, "samples", integer(b->samples));
    set(o, "tests", integer(b->tests));
    set(o, "acceptance", number(b->acceptance));
    set(o, "tethers", integer(b->tethers));
    set(o, "exchange", number(b->exchange));
    set(o, "drift", number(b->drift));
    set(o, "converged", json_boolean(b->converged));
    return o;
}

static json_t *document(const el4ml_basins *r)
{
    json_t *o = json_object(), *list = json_array();
    set(o, "measure", json_string(!r->box ? "initialiser" : r->tethers ? "tethers" : "box"));
    set(o, "level", number(r->level));
    set(o, "samples", integer(r->samples));
    set(o, "failed", integer(r->failed));
    set(o, "not_finite", integer(r->not_finite));
    if (!r->tethers) {
        set(o, "unknown_hits", integer(r->unknown_hits));
        set(o, "unseen_probability", number(r->unseen));
    }
    if (r->box) {
        set(o, "log_box_volume", number(r->log_box_volume));
        set(o, "box_invariant", json_boolean(r->box_invariant));
    }
    if (r->compared) set(o, "misassigned_by_minimiser", integer(r->misassigned));
    set(o, "rank_correlation", number(r->rank_correlation.value));
    set(o, "rank_correlation_p_value", number(r->rank_correlation.p_value));
    set(o, "ranked", integer(r->ranked));
    set(o, "time_up", json_boolean(r->time_up));
    set(o, "evaluations", integer(r->cost.evaluations));
    set(o, "hessian_products", integer(r->cost.hessian_products));
    set(o, "hessians", integer(r->cost.hessians));
    set(o, "seconds", number(r->seconds));
    for (size_t i = 0; i < r->count; i++)
        json_array_append_new(list, basin_json(r, &r->basins[i]));
    set(o, "basins", list);
    return o;
}

char *el4ml_basins_json(const el4ml_basins *basins)
{
    json_t *o = document(basins);
    char *dumped = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(o);
    if (!dumped) return NULL;
    const size_t length = strlen(dumped);
    char *text = EL4ML_NEW(char, length + 2);
    if (text) {
        memcpy(text, dumped, length);
        text[length] = '\n';
    }
    free(dumped);
    return text;
}
