/* Rates between two sets. What exceeds the range of a double is infinite or 0 there and null in JSON; its
 * logarithm, always given beside it, is not. */
#include "insight/json_rates.h"

#include <math.h>
#include <stdio.h>

/* NAME_ab and log_NAME_ab. */
static void put_pair(json_t *o, const char *name, const char *direction, double log_value)
{
    char key[64];
    snprintf(key, sizeof key, "%s_%s", name, direction);
    el4ml_json_put_number(o, key, exp(log_value));
    snprintf(key, sizeof key, "log_%s_%s", name, direction);
    el4ml_json_put_number(o, key, log_value);
}

static json_t *sampled(const el4ml_direction *d)
{
    if (!d->sampled_found) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "mfpt", exp(d->sampled.log_mean));
    el4ml_json_put_number(o, "log_mfpt", d->sampled.log_mean);
    el4ml_json_put_number(o, "relative_error", d->sampled.mean_error);
    el4ml_json_put_number(o, "deviation", d->deviation);
    el4ml_json_put_number(o, "log_second_moment", d->sampled.log_second);
    el4ml_json_put_number(o, "second_moment_error", d->sampled.second_error);
    el4ml_json_put_number(o, "hops", d->sampled.hops);
    return o;
}

static void put_direction(json_t *o, const char *direction, const el4ml_rates *r, const el4ml_direction *d)
{
    char key[64];
    put_pair(o, "mfpt", direction, d->passage.log_mfpt);
    put_pair(o, "rate", direction, d->passage.log_rate);
    put_pair(o, "rate_mfpt", direction, d->passage.log_rate_mfpt);
    put_pair(o, "rate_ss", direction, d->passage.log_rate_ss);
    put_pair(o, "rate_nss", direction, d->passage.log_rate_nss);
    put_pair(o, "rate_slowest", direction, d->slowest_found ? d->slowest.log_rate : (double)NAN);
    snprintf(key, sizeof key, "log_rate_slowest_bounds_%s", direction);
    const double bounds[2] = {d->slowest.log_lower, d->slowest.log_upper};
    el4ml_json_put(o, key, isnan(bounds[0]) ? json_null() : el4ml_json_numbers(bounds, 2));
    snprintf(key, sizeof key, "log_moments_%s", direction);
    el4ml_json_put(o, key, el4ml_json_numbers(d->log_moment, r->moments));
    if (r->trajectories == 0) return;
    snprintf(key, sizeof key, "sampled_%s", direction);
    el4ml_json_put(o, key, sampled(d));
}

static void put_row(json_t *o, const el4ml_rates *r, const el4ml_rates_row *row)
{
    el4ml_json_put_number(o, "temperature", row->temperature);
    put_direction(o, "ab", r, &row->ab);
    put_direction(o, "ba", r, &row->ba);
    el4ml_json_put_number(o, "kemeny", exp(row->log_kemeny));
    el4ml_json_put_number(o, "log_kemeny", row->log_kemeny);
    el4ml_json_put_number(o, "log_p_a", row->log_p_a);
    el4ml_json_put_number(o, "log_p_b", row->log_p_b);
}

void el4ml_json_put_rates(json_t *o, const el4ml_question *q, const el4ml_rates *r)
{
    el4ml_json_put(o, "from", el4ml_json_identifiers(q->from->members, q->from->count));
    el4ml_json_put(o, "to", el4ml_json_identifiers(q->to->members, q->to->count));
    el4ml_json_put_count(o, "states", r->states);
    el4ml_json_put_count(o, "left_out", r->left_out);
    if (r->trajectories > 0) el4ml_json_put_count(o, "trajectories", r->trajectories);
    if (r->count == 1) {
        put_row(o, r, &r->rows[0]);
        el4ml_json_put(o, "committor", el4ml_json_numbers(r->committor, r->minima));
        el4ml_json_put(o, "log_time_to_a", el4ml_json_numbers(r->log_time_to_a, r->minima));
        el4ml_json_put(o, "log_time_to_b", el4ml_json_numbers(r->log_time_to_b, r->minima));
        return;
    }
    json_t *table = json_array();
    for (size_t k = 0; k < r->count; k++) {
        json_t *row = json_object();
        put_row(row, r, &r->rows[k]);
        json_array_append_new(table, row);
    }
    el4ml_json_put(o, "table", table);
}

char *el4ml_rates_json(const el4ml_question *question, const el4ml_rates *rates)
{
    json_t *o = json_object();
    el4ml_json_put_rates(o, question, rates);
    return el4ml_json_finish(o);
}
