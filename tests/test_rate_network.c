/* Rate networks: from landscapes and from given rates. */
#include "kinetics_help.h"

/* ---- Which states and transition states count ---- */

START_TEST(what_is_left_out)
{
    const el4ml_node nodes[6] = {{.id = 10, .energy = 0},
                                 {.id = 11, .energy = 1},
                                 {.id = 12, .energy = 0.5, .log_product = NAN, .flagged = true},
                                 {.id = 13, .energy = 2},
                                 {.id = 14, .energy = 3},
                                 {.id = 15, .energy = 3.5}};
    const el4ml_edge edges[7] = {
        {.id = 1, .energy = 4, .a = 0, .b = 1},
        {.id = 2, .energy = 4, .a = 1, .b = 0, .log_multiplicity = log(3)},   /* in parallel */
        {.id = 3, .energy = 1, .a = 1, .b = 1},                               /* degenerate */
        {.id = 4, .energy = 2, .a = 0, .b = 2},                               /* touches a flagged one */
        {.id = 5, .energy = 4, .a = 1, .b = 3, .log_multiplicity = INFINITY}, /* linear */
        {.id = 6, .energy = 5, .a = 3, .b = 1},
        {.id = 7, .energy = 5, .a = 4, .b = 5}};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, 6, edges, 7, 1, &network, NULL), EL4ML_OK);
    el4ml_rate_network *rates = rates_at(network, 0.5);
    ck_assert_uint_eq(rates->state_count, 5);
    ck_assert_uint_eq(rates->edge_count, 3);
    ck_assert_uint_eq(el4ml_rate_state(rates, 2), EL4ML_NONE);
    ck_assert_uint_eq(el4ml_rate_state(rates, 3), 2);
    ck_assert_uint_eq(rates->edges[0].edge, 1); /* the larger share */
    log_close_to(el4ml_log_rate(rates, 0, 1), log(4 / (2 * acos(-1))) - 8, 1e-14);
    log_close_to(el4ml_log_rate(rates, 1, 0), log(4 / (2 * acos(-1))) - 6, 1e-14);
    ck_assert(el4ml_log_rate(rates, 0, 2) == -INFINITY);
    el4ml_rate_network_free(rates);

    const size_t seed = 3; /* the component of minimum 13 */
    el4ml_rate_options options = {.temperature = 0.5, .seeds = &seed, .seed_count = 1};
    ck_assert_int_eq(el4ml_rate_network_new(network, &options, &rates, NULL), EL4ML_OK);
    ck_assert_uint_eq(rates->state_count, 3);
    ck_assert_uint_eq(rates->edge_count, 2);
    ck_assert_uint_eq(rates->minimum[2], 3);
    log_close_to(el4ml_log_rate(rates, 2, 1), log(1 / (2 * acos(-1))) - 6, 1e-14);
    el4ml_rate_network_free(rates);
    el4ml_network_free(network);
}
END_TEST

/* Rates that were made by a network, given again one by one. */
START_TEST(given_rates_make_the_same_network)
{
    random_case c;
    case_init(&c, _i, (size_t)(4 + _i * 5), 0.05);
    el4ml_rate rate[4 * HELP_MOST_EDGES];
    size_t count = 0;
    for (size_t e = 0; e < c.rates->edge_count; e++) {
        const size_t a = c.rates->edges[e].a, b = c.rates->edges[e].b;
        const double half = log(0.5); /* in two parts, which add */
        rate[count++] = (el4ml_rate){a, b, el4ml_log_rate(c.rates, a, b) + half};
        rate[count++] = (el4ml_rate){b, a, el4ml_log_rate(c.rates, b, a)};
        rate[count++] = (el4ml_rate){a, b, el4ml_log_rate(c.rates, a, b) + half};
        rate[count++] = (el4ml_rate){a, a, 3};
    }
    el4ml_rate_network *made = NULL;
    for (int with = 0; with < 2; with++) {
        ck_assert_int_eq(el4ml_rate_network_from_rates(c.rates->state_count, rate, count,
                                                       with ? c.rates->log_weight : NULL, &made, NULL),
                         EL4ML_OK);
        ck_assert_uint_eq(made->edge_count, c.rates->edge_count);
        const double shift = c.rates->log_weight[0] - made->log_weight[0];
        for (size_t i = 0; i < c.rates->state_count; i++)
            log_close_to(made->log_weight[i] + shift, c.rates->log_weight[i], 1e-12);
        for (size_t e = 0; e < made->edge_count; e++)
            log_close_to(made->edges[e].log_flux + shift, c.rates->edges[e].log_flux, 1e-12);
        el4ml_rate_network_free(made);
    }
    case_clear(&c);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(bad_rates_are_named)
{
    el4ml_rate_network *made = NULL;
    el4ml_error error = {0};
    el4ml_rate rate[6] = {{0, 1, 0}, {1, 0, 0}, {1, 2, 0}, {2, 1, 0}, {2, 0, 0}, {0, 2, 0}};
    rate[3].log_rate = log(-1);
    refused(el4ml_rate_network_from_rates(3, rate, 6, NULL, &made, &error), &error,
            "rate number 3, from state 2 to 1");
    rate[3].log_rate = INFINITY;
    refused(el4ml_rate_network_from_rates(3, rate, 6, NULL, &made, &error), &error, "rate number 3");
    rate[3].log_rate = 1;
    refused(el4ml_rate_network_from_rates(3, rate, 6, NULL, &made, &error), &error,
            "contradict detailed balance");
    rate[3].log_rate = -INFINITY;
    refused(el4ml_rate_network_from_rates(3, rate, 6, NULL, &made, &error), &error,
            "from state 1 to 2 and none back");
    rate[3].log_rate = 0;
    refused(el4ml_rate_network_from_rates(2, rate, 6, NULL, &made, &error), &error, "there are 2 states");
    const double weight[3] = {0, 0.1, 0}, wrong[3] = {0, NAN, 0};
    refused(el4ml_rate_network_from_rates(3, rate, 6, weight, &made, &error), &error,
            "contradict detailed balance");
    refused(el4ml_rate_network_from_rates(3, rate, 6, wrong, &made, &error), &error,
            "state 1: ln of its weight");
    ck_assert_ptr_null(made);
}
END_TEST

START_TEST(bad_options_are_named)
{
    const el4ml_node nodes[2] = {{.id = 41, .energy = 0}, {.id = 42, .energy = 1, .flagged = true}};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, 2, NULL, 0, 1, &network, NULL), EL4ML_OK);
    const double wrong[4] = {0, -1, NAN, INFINITY};
    el4ml_rate_network *rates = NULL;
    el4ml_error error = {0};
    for (size_t k = 0; k < 4; k++) {
        const el4ml_rate_options options = {.temperature = wrong[k]};
        refused(el4ml_rate_network_new(network, &options, &rates, &error), &error,
                "temperature must be positive");
    }
    size_t seed = 1;
    el4ml_rate_options options = {.temperature = 1, .seeds = &seed, .seed_count = 1};
    refused(el4ml_rate_network_new(network, &options, &rates, &error), &error, "minimum 42 is flagged");
    seed = 2;
    refused(el4ml_rate_network_new(network, &options, &rates, &error), &error,
            "minimum number 2 is not there");
    el4ml_network_free(network);

    const el4ml_node two[2] = {{.id = 41, .energy = 0}, {.id = 42, .energy = 1}};
    ck_assert_int_eq(el4ml_network_new(two, 2, NULL, 0, 1, &network, NULL), EL4ML_OK);
    options = (el4ml_rate_options){.temperature = 1e-9};
    refused(el4ml_rate_network_new(network, &options, &rates, &error), &error, "minimum 42: an exponent");
    el4ml_network_free(network);
}
END_TEST

static el4ml_status run_network(const random_case *c)
{
    const size_t seed = 0;
    const el4ml_rate_options options = {.temperature = 1, .seeds = &seed, .seed_count = 1};
    el4ml_rate_network *rates = NULL;
    const el4ml_status status = el4ml_rate_network_new(c->network, &options, &rates, NULL);
    el4ml_rate_network_free(rates);
    return status;
}

static el4ml_status run_given(const random_case *c)
{
    const el4ml_rate rate[2] = {{0, 1, 0}, {1, 0, 0}};
    el4ml_rate_network *rates = NULL;
    const el4ml_status status =
        el4ml_rate_network_from_rates(c->rates->state_count, rate, 2, NULL, &rates, NULL);
    el4ml_rate_network_free(rates);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    random_case c;
    case_init(&c, 6, 34, 1);
    ck_assert_uint_ge(fail_each(run_network, &c), 10);
    ck_assert_uint_ge(fail_each(run_given, &c), 8);
    case_clear(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rate networks");
    TCase *tests = tcase_create("rate networks");
    tcase_add_test(tests, what_is_left_out);
    tcase_add_loop_test(tests, given_rates_make_the_same_network, 0, 10);
    tcase_add_test(tests, bad_rates_are_named);
    tcase_add_test(tests, bad_options_are_named);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
