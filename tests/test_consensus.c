/* Consensus of clusterings. */
#include "el4ml/consensus.h"
#include "engine_help.h"

/* Copies of three groups, each row moved elsewhere with some chance in each clustering, labels renamed. */
enum { ROWS = 60, CLUSTERINGS = 15, GROUPS = 3 };

static void disturbed(double chance, size_t *label)
{
    el4ml_random random = el4ml_random_new(6, 6, 0);
    for (size_t m = 0; m < CLUSTERINGS; m++) {
        size_t name[GROUPS] = {0, 1, 2};
        el4ml_random_shuffle(&random, GROUPS, name);
        for (size_t i = 0; i < ROWS; i++) {
            const bool moved = el4ml_random_uniform(&random) < chance;
            label[m * ROWS + i] = moved ? (size_t)el4ml_random_below(&random, GROUPS) : name[i / 20];
        }
    }
}

START_TEST(groups_come_back)
{
    static const double chances[] = {0, 0.1, 0.25};
    size_t label[CLUSTERINGS * ROWS], truth[ROWS];
    double last = 1;
    for (size_t i = 0; i < ROWS; i++)
        truth[i] = i / 20;
    for (size_t k = 0; k < 3; k++) {
        el4ml_consensus *c = NULL;
        disturbed(chances[k], label);
        ck_assert_int_eq(el4ml_consensus_new(label, CLUSTERINGS, ROWS, GROUPS, GROUPS, &c, NULL), EL4ML_OK);
        ck_assert_uint_eq(c->clusters, GROUPS);
        ck_assert(memcmp(c->cluster, truth, sizeof truth) == 0);
        ck_assert_double_eq_tol(el4ml_partition_agreement(ROWS, c->cluster, GROUPS, truth, GROUPS), 1, 1e-15);
        if (k == 0) ck_assert(c->certain == 1 && c->agreement == 1 && c->between == 1);
        if (k > 0)
            ck_assert_double_gt(c->agreement, c->between); /* the consensus is nearer to each than they are */
        if (k > 0) ck_assert_double_lt(c->certain, last);
        last = c->certain;
        el4ml_consensus_free(c);
    }
}
END_TEST

/* By pairs of rows: a, b, c, d of Hubert and Arabie. */
static double by_pairs(size_t rows, const size_t *a, const size_t *b)
{
    double both = 0, only_a = 0, only_b = 0, none = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < i; j++) {
            const bool p = a[i] == a[j], q = b[i] == b[j];
            both += p && q;
            only_a += p && !q;
            only_b += !p && q;
            none += !p && !q;
        }
    return 2 * (both * none - only_a * only_b) /
           ((both + only_a) * (only_a + none) + (both + only_b) * (only_b + none));
}

START_TEST(agreement_by_pairs)
{
    el4ml_random random = el4ml_random_new(7, 7, 0);
    for (int trial = 0; trial < 50; trial++) {
        size_t a[30], b[30];
        for (size_t i = 0; i < 30; i++) {
            a[i] = el4ml_random_below(&random, 4);
            b[i] = el4ml_random_below(&random, 3) == 0 ? el4ml_random_below(&random, 5) : a[i];
        }
        ck_assert_double_eq_tol(el4ml_partition_agreement(30, a, 4, b, 5), by_pairs(30, a, b), 1e-13);
    }
}
END_TEST

/* Average linkage by its definition: at every merge the groups with the largest mean co-association. */
START_TEST(average_linkage)
{
    enum { N = 14, M = 7, K = 3 };
    size_t label[M * N], group[N];
    el4ml_random random = el4ml_random_new(8, 8, 0);
    for (size_t k = 0; k < M * N; k++)
        label[k] = el4ml_random_below(&random, 4);
    for (size_t i = 0; i < N; i++)
        group[i] = i;
    for (size_t left = N; left > K; left--) {
        double best = -1;
        size_t from = 0, to = 0;
        for (size_t a = 0; a < N; a++)
            for (size_t b = 0; b < a; b++) {
                double sum = 0, count = 0;
                for (size_t i = 0; i < N; i++)
                    for (size_t j = 0; j < N; j++) {
                        if (group[i] != a || group[j] != b) continue;
                        for (size_t m = 0; m < M; m++)
                            sum += label[m * N + i] == label[m * N + j];
                        count += M;
                    }
                if (count > 0 && sum / count > best + 1e-12) {
                    best = sum / count;
                    from = a;
                    to = b;
                }
            }
        for (size_t i = 0; i < N; i++)
            if (group[i] == from) group[i] = to;
    }
    el4ml_consensus *c = NULL;
    ck_assert_int_eq(el4ml_consensus_new(label, M, N, 4, K, &c, NULL), EL4ML_OK);
    ck_assert_double_ge(el4ml_partition_agreement(N, c->cluster, K, group, N), 1 - 1e-12);
    el4ml_consensus_free(c);
}
END_TEST

START_TEST(edges)
{
    const size_t label[6] = {0, 0, 1, 1, 1, 1};
    el4ml_consensus *c = NULL;
    ck_assert_int_eq(el4ml_consensus_new(label, 1, 6, 2, 4, &c, NULL), EL4ML_OK);
    ck_assert_uint_eq(c->clusters, 2); /* no more than rows differ */
    ck_assert(c->agreement == 1 && isnan(c->between));
    el4ml_consensus_free(c);
    ck_assert_int_eq(el4ml_consensus_new(label, 1, 6, 1, 2, &c, NULL), EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(el4ml_consensus_new(label, 0, 6, 2, 2, &c, NULL), EL4ML_INVALID_ARGUMENT);
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        c = NULL;
        el4ml_fail_allocation_after(n);
        status = el4ml_consensus_new(label, 2, 3, 2, 2, &c, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert(status == EL4ML_OK || status == EL4ML_OUT_OF_MEMORY);
        el4ml_consensus_free(c);
    }
    ck_assert_uint_gt(n, 8);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {groups_come_back, agreement_by_pairs, average_linkage, edges};
    return RUN_SUITE("consensus", tests);
}
