/* Fastest paths against all paths of small networks; lumping. */
#include "kinetics_help.h"

static el4ml_paths *paths_of(const random_case *x, size_t count)
{
    el4ml_paths *paths = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_fastest_paths(x->rates, &x->sets, count, &paths, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return paths;
}

/* ---- All paths, by brute force ---- */

enum { MOST_PATHS = 200000 };

typedef struct listing {
    const random_case *x;
    double log_out[HELP_MOST], *log_rate;
    size_t count;
    bool seen[HELP_MOST];
} listing;

static bool is_in(const size_t *set, size_t count, size_t state)
{
    for (size_t k = 0; k < count; k++)
        if (set[k] == state) return true;
    return false;
}

/* ln of p_a k P P ... up to `state`. */
static void extend(listing *l, size_t state, double so_far, bool first)
{
    const el4ml_rate_network *r = l->x->rates;
    if (is_in(l->x->b, l->x->sets.b_count, state)) {
        ck_assert_uint_lt(l->count, MOST_PATHS);
        l->log_rate[l->count++] = so_far;
        return;
    }
    l->seen[state] = true;
    for (size_t next = 0; next < r->state_count; next++) {
        const double step = el4ml_log_rate(r, state, next);
        if (step == -INFINITY || l->seen[next] || is_in(l->x->a, l->x->sets.a_count, next)) continue;
        extend(l, next, so_far + step - (first ? 0 : l->log_out[state]), false);
    }
    l->seen[state] = false;
}

static int descending(const void *left, const void *right)
{
    const double x = *(const double *)left, y = *(const double *)right;
    return (x < y) - (x > y);
}

static void list_all(const random_case *x, listing *l)
{
    const el4ml_rate_network *r = x->rates;
    *l = (listing){.x = x, .log_rate = EL4ML_NEW(double, MOST_PATHS)};
    double total = 0;
    for (size_t i = 0; i < r->state_count; i++) {
        double sum = 0;
        for (size_t j = 0; j < r->state_count; j++)
            sum += exp(el4ml_log_rate(r, i, j));
        l->log_out[i] = log(sum);
    }
    for (size_t k = 0; k < x->sets.a_count; k++)
        total += x->sets.equal_weights ? 1 : exp(r->log_weight[x->a[k]]);
    for (size_t k = 0; k < x->sets.a_count; k++)
        extend(l, x->a[k], (x->sets.equal_weights ? 0 : r->log_weight[x->a[k]]) - log(total), true);
    qsort(l->log_rate, l->count, sizeof *l->log_rate, descending);
}

/* Steps exist, no state twice, A left at once, B met last; the numbers are those of the steps. */
static void check_path(const random_case *x, const listing *l, const el4ml_path *path)
{
    const el4ml_rate_network *r = x->rates;
    bool seen[HELP_MOST] = {false};
    double probability = 0;
    ck_assert_uint_ge(path->length, 2);
    for (size_t k = 0; k < path->length; k++) {
        const size_t i = path->states[k];
        ck_assert(!seen[i]);
        seen[i] = true;
        ck_assert(is_in(x->a, x->sets.a_count, i) == (k == 0));
        ck_assert(is_in(x->b, x->sets.b_count, i) == (k + 1 == path->length));
        if (k == 0) continue;
        const el4ml_rate_edge *edge = &r->edges[path->edges[k - 1]];
        const size_t before = path->states[k - 1];
        ck_assert((edge->a == i && edge->b == before) || (edge->b == i && edge->a == before));
        ck_assert_uint_lt(edge->edge, x->network->edge_count);
        probability += el4ml_log_rate(r, before, i) - l->log_out[before];
    }
    log_close_to(path->log_probability, probability, 1e-12);
}

START_TEST(paths_equal_all_paths_in_order)
{
    random_case x;
    listing l;
    case_init(&x, _i, (size_t)(5 + _i % 7), _i % 3 ? 0.3 : 0.03);
    list_all(&x, &l);
    ck_assert_uint_gt(l.count, 0);
    const size_t wanted[4] = {1, 5, 40, l.count + 10};
    for (size_t w = 0; w < 4; w++) {
        el4ml_paths *paths = paths_of(&x, wanted[w]);
        ck_assert_uint_eq(paths->count, wanted[w] < l.count ? wanted[w] : l.count);
        for (size_t k = 0; k < paths->count; k++) {
            check_path(&x, &l, &paths->paths[k]);
            log_close_to(paths->paths[k].log_rate, l.log_rate[k], 1e-11);
        }
        for (size_t k = 0; k < paths->count; k++) /* each once */
            for (size_t i = 0; i < k && paths->count <= 300; i++)
                ck_assert(paths->paths[i].length != paths->paths[k].length ||
                          memcmp(paths->paths[i].states, paths->paths[k].states,
                                 paths->paths[k].length * sizeof(size_t)) != 0);
        el4ml_paths_free(paths);
    }
    el4ml_release(l.log_rate);
    case_clear(&x);
}
END_TEST

/* In a tree there is one path, and it carries k^SS but for its recrossings; both directions are one path. */
START_TEST(paths_both_ways)
{
    random_case x;
    case_init(&x, 2 * _i + 20, 30, 0.05);
    x.sets.equal_weights = false;
    el4ml_state_sets back = {
        .a = x.sets.b, .b = x.sets.a, .a_count = x.sets.b_count, .b_count = x.sets.a_count};
    el4ml_paths *forth = paths_of(&x, 20), *other = NULL;
    ck_assert_int_eq(el4ml_fastest_paths(x.rates, &back, 20, &other, NULL), EL4ML_OK);
    el4ml_kinetics *k = NULL;
    ck_assert_int_eq(el4ml_kinetics_new(x.rates, &x.sets, &k, NULL), EL4ML_OK);
    ck_assert_uint_eq(forth->count, other->count);
    const double ratio = forth->paths[0].log_rate - other->paths[0].log_rate; /* of the weights of B and A */
    double sum = 0;
    for (size_t i = 0; i < forth->count; i++) {
        log_close_to(forth->paths[i].log_rate - other->paths[i].log_rate, ratio, 1e-11);
        sum += exp(forth->paths[i].log_rate - k->ab.log_rate_ss);
    }
    log_close_to(ratio, k->ab.log_rate_ss - k->ba.log_rate_ss, 1e-11);
    ck_assert(sum <= 1 + 1e-12);
    el4ml_kinetics_free(k);
    el4ml_paths_free(forth);
    el4ml_paths_free(other);
    case_clear(&x);
}
END_TEST

static el4ml_status run_paths(const random_case *x)
{
    el4ml_paths *paths = NULL;
    const el4ml_status status = el4ml_fastest_paths(x->rates, &x->sets, 6, &paths, NULL);
    el4ml_paths_free(paths);
    return status;
}

static el4ml_status run_regroup(const random_case *x)
{
    size_t group[HELP_MOST], count;
    const el4ml_regroup_options options = {.log_rate = -5, .apart = &x->sets};
    return el4ml_regroup(x->rates, &options, group, &count, NULL);
}

START_TEST(every_failed_allocation_is_reported)
{
    random_case x;
    case_init(&x, 2, 12, 0.3);
    el4ml_status (*const runs[2])(const random_case *) = {run_paths, run_regroup};
    const size_t least[2] = {40, 15};
    for (size_t k = 0; k < 2; k++) {
        ck_assert_uint_ge(fail_each(runs[k], &x), least[k]);
    }
    case_clear(&x);
}
END_TEST

/* ---- Lumping ---- */

static el4ml_rate_network *lump(const el4ml_rate_network *rates, const size_t *group, size_t count)
{
    el4ml_rate_network *lumped = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_rate_network_lump(rates, group, count, &lumped, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return lumped;
}

/* Sums of weights and fluxes by their definition, and no two groups left that should merge. */
static void check_lumped(const random_case *x, const size_t *group, size_t count, double threshold)
{
    const el4ml_rate_network *r = x->rates;
    el4ml_rate_network *lumped = lump(r, group, count);
    for (size_t g = 0; g < count; g++) {
        double weight = 0;
        for (size_t i = 0; i < r->state_count; i++)
            weight += group[i] == g ? exp(r->log_weight[i]) : 0;
        close_to(exp(lumped->log_weight[g]), weight, 1e-12);
        for (size_t h = 0; h < count; h++) {
            double flux = 0;
            for (size_t i = 0; i < r->state_count; i++)
                for (size_t j = 0; j < r->state_count; j++)
                    if (group[i] == g && group[j] == h && g != h)
                        flux += exp(r->log_weight[i] + el4ml_log_rate(r, i, j));
            close_to(exp(el4ml_log_rate(lumped, g, h)), flux / weight, 1e-12);
            ck_assert(fmin(el4ml_log_rate(lumped, g, h), el4ml_log_rate(lumped, h, g)) < threshold || g == h);
        }
    }
    el4ml_rate_network_free(lumped);
}

START_TEST(groups_exchange_slower_than_the_threshold)
{
    random_case x;
    case_init(&x, _i, 40, 0.1);
    size_t group[HELP_MOST], count, last = 0;
    for (int k = 0; k < 12; k++) {
        const el4ml_regroup_options options = {.log_rate = -20 + 2 * k};
        ck_assert_int_eq(el4ml_regroup(x.rates, &options, group, &count, NULL), EL4ML_OK);
        ck_assert_uint_ge(count, last); /* a higher threshold merges less */
        last = count;
        check_lumped(&x, group, count, options.log_rate);
    }
    const el4ml_regroup_options all = {.log_rate = -INFINITY}, none = {.log_rate = INFINITY};
    ck_assert_int_eq(el4ml_regroup(x.rates, &all, group, &count, NULL), EL4ML_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(el4ml_regroup(x.rates, &none, group, &count, NULL), EL4ML_OK);
    ck_assert_uint_eq(count, 40);
    case_clear(&x);
}
END_TEST

START_TEST(a_and_b_stay_apart)
{
    random_case x;
    case_init(&x, 2 * _i + 3, 40, 0.1);
    size_t group[HELP_MOST], count;
    const el4ml_regroup_options options = {.log_rate = -30, .apart = &x.sets};
    ck_assert_int_eq(el4ml_regroup(x.rates, &options, group, &count, NULL), EL4ML_OK);
    ck_assert_uint_ge(count, 2);
    for (size_t i = 0; i < x.sets.a_count; i++)
        for (size_t j = 0; j < x.sets.b_count; j++)
            ck_assert_uint_ne(group[x.a[i]], group[x.b[j]]);
    case_clear(&x);
}
END_TEST

/* Each community of the 32-state network has a core, its first five states, whose barriers are at most 0.8;
 * the way out of a core is over 1.5 at least. At any threshold between, the cores are groups, and they are
 * apart. */
START_TEST(pygt_communities_have_cores)
{
    pygt p;
    pygt_load(&p);
    const double temperature = 0.05;
    el4ml_rate_network *rates = rates_at(p.network, temperature);
    size_t known[PYGT_STATES], group[PYGT_STATES], count;
    FILE *file = pygt_open("communities.dat");
    for (size_t i = 0; i < PYGT_STATES; i++)
        ck_assert_int_eq(fscanf(file, "%zu", &known[i]), 1);
    fclose(file);
    for (double barrier = 1.1; barrier < 1.45; barrier += 0.1) {
        const el4ml_regroup_options options = {.log_rate = -barrier / temperature - log(2 * acos(-1)) - 2};
        ck_assert_int_eq(el4ml_regroup(rates, &options, group, &count, NULL), EL4ML_OK);
        for (size_t i = 0; i < PYGT_STATES; i++)
            for (size_t j = 0; j < PYGT_STATES; j++)
                if (i % 8 < 5 && j % 8 < 5) ck_assert((known[i] == known[j]) == (group[i] == group[j]));
    }
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

/* Fast exchange inside the groups: the lumped network keeps the times between them. */
START_TEST(lumped_rates_are_those_of_slow_exchange)
{
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *rates = rates_at(p.network, 0.05);
    size_t group[PYGT_STATES], count;
    const el4ml_regroup_options options = {.log_rate = -40};
    ck_assert_int_eq(el4ml_regroup(rates, &options, group, &count, NULL), EL4ML_OK);
    ck_assert_uint_gt(count, 1);
    ck_assert_uint_lt(count, PYGT_STATES);
    el4ml_rate_network *lumped = lump(rates, group, count);
    double total[2] = {0, 0};
    for (size_t i = 0; i < PYGT_STATES; i++)
        total[0] += exp(rates->log_weight[i]);
    for (size_t g = 0; g < count; g++)
        total[1] += exp(lumped->log_weight[g]);
    close_to(total[1], total[0], 1e-14);
    double kemeny[2];
    ck_assert_int_eq(el4ml_kemeny_constant(rates, &kemeny[0], NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_kemeny_constant(lumped, &kemeny[1], NULL), EL4ML_OK);
    log_close_to(kemeny[1], kemeny[0], 0.02);
    el4ml_rate_network_free(lumped);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

START_TEST(bad_groups_are_named)
{
    random_case x;
    case_init(&x, 1, 10, 1);
    el4ml_rate_network *lumped = NULL;
    el4ml_error error = {0};
    size_t group[10] = {0, 2, 1};
    ck_assert_int_eq(el4ml_rate_network_lump(x.rates, group, 3, &lumped, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "state 1 is in group 2"));
    group[1] = 0;
    ck_assert_int_eq(el4ml_rate_network_lump(x.rates, group, 3, &lumped, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "2 groups, not 3"));
    const el4ml_regroup_options options = {.log_rate = NAN};
    size_t count;
    ck_assert_int_eq(el4ml_regroup(x.rates, &options, group, &count, &error), EL4ML_BAD_INPUT);
    case_clear(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kinetic paths");
    TCase *tests = tcase_create("paths");
    tcase_add_loop_test(tests, paths_equal_all_paths_in_order, 0, 40);
    tcase_add_loop_test(tests, paths_both_ways, 0, 10);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    tcase_add_loop_test(tests, groups_exchange_slower_than_the_threshold, 0, 10);
    tcase_add_loop_test(tests, a_and_b_stay_apart, 0, 10);
    tcase_add_test(tests, pygt_communities_have_cores);
    tcase_add_test(tests, lumped_rates_are_those_of_slow_exchange);
    tcase_add_test(tests, bad_groups_are_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
