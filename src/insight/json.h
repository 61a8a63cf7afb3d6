/* What the JSON documents share. A number that is not finite has no JSON form and becomes null; minima and
 * transition states are named by their id. */
#ifndef EL4ML_INSIGHT_JSON_H
#define EL4ML_INSIGHT_JSON_H

#include <jansson.h>

#include "el4ml/analysis.h"

json_t *el4ml_json_number(double value);
json_t *el4ml_json_integer(uint64_t value);
json_t *el4ml_json_identifier(size_t index); /* EL4ML_NONE: null */
json_t *el4ml_json_text(const char *text);   /* NULL: null */
json_t *el4ml_json_numbers(const double *values, size_t count);
json_t *el4ml_json_identifiers(const size_t *indices, size_t count);
/* For each of `group_count` groups the ids of its minima, ascending: an array of arrays. group: (count), the
 * group of each minimum, EL4ML_NONE: none. */
json_t *el4ml_json_members(const size_t *group, size_t count, size_t group_count);
/* Into an object; adding to NULL does nothing. */
void el4ml_json_put(json_t *object, const char *name, json_t *value); /* takes value over */
void el4ml_json_put_number(json_t *object, const char *name, double value);
void el4ml_json_put_count(json_t *object, const char *name, uint64_t value);
void el4ml_json_put_id(json_t *object, const char *name, size_t index);
void el4ml_json_put_text(json_t *object, const char *name, const char *text);
void el4ml_json_put_truth(json_t *object, const char *name, bool value);
json_t *el4ml_json_metrics(const el4ml_metrics *metrics);
json_t *el4ml_json_info(el4ml_landscape *landscape, const el4ml_summary *summary);
/* The document's text, ended by a newline; takes it over. NULL when out of memory. */
char *el4ml_json_finish(json_t *document);

#endif
