/* Sets of minima as people write them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "el4ml/answers.h"

typedef struct selection {
    el4ml_landscape *landscape;
    const el4ml_network *network;
    bool *member; /* (minima) */
    el4ml_error *error;
} selection;

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "set of minima: out of memory");
}

/* A whole number at *at; false when there is none or it is too large. */
static bool read_whole(const char **at, size_t *value)
{
    char *end;
    if (!isdigit((unsigned char)**at)) return false;
    errno = 0;
    const unsigned long long number = strtoull(*at, &end, 10);
    *value = number > SIZE_MAX ? SIZE_MAX : (size_t)number;
    *at = end;
    return errno == 0;
}

static el4ml_status not_there(const selection *s, const char *token)
{
    const size_t count = s->network->node_count;
    const el4ml_excerpt shown = el4ml_excerpt_of(token);
    if (count == 0) return el4ml_fail(s->error, EL4ML_BAD_INPUT, "'%s': there is no minimum", shown.text);
    return el4ml_fail(s->error, EL4ML_BAD_INPUT, "'%s': there is no such minimum; they are numbered 1 to %zu",
                      shown.text, count);
}

static el4ml_status add_range(selection *s, const char *token, size_t first, size_t last)
{
    const el4ml_excerpt shown = el4ml_excerpt_of(token);
    if (first < 1 || last > s->network->node_count || s->network->node_count == 0) return not_there(s, token);
    if (last < first) return el4ml_fail(s->error, EL4ML_BAD_INPUT, "'%s': a range goes up", shown.text);
    for (size_t i = first - 1; i < last; i++)
        s->member[i] = true;
    return EL4ML_OK;
}

static void add_group(selection *s, const size_t *group, size_t wanted)
{
    for (size_t i = 0; i < s->network->node_count; i++)
        s->member[i] |= group[i] == wanted;
}

static el4ml_status add_basin(selection *s, size_t minimum)
{
    el4ml_sequence_basins *basins;
    const el4ml_status status = el4ml_sequence_basins_new(s->network, &basins, s->error);
    if (status != EL4ML_OK) return status;
    add_group(s, basins->basin, basins->basin[minimum]);
    el4ml_sequence_basins_free(basins);
    return EL4ML_OK;
}

static el4ml_status add_funnel(selection *s, size_t minimum)
{
    el4ml_merge_tree *tree;
    el4ml_funnels *funnels;
    el4ml_status status = el4ml_merge_tree_new(s->network, &tree, s->error);
    if (status != EL4ML_OK) return status;
    status = el4ml_funnels_new(s->network, tree, NULL, &funnels, s->error);
    el4ml_merge_tree_free(tree);
    if (status != EL4ML_OK) return status;
    add_group(s, funnels->funnel, funnels->funnel[minimum]);
    el4ml_funnels_free(funnels);
    return EL4ML_OK;
}

/* basin:ID and funnel:ID. */
static el4ml_status add_around(selection *s, const char *token, const char *number, bool funnel)
{
    size_t id;
    const el4ml_excerpt shown = el4ml_excerpt_of(token);
    if (!read_whole(&number, &id) || *number)
        return el4ml_fail(s->error, EL4ML_BAD_INPUT, "'%s': a number of a minimum belongs after the colon",
                          shown.text);
    if (id < 1 || id > s->network->node_count) return not_there(s, token);
    return funnel ? add_funnel(s, id - 1) : add_basin(s, id - 1);
}

static el4ml_status add_named(selection *s, const char *token)
{
    el4ml_minimum_set *set;
    el4ml_error inner = {0};
    const el4ml_status status = el4ml_landscape_minimum_set(s->landscape, token, &set, &inner);
    if (status == EL4ML_BAD_INPUT)
        return el4ml_fail(s->error, status,
                          "%s; other sets are written 1,4-7, global, all, basin:ID or funnel:ID",
                          inner.message);
    if (status != EL4ML_OK) return el4ml_fail(s->error, status, "%s", inner.message);
    for (size_t k = 0; k < set->count; k++)
        s->member[set->members[k]] = true;
    el4ml_minimum_set_free(set);
    return EL4ML_OK;
}

/* 4 or 4-7. */
static el4ml_status add_numbers(selection *s, const char *token)
{
    const el4ml_excerpt shown = el4ml_excerpt_of(token);
    const char *at = token;
    size_t first, last;
    bool good = read_whole(&at, &first);
    last = first;
    if (good && *at == '-') {
        at++;
        good = read_whole(&at, &last);
    }
    if (!good || *at)
        return el4ml_fail(s->error, EL4ML_BAD_INPUT,
                          "'%s' is neither the number of a minimum nor a range such as 4-7", shown.text);
    return add_range(s, token, first, last);
}

static el4ml_status add_token(selection *s, const char *token)
{
    if (!*token) return el4ml_fail(s->error, EL4ML_BAD_INPUT, "a part of the set is empty");
    if (isdigit((unsigned char)*token)) return add_numbers(s, token);
    if (strncmp(token, "basin:", 6) == 0) return add_around(s, token, token + 6, false);
    if (strncmp(token, "funnel:", 7) == 0) return add_around(s, token, token + 7, true);
    if (strcmp(token, "all") == 0) return add_range(s, token, 1, s->network->node_count);
    if (strcmp(token, "global") != 0) return add_named(s, token);
    const size_t global = el4ml_network_global_minimum(s->network);
    if (global == EL4ML_NONE) return el4ml_fail(s->error, EL4ML_BAD_INPUT, "'global': there is no minimum");
    s->member[global] = true;
    return EL4ML_OK;
}

/* Part by part; spaces around a part do not count. */
static el4ml_status add_list(selection *s, const char *text)
{
    el4ml_status status = EL4ML_OK;
    for (const char *at = text; status == EL4ML_OK; at++) {
        const char *end = at + strcspn(at, ","), *last = end;
        while (at < last && *at == ' ')
            at++;
        while (last > at && last[-1] == ' ')
            last--;
        char *token = EL4ML_NEW(char, (size_t)(last - at) + 1);
        if (!token) return out_of_memory(s->error);
        memcpy(token, at, (size_t)(last - at));
        status = add_token(s, token);
        el4ml_release(token);
        at = end;
        if (!*at) break;
    }
    return status;
}

static el4ml_status gather(const selection *s, const char *text, el4ml_minimum_set **set)
{
    el4ml_minimum_set *made = EL4ML_NEW(el4ml_minimum_set, 1);
    if (made) {
        made->name = el4ml_copy_text(text);
        made->members = EL4ML_NEW(size_t, s->network->node_count);
    }
    if (!made || !made->name || !made->members) {
        el4ml_minimum_set_free(made);
        return out_of_memory(s->error);
    }
    for (size_t i = 0; i < s->network->node_count; i++)
        if (s->member[i]) made->members[made->count++] = i;
    *set = made;
    return EL4ML_OK;
}

el4ml_status el4ml_select_minima(el4ml_landscape *landscape, const el4ml_network *network, const char *text,
                                 el4ml_minimum_set **set, el4ml_error *error)
{
    selection s = {landscape, network, EL4ML_NEW(bool, network->node_count), error};
    if (!s.member) return out_of_memory(error);
    el4ml_status status = add_list(&s, text);
    if (status == EL4ML_OK) status = gather(&s, text, set);
    el4ml_release(s.member);
    return status;
}
