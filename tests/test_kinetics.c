/* First-passage times, rates, moments and committors. */
#include "base/memory.h"
#include "kinetics_help.h"
#include "made_landscape.h"

/* ---- Numbers from elsewhere ---- */

START_TEST(three_nodes)
{
    el4ml_rate rate[6];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            if (i != j) rate[count++] = (el4ml_rate){i, j, 0};
    el4ml_rate_network *rates = given_rates(3, rate, count);
    const size_t a = 0, b = 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_kinetics *k = kinetics_of(rates, &sets);
    close_to(k->ab.rate, 1, 1e-15);
    close_to(k->ba.rate, 1, 1e-15);
    close_to(k->committor[2], 0.5, 1e-15);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
}
END_TEST

/* pele's test of its graph transformation: k from i to j is (i + j)/(i + 1). */
START_TEST(ten_nodes_of_pele)
{
    el4ml_rate rate[90];
    size_t count = 0;
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < 10; j++)
            if (i != j) rate[count++] = (el4ml_rate){i, j, log((double)(i + j) / (double)(i + 1))};
    el4ml_rate_network *rates = given_rates(10, rate, count);
    const size_t a[3] = {0, 1, 2}, b[3] = {3, 4, 5};
    const el4ml_state_sets sets = {.a = a, .b = b, .a_count = 3, .b_count = 3, .equal_weights = true};
    el4ml_kinetics *k = kinetics_of(rates, &sets);
    close_to(k->ab.rate, 5.1013138820442565, 4e-15);
    close_to(k->ba.rate, 3, 4e-15);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
}
END_TEST

static void check_direction(const el4ml_transition *t, double temperature, const char *name, double tolerance)
{
    char key[32];
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"mfpt", t->log_mfpt},  {"mfpt", -t->log_rate_mfpt}, {"second", t->log_second_moment},
                   {"rate", t->log_rate},  {"rate_ss", t->log_rate_ss}, {"rate_nss", t->log_rate_nss},
                   {"mfpt", log(t->mfpt)}, {"rate", log(t->rate)}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        snprintf(key, sizeof key, "%s_%s", numbers[k].name, name);
        log_close_to(numbers[k].value, pygt_expected(temperature, key, -1), tolerance);
    }
    snprintf(key, sizeof key, "time_%s", name);
    for (int i = 0; i < PYGT_STATES; i++)
        log_close_to(t->log_time[i], pygt_expected(temperature, key, i), tolerance);
}

static const double temperatures[4] = {10, 1, 0.1, 0.025};

/* At T = 0.025 the times reach 1e48, and eigen-solvers and elimination with subtractions have no digit left.
 */
START_TEST(pygt_network_to_its_digits)
{
    const double t = temperatures[_i], tolerance = 1e-13;
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *rates = rates_at(p.network, t);
    el4ml_kinetics *k = kinetics_of(rates, &p.sets);
    check_direction(&k->ab, t, "ab", tolerance);
    check_direction(&k->ba, t, "ba", tolerance);
    for (int i = 0; i < PYGT_STATES; i++) {
        log_close_to(k->log_committor_b[i], pygt_expected(t, "committor_ab", i), tolerance);
        log_close_to(k->log_committor_a[i], pygt_expected(t, "committor_ba", i), tolerance);
        close_to(k->committor[i], exp(pygt_expected(t, "committor_ab", i)), tolerance);
    }
    el4ml_moments *m = NULL;
    ck_assert_int_eq(el4ml_moments_new(rates, &p.sets, 3, &m, NULL), EL4ML_OK);
    log_close_to(m->log_mean[0], pygt_expected(t, "mfpt_ab", -1), tolerance);
    log_close_to(m->log_mean[1], pygt_expected(t, "second_ab", -1), tolerance);
    log_close_to(m->log_mean[2], pygt_expected(t, "third_ab", -1), tolerance);
    el4ml_moments_free(m);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

START_TEST(pygt_numbers_as_published)
{
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *rates = rates_at(p.network, 1);
    el4ml_kinetics *k = kinetics_of(rates, &p.sets);
    close_to(k->ab.mfpt, 664.5826837564705, 2e-14); /* theirs is off by 1.2e-14 */
    close_to(k->ba.mfpt, 585.7934067017948, 5e-15);
    close_to(exp(k->ab.log_second_moment / 2), 878.2798938434962, 2e-14);
    close_to(exp(k->ba.log_second_moment / 2), 777.2852968888889, 1e-14);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

/* ---- Brute force ---- */

static size_t nodes_of(int k)
{
    return (size_t)(4 + (k * 5) % 37);
}

static const double BRUTE = 2e-12;

static void brute_rates(const random_case *c, const brute_chain *chain, const bool *source,
                        const bool *target, const el4ml_transition *t)
{
    long double first[HELP_MOST], second[HELP_MOST], q[HELP_MOST], both[HELP_MOST];
    bool ends[HELP_MOST];
    for (size_t i = 0; i < chain->n; i++) {
        first[i] = both[i] = 1;
        ends[i] = source[i] || target[i];
    }
    brute_moment(chain, target, 1, first);
    memcpy(second, first, sizeof first);
    brute_moment(chain, target, 2, second);
    brute_moment(chain, ends, 1, both);
    brute_committor(chain, source, target, q);
    long double total = 0, mean = 0, square = 0, rate = 0, steady = 0, other = 0;
    for (size_t i = 0; i < chain->n; i++) {
        if (!target[i]) log_close_to(t->log_time[i], (double)logl(first[i]), BRUTE);
        if (!source[i]) continue;
        const long double p = c->sets.equal_weights ? 1 : chain->w[i];
        long double success = 0, wait = 1;
        for (size_t j = 0; j < chain->n; j++) {
            success += chain->k[i][j] * q[j];
            wait += chain->k[i][j] * both[j];
        }
        total += p;
        mean += p * first[i];
        square += p * second[i];
        rate += p / first[i];
        steady += p * success;
        other += p * success / wait;
    }
    log_close_to(t->log_mfpt, (double)logl(mean / total), BRUTE);
    log_close_to(t->log_second_moment, (double)logl(square / total), BRUTE);
    log_close_to(t->log_rate, (double)logl(rate / total), BRUTE);
    log_close_to(t->log_rate_ss, (double)logl(steady / total), BRUTE);
    log_close_to(t->log_rate_nss, (double)logl(other / total), BRUTE);
}

START_TEST(random_networks_equal_brute_force)
{
    for (int hot = 0; hot < 2; hot++) {
        random_case c;
        case_init(&c, _i, nodes_of(_i), hot ? 3 : 0.5);
        static brute_chain chain;
        brute_fill(&c.graph, c.rates, c.rates->temperature, &chain);
        el4ml_kinetics *k = kinetics_of(c.rates, &c.sets);
        brute_rates(&c, &chain, c.in_a, c.in_b, &k->ab);
        brute_rates(&c, &chain, c.in_b, c.in_a, &k->ba);
        long double q[HELP_MOST], moment[HELP_MOST];
        brute_committor(&chain, c.in_a, c.in_b, q);
        for (size_t i = 0; i < chain.n; i++) {
            close_to(k->committor[i], (double)q[i], BRUTE);
            moment[i] = 1;
        }
        el4ml_moments *m = NULL;
        ck_assert_int_eq(el4ml_moments_new(c.rates, &c.sets, 4, &m, NULL), EL4ML_OK);
        for (size_t order = 1; order <= 4; order++) {
            brute_moment(&chain, c.in_b, order, moment);
            for (size_t i = 0; i < chain.n; i++)
                if (!c.in_b[i])
                    log_close_to(m->log_moment[(order - 1) * m->state_count + i], (double)logl(moment[i]),
                                 BRUTE);
        }
        el4ml_moments_free(m);
        el4ml_kinetics_free(k);
        case_clear(&c);
    }
}
END_TEST

/* ---- Properties, where brute force has no digits left ---- */

static const double cold[3] = {0.02, 1e-3, 1e-5}; /* times up to exp(1e5) */

static double log_weight_of(const el4ml_rate_network *rates, const size_t *states, size_t count)
{
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        largest = fmax(largest, rates->log_weight[states[k]]);
    for (size_t k = 0; k < count; k++)
        sum += exp(rates->log_weight[states[k]] - largest);
    return largest + log(sum);
}

START_TEST(properties_at_any_temperature)
{
    random_case c;
    case_init(&c, _i, nodes_of(_i), cold[_i % 3]);
    c.sets.equal_weights = false;
    el4ml_kinetics *k = kinetics_of(c.rates, &c.sets);
    const double rounding = 1e-13 + 1e-15 / cold[_i % 3]; /* of logarithms as large as 1/T */
    for (size_t e = 0; e < c.rates->edge_count; e++) {
        const el4ml_rate_edge *edge = &c.rates->edges[e];
        log_close_to(c.rates->log_weight[edge->a] + el4ml_log_rate(c.rates, edge->a, edge->b),
                     c.rates->log_weight[edge->b] + el4ml_log_rate(c.rates, edge->b, edge->a), rounding);
    }
    for (size_t i = 0; i < c.rates->state_count; i++) {
        const double q = k->committor[i];
        ck_assert(q >= 0 && q <= 1 && k->log_committor_a[i] <= 0 && k->log_committor_b[i] <= 0);
        close_to(exp(k->log_committor_a[i]) + exp(k->log_committor_b[i]), 1, 1e-14);
        if (c.in_a[i]) ck_assert(q == 0 && k->log_committor_a[i] == 0 && k->ba.log_time[i] == -INFINITY);
        if (c.in_b[i]) ck_assert(q == 1 && k->log_committor_b[i] == 0 && k->ab.log_time[i] == -INFINITY);
    }
    /* One steady-state flux for both directions. */
    log_close_to(k->ab.log_rate_ss + log_weight_of(c.rates, c.a, c.sets.a_count),
                 k->ba.log_rate_ss + log_weight_of(c.rates, c.b, c.sets.b_count), rounding);
    ck_assert(k->ab.log_rate >= -k->ab.log_mfpt - 1e-12); /* Jensen */
    ck_assert(k->ab.log_second_moment >= 2 * k->ab.log_mfpt - 1e-12);
    ck_assert(k->ab.log_rate_nss <= k->ab.log_rate_ss + 1e-12);
    el4ml_kinetics_free(k);
    case_clear(&c);
}
END_TEST

/* There and back takes the total weight over the steady-state flux (Chandra et al., Comput. Complexity 6,
 * 312, 1996): the results of three eliminations, none of which knows of the others. */
static void check_commute(const el4ml_rate_network *rates, size_t a, size_t b, double tolerance)
{
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_kinetics *k = kinetics_of(rates, &sets);
    size_t *all = EL4ML_NEW(size_t, rates->state_count), count = 0;
    for (size_t i = 0; i < rates->state_count; i++)
        if (k->ab.log_time[i] < INFINITY) all[count++] = i;
    const double total = log_weight_of(rates, all, count);
    const double longer = fmax(k->ab.log_mfpt, k->ba.log_mfpt),
                 shorter = fmin(k->ab.log_mfpt, k->ba.log_mfpt);
    log_close_to(longer + log1p(exp(shorter - longer)), total - k->ab.log_rate_ss - rates->log_weight[a],
                 tolerance);
    log_close_to(longer + log1p(exp(shorter - longer)), total - k->ba.log_rate_ss - rates->log_weight[b],
                 tolerance);
    el4ml_release(all);
    el4ml_kinetics_free(k);
}

START_TEST(there_and_back)
{
    random_case c;
    const double t = _i % 4 ? cold[_i % 3] : 1;
    case_init(&c, _i, nodes_of(_i), t);
    check_commute(c.rates, c.a[0], c.b[0], 1e-13 + 1e-15 / t);
    case_clear(&c);
}
END_TEST

/* As large and as hard as a test may be: hubs, long cycles, and times up to e^3000. */
START_TEST(there_and_back_in_large_networks)
{
    made_options options = made_options_default(8000);
    options.far = _i % 2 ? 0.3 : 0;
    el4ml_network *network = made_landscape(&options);
    ck_assert_ptr_nonnull(network);
    for (double t = 0.2; t > 1e-3; t /= 10) {
        el4ml_rate_network *rates = rates_at(network, t);
        check_commute(rates, 0, rates->state_count - 1, 1e-12 + 2e-15 / t);
        check_commute(rates, rates->state_count / 3, rates->state_count / 2, 1e-12 + 2e-15 / t);
        el4ml_rate_network_free(rates);
    }
    el4ml_network_free(network);
}
END_TEST

/* A chain of n wells of the same depth between walls of height 1: tau to the end is known exactly. */
START_TEST(chains_at_the_edge_of_the_representable)
{
    enum { WELLS = 20 };
    el4ml_node nodes[WELLS];
    el4ml_edge edges[WELLS - 1];
    for (size_t i = 0; i < WELLS; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = 0};
    for (size_t i = 0; i + 1 < WELLS; i++)
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 1, .a = i, .b = i + 1};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, WELLS, edges, WELLS - 1, 1, &network, NULL), EL4ML_OK);
    const size_t a = 0, b = WELLS - 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    const double t[5] = {1, 0.01, 1e-3, 1e-6, 1e-7};
    for (size_t k = 0; k < 5; k++) {
        el4ml_rate_network *rates = rates_at(network, t[k]);
        el4ml_kinetics *kinetics = kinetics_of(rates, &sets);
        /* n (n - 1)/2 steps of rate exp(-1/T)/2 pi */
        const double expected = log(2 * acos(-1) * WELLS * (WELLS - 1) / 2) + 1 / t[k];
        close_to(kinetics->ab.log_mfpt, expected, 4e-16);
        if (t[k] < 1e-3) ck_assert(kinetics->ab.mfpt == INFINITY && kinetics->ab.rate == 0);
        for (size_t i = 0; i < WELLS; i++)
            close_to(kinetics->committor[i], (double)i / (WELLS - 1), 1e-14);
        el4ml_kinetics_free(kinetics);
        el4ml_rate_network_free(rates);
    }
    el4ml_network_free(network);
}
END_TEST

/* The same network with its states renumbered. */
START_TEST(numbering_does_not_matter)
{
    random_case c;
    case_init(&c, _i, nodes_of(_i), 0.01);
    const size_t n = c.graph.nodes;
    help_graph other = c.graph;
    size_t place[HELP_MOST];
    for (size_t i = 0; i < n; i++)
        place[i] = i;
    el4ml_random random = el4ml_random_new((uint64_t)_i, 5, 5);
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)el4ml_random_below(&random, i), swap = place[i - 1];
        place[i - 1] = place[j];
        place[j] = swap;
    }
    for (size_t i = 0; i < n; i++)
        other.node[place[i]] = c.graph.node[i];
    for (size_t e = 0; e < other.edges; e++) {
        other.edge[other.edges - 1 - e] = c.graph.edge[e];
        other.edge[other.edges - 1 - e].a = place[c.graph.edge[e].b];
        other.edge[other.edges - 1 - e].b = place[c.graph.edge[e].a];
    }
    el4ml_network *network = help_network(&other);
    el4ml_rate_network *rates = rates_at(network, 0.01);
    size_t a[3], b[3];
    for (size_t k = 0; k < c.sets.a_count; k++)
        a[k] = place[c.a[k]];
    for (size_t k = 0; k < c.sets.b_count; k++)
        b[k] = place[c.b[k]];
    el4ml_state_sets sets = c.sets;
    sets.a = a;
    sets.b = b;
    el4ml_kinetics *one = kinetics_of(c.rates, &c.sets), *two = kinetics_of(rates, &sets);
    log_close_to(two->ab.log_mfpt, one->ab.log_mfpt, 1e-13);
    log_close_to(two->ba.log_rate_nss, one->ba.log_rate_nss, 1e-13);
    for (size_t i = 0; i < n; i++) {
        log_close_to(two->log_committor_b[place[i]], one->log_committor_b[i], 1e-13);
        log_close_to(two->ab.log_time[place[i]], one->ab.log_time[i], 1e-13);
    }
    el4ml_kinetics_free(one);
    el4ml_kinetics_free(two);
    el4ml_rate_network_free(rates);
    el4ml_network_free(network);
    case_clear(&c);
}
END_TEST

/* States of other components are told apart, not guessed. */
START_TEST(states_out_of_reach)
{
    const el4ml_rate rate[6] = {{0, 1, 0}, {1, 0, 0}, {1, 2, 0}, {2, 1, 0}, {3, 4, 0}, {4, 3, 0}};
    el4ml_rate_network *rates = given_rates(6, rate, 6);
    const size_t a = 0, b = 2;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_kinetics *k = kinetics_of(rates, &sets);
    close_to(k->ab.mfpt, 3, 1e-15);
    for (size_t i = 3; i < 6; i++) {
        ck_assert(k->ab.log_time[i] == INFINITY && k->ba.log_time[i] == INFINITY);
        ck_assert(isnan(k->committor[i]) && isnan(k->log_committor_a[i]));
    }
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
}
END_TEST

START_TEST(a_and_b_may_be_everything)
{
    const el4ml_rate rate[2] = {{0, 1, log(3)}, {1, 0, log(5)}};
    el4ml_rate_network *rates = given_rates(2, rate, 2);
    const size_t a = 0, b = 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_kinetics *k = kinetics_of(rates, &sets);
    const double values[4] = {k->ab.log_rate, k->ab.log_rate_ss, k->ab.log_rate_nss, k->ab.log_rate_mfpt};
    for (size_t i = 0; i < 4; i++)
        log_close_to(values[i], log(3), 1e-15);
    close_to(k->ba.mfpt, 0.2, 1e-15);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(bad_sets_are_named)
{
    const el4ml_rate rate[4] = {{0, 1, 0}, {1, 0, 0}, {2, 3, 0}, {3, 2, 0}};
    el4ml_rate_network *rates = given_rates(4, rate, 4);
    el4ml_kinetics *k = NULL;
    el4ml_error error = {0};
    size_t a[2] = {0, 0}, b[2] = {1, 2};
    el4ml_state_sets sets = {.a = a, .b = b, .a_count = 0, .b_count = 1};
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "the set A is empty");
    sets = (el4ml_state_sets){.a = a, .b = b, .a_count = 1, .b_count = 0};
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "the set B is empty");
    sets = (el4ml_state_sets){.a = a, .b = b, .a_count = 2, .b_count = 1};
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "state 0 is in the set A twice");
    a[1] = 1;
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "state 1 is in both sets");
    a[1] = 4;
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "state 4 of the set A is not there");
    a[1] = 3;
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "no path connects state 3 of the set A");
    sets = (el4ml_state_sets){.a = a, .b = b, .a_count = 1, .b_count = 2};
    refused(el4ml_kinetics_new(rates, &sets, &k, &error), &error, "no path connects state 2 of the set B");
    ck_assert_ptr_null(k);
    el4ml_rate_network_free(rates);
}
END_TEST

static el4ml_status run_kinetics(const random_case *c)
{
    el4ml_kinetics *kinetics = NULL;
    const el4ml_status status = el4ml_kinetics_new(c->rates, &c->sets, &kinetics, NULL);
    el4ml_kinetics_free(kinetics);
    return status;
}

static el4ml_status run_moments(const random_case *c)
{
    el4ml_moments *moments = NULL;
    const el4ml_status status = el4ml_moments_new(c->rates, &c->sets, 2, &moments, NULL);
    el4ml_moments_free(moments);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    random_case c;
    case_init(&c, 6, nodes_of(6), 1);
    ck_assert_uint_ge(fail_each(run_kinetics, &c), 40);
    ck_assert_uint_ge(fail_each(run_moments, &c), 15);
    case_clear(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kinetics");
    TCase *tests = tcase_create("kinetics");
    tcase_add_test(tests, three_nodes);
    tcase_add_test(tests, ten_nodes_of_pele);
    tcase_add_loop_test(tests, pygt_network_to_its_digits, 0, 4);
    tcase_add_test(tests, pygt_numbers_as_published);
    tcase_add_loop_test(tests, random_networks_equal_brute_force, 0, 60);
    tcase_add_loop_test(tests, properties_at_any_temperature, 0, 60);
    tcase_add_loop_test(tests, there_and_back, 0, 40);
    tcase_add_loop_test(tests, there_and_back_in_large_networks, 0, 2);
    tcase_add_test(tests, chains_at_the_edge_of_the_representable);
    tcase_add_loop_test(tests, numbering_does_not_matter, 0, 20);
    tcase_add_test(tests, states_out_of_reach);
    tcase_add_test(tests, a_and_b_may_be_everything);
    tcase_add_test(tests, bad_sets_are_named);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
