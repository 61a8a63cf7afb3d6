#include "insight/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

json_t *el4ml_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *el4ml_json_integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *el4ml_json_identifier(size_t index)
{
    return index == EL4ML_NONE ? json_null() : el4ml_json_integer(index + 1);
}

json_t *el4ml_json_text(const char *text)
{
    json_t *made = text ? json_string(text) : NULL;
    return made ? made : json_null(); /* also for bytes that are not UTF-8 */
}

json_t *el4ml_json_numbers(const double *values, size_t count)
{
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        json_array_append_new(list, el4ml_json_number(values[k]));
    return list;
}

json_t *el4ml_json_identifiers(const size_t *indices, size_t count)
{
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        json_array_append_new(list, el4ml_json_identifier(indices[k]));
    return list;
}

json_t *el4ml_json_members(const size_t *group, size_t count, size_t group_count)
{
    json_t *list = json_array();
    for (size_t k = 0; k < group_count; k++)
        json_array_append_new(list, json_array());
    for (size_t i = 0; i < count; i++)
        if (group[i] != EL4ML_NONE)
            json_array_append_new(json_array_get(list, group[i]), el4ml_json_identifier(i));
    return list;
}

void el4ml_json_put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

void el4ml_json_put_number(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, el4ml_json_number(value));
}

void el4ml_json_put_count(json_t *object, const char *name, uint64_t value)
{
    json_object_set_new(object, name, el4ml_json_integer(value));
}

void el4ml_json_put_id(json_t *object, const char *name, size_t index)
{
    json_object_set_new(object, name, el4ml_json_identifier(index));
}

void el4ml_json_put_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, el4ml_json_text(text));
}

void el4ml_json_put_truth(json_t *object, const char *name, bool value)
{
    json_object_set_new(object, name, json_boolean(value));
}

json_t *el4ml_json_metrics(const el4ml_metrics *m)
{
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    json_t *o = json_object();
    for (size_t k = 0; k < count; k++)
        el4ml_json_put_number(o, list[k].name, el4ml_metric_of(m, &list[k]));
    if (!isnan(m->log_density)) /* of a Gaussian process: the loss is the mean square */
        el4ml_json_put_number(o, "rmse", sqrt(m->loss));
    return o;
}

char *el4ml_json_finish(json_t *document)
{
    if (!document) return NULL;
    char *dumped = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(document);
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
