/* What the commands that answer compute, as library calls: sets of minima, rates, paths, barriers,
 * communities, the report; above all what happens when memory runs out. Numbers are held to account in
 * program/test_rates.py. */
#include "formats_help.h"

#include "base/memory.h"
#include "el4ml/answers.h"

#define PYGT EL4ML_SOURCE_DIR "/tests/data/pygt32"

typedef struct fixture {
    const char *folder;
    el4ml_landscape *landscape;
    el4ml_study *study;
    el4ml_network *network;
    el4ml_merge_tree *tree;
    el4ml_minimum_set *a, *b;
} fixture;

static el4ml_minimum_set *set_of(const fixture *f, const char *text)
{
    el4ml_minimum_set *set = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_select_minima(f->landscape, f->network, text, &set, &error) == EL4ML_OK, "%s: %s",
                  text, error.message);
    return set;
}

static fixture begin(void)
{
    el4ml_import_report report;
    fixture f = {.folder = scratch_folder("answers")};
    f.landscape = imported(EL4ML_PATHSAMPLE, PYGT, f.folder, 6, &report);
    ck_assert_int_eq(el4ml_study_none("net", &f.study, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_network(f.landscape, &f.network, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_merge_tree_new(f.network, &f.tree, NULL), EL4ML_OK);
    f.a = set_of(&f, "A");
    f.b = set_of(&f, "B");
    return f;
}

static void end(fixture *f)
{
    char figures[600];
    el4ml_minimum_set_free(f->a);
    el4ml_minimum_set_free(f->b);
    el4ml_merge_tree_free(f->tree);
    el4ml_network_free(f->network);
    el4ml_study_free(f->study);
    el4ml_landscape_close(f->landscape);
    snprintf(figures, sizeof figures, "%s/figures", f->folder);
    remove_folder(figures);
    remove_folder(f->folder);
}

static el4ml_status select_some(const fixture *f)
{
    el4ml_minimum_set *set = NULL;
    const el4ml_status status =
        el4ml_select_minima(f->landscape, f->network, "A,12-14, basin:30,funnel:2,global", &set, NULL);
    if (status == EL4ML_OK) ck_assert(set->count > 12 && set->count < 32);
    el4ml_minimum_set_free(set);
    return status;
}

static el4ml_status find_rates(const fixture *f)
{
    const double temperatures[2] = {0.3, 1};
    el4ml_rates_options options = el4ml_rates_options_default();
    el4ml_rates *rates = NULL;
    options.temperatures = temperatures;
    options.temperature_count = 2;
    options.trajectories = 3;
    el4ml_status status = el4ml_rates_between(f->network, f->a, f->b, &options, &rates, NULL);
    if (status == EL4ML_OK) ck_assert(rates->count == 2 && rates->states == 32 && rates->committor[24] == 1);
    const el4ml_question question = {f->landscape, f->network, f->a, f->b};
    char *json = status == EL4ML_OK ? el4ml_rates_json(&question, rates) : NULL;
    if (status == EL4ML_OK && !json) status = EL4ML_OUT_OF_MEMORY;
    el4ml_text_free(json);
    el4ml_rates_free(rates);
    return status;
}

static el4ml_status find_routes(const fixture *f)
{
    const el4ml_routes_options options = {0.5, 3};
    el4ml_routes *routes = NULL;
    const el4ml_status status =
        el4ml_routes_between(f->network, f->tree, f->a, f->b, &options, &routes, NULL);
    if (status == EL4ML_OK) ck_assert(routes->count == 3 && routes->minimax.energy == 2.75);
    el4ml_routes_free(routes);
    return status;
}

static el4ml_status find_barriers(const fixture *f)
{
    el4ml_barriers *barriers = NULL;
    const el4ml_status status = el4ml_barriers_between(f->tree, f->a, f->b, &barriers, NULL);
    if (status == EL4ML_OK) ck_assert_uint_eq(barriers->count, 64);
    el4ml_barriers_free(barriers);
    return status;
}

static el4ml_status find_groups(const fixture *f)
{
    el4ml_grouping_options options = el4ml_grouping_options_default();
    el4ml_grouping *grouping = NULL;
    options.method = EL4ML_BY_RATES;
    options.temperature = 1;
    const el4ml_status status = el4ml_group_minima(f->landscape, f->network, &options, &grouping, NULL);
    if (status == EL4ML_OK) ck_assert(grouping->partition->count > 1 && grouping->partition->count < 32);
    el4ml_grouping_free(grouping);
    return status;
}

static el4ml_status find_temperature(const fixture *f)
{
    double temperature = 0;
    const el4ml_status status = el4ml_usual_temperature(f->network, f->tree, f->study, &temperature, NULL);
    if (status == EL4ML_OK) ck_assert(temperature > 0.04 && temperature < 0.05);
    return status;
}

static el4ml_status report(const fixture *f)
{
    el4ml_analysis analysis;
    el4ml_status status = el4ml_analyse(f->landscape, f->study, NULL, NULL, &analysis, NULL);
    if (status != EL4ML_OK) return status;
    status = el4ml_report_folder(f->folder, f->study, f->landscape, &analysis, NULL, NULL);
    el4ml_analysis_clear(&analysis);
    return status;
}

/* Each allocation fails in turn (of many ever fewer are tried): the call says so and leaks nothing. `most`:
 * how many failures are tried at most. */
static void survives(const fixture *f, el4ml_status (*call)(const fixture *), size_t most)
{
    ck_assert_int_eq(call(f), EL4ML_OK);
    for (size_t after = 0, tried = 0;; after += 1 + after / most, tried++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = call(f);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_gt(tried, 1);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
}

START_TEST(every_failed_allocation_is_reported)
{
    fixture f = begin();
    survives(&f, select_some, 100);
    survives(&f, find_rates, 40);
    survives(&f, find_routes, 40);
    survives(&f, find_barriers, 100);
    survives(&f, find_groups, 40);
    survives(&f, find_temperature, 100);
    survives(&f, report, 12);
    end(&f);
}
END_TEST

START_TEST(wrong_calls_are_refused)
{
    fixture f = begin();
    el4ml_error error = {0};
    el4ml_rates *rates = NULL;
    el4ml_routes *routes = NULL;
    el4ml_grouping *grouping = NULL;
    el4ml_rates_options options = el4ml_rates_options_default();
    ck_assert_int_eq(el4ml_rates_between(f.network, f.a, f.b, &options, &rates, &error),
                     EL4ML_INVALID_ARGUMENT);
    const double zero = 0, one = 1;
    options.temperatures = &zero;
    options.temperature_count = 1;
    ck_assert_int_eq(el4ml_rates_between(f.network, f.a, f.b, &options, &rates, &error), EL4ML_BAD_INPUT);
    options.temperatures = &one;
    options.moments = 21;
    ck_assert_int_eq(el4ml_rates_between(f.network, f.a, f.b, &options, &rates, &error),
                     EL4ML_INVALID_ARGUMENT);
    options.moments = 0;
    const volatile bool cancel = true;
    options.cancel = &cancel;
    ck_assert_int_eq(el4ml_rates_between(f.network, f.a, f.b, &options, &rates, &error), EL4ML_INTERRUPTED);
    el4ml_minimum_set none = {0};
    const el4ml_routes_options way = {1, 1};
    ck_assert_int_eq(el4ml_routes_between(f.network, f.tree, f.a, &none, &way, &routes, &error),
                     EL4ML_INVALID_ARGUMENT);
    el4ml_grouping_options groups = el4ml_grouping_options_default();
    groups.method = EL4ML_BY_RATES;
    groups.temperature = 1;
    groups.unweighted = true;
    ck_assert_int_eq(el4ml_group_minima(f.landscape, f.network, &groups, &grouping, &error),
                     EL4ML_INVALID_ARGUMENT);
    el4ml_minimum_set many = {.count =
                                  1001}; /* a million pairs are the limit; members are not looked at before */
    el4ml_barriers *barriers = NULL;
    ck_assert_int_eq(el4ml_barriers_between(f.tree, &many, &many, &barriers, &error), EL4ML_NOT_SUPPORTED);
    end(&f);
}
END_TEST

/* With equilibrium weights the steady-state flux is one number for both directions, whatever the sets. */
START_TEST(fluxes_balance_for_random_sets)
{
    fixture f = begin();
    const double temperatures[3] = {0.02, 0.2, 2};
    for (uint64_t seed = 0; seed < 20; seed++) {
        el4ml_random random = el4ml_random_new(seed, 3, 1);
        size_t members[2][32], count[2] = {0};
        for (size_t i = 0; i < 32; i++) {
            const size_t k = (size_t)el4ml_random_below(&random, 4);
            if (k < 2) members[k][count[k]++] = i;
        }
        if (count[0] == 0 || count[1] == 0) continue;
        const el4ml_minimum_set a = {.count = count[0], .members = members[0]},
                                b = {.count = count[1], .members = members[1]};
        el4ml_rates_options options = el4ml_rates_options_default();
        el4ml_rates *rates = NULL;
        options.temperatures = temperatures;
        options.temperature_count = 3;
        ck_assert_int_eq(el4ml_rates_between(f.network, &a, &b, &options, &rates, NULL), EL4ML_OK);
        for (size_t k = 0; k < 3; k++) {
            const el4ml_rates_row *row = &rates->rows[k];
            ck_assert_double_eq_tol(row->ab.passage.log_rate_ss + row->log_p_a,
                                    row->ba.passage.log_rate_ss + row->log_p_b, 1e-11);
            ck_assert(row->ab.slowest.log_lower <= row->ab.slowest.log_upper + 1e-12);
            ck_assert_double_eq_tol(row->ab.log_moment[0], row->ab.passage.log_mfpt, 1e-12);
        }
        el4ml_rates_free(rates);
    }
    end(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_failed_allocation_is_reported, wrong_calls_are_refused,
                                  fluxes_balance_for_random_sets};
    return RUN_SUITE("answers", tests);
}
