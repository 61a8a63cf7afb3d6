/* The choice of K: the criteria against their definitions, and planted mixtures. */
#include "el4ml/choose_k.h"
#include "insight/clustering.h"
#include "run_help.h"

enum { GROUPS = 4, EACH = 30, ROWS = GROUPS * EACH };

/* Groups at the corners of a square, `side` standard deviations apart. */
static el4ml_dataset planted(double side, uint64_t seed)
{
    el4ml_random random = el4ml_random_new(seed, 61, 0);
    el4ml_dataset d = {.rows = ROWS, .inputs = 2, .x = new_vector(2 * ROWS)};
    for (size_t i = 0; i < ROWS; i++) {
        d.x[2 * i] = side * (double)(i % GROUPS % 2) + el4ml_random_normal(&random);
        d.x[2 * i + 1] = side * 1.5 * (double)(i % GROUPS / 2) + el4ml_random_normal(&random);
    }
    return d;
}

static double apart(const el4ml_dataset *d, size_t i, size_t j)
{
    return hypot(d->x[2 * i] - d->x[2 * j], d->x[2 * i + 1] - d->x[2 * j + 1]);
}

START_TEST(silhouette_by_its_definition)
{
    el4ml_dataset d = planted(4, 1);
    size_t label[ROWS];
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        label[i] = i == 7 ? 3 : i % 3; /* cluster 3 has one row: its width is 0 */
    for (size_t i = 0; i < ROWS; i++) {
        double mean[4] = {0}, count[4] = {0}, b = INFINITY;
        for (size_t j = 0; j < ROWS; j++) {
            if (j == i) continue;
            mean[label[j]] += apart(&d, i, j);
            count[label[j]]++;
        }
        if (i == 7) continue;
        for (size_t k = 0; k < 4; k++)
            if (k != label[i]) b = fmin(b, mean[k] / count[k]);
        const double a = mean[label[i]] / count[label[i]];
        sum += (b - a) / fmax(a, b);
    }
    const double found = el4ml_silhouette(&d, 4, label, el4ml_random_new(1, 1, 1));
    ck_assert_double_eq_tol(found, sum / ROWS, 1e-13);
    ck_assert(isnan(el4ml_silhouette(&d, 1, label, el4ml_random_new(1, 1, 1))));
    el4ml_release(d.x);
}
END_TEST

START_TEST(davies_bouldin_by_hand)
{
    double x[] = {0, 0, 2, 0, 10, 0, 10, 4}, c[] = {1, 0, 10, 2};
    const el4ml_dataset d = {.rows = 4, .inputs = 2, .x = x};
    const size_t label[] = {0, 0, 1, 1};
    /* mean distances 1 and 2, centroids sqrt(85) apart */
    ck_assert_double_eq_tol(el4ml_davies_bouldin(&d, 2, c, label), 3 / sqrt(85), 1e-14);
}
END_TEST

START_TEST(rand_index_by_pairs)
{
    el4ml_random random = el4ml_random_new(2, 2, 2);
    size_t a[40], b[40];
    for (int trial = 0; trial < 20; trial++) {
        double both = 0, in_a = 0, in_b = 0, all = 0;
        for (size_t i = 0; i < 40; i++) {
            a[i] = (size_t)el4ml_random_below(&random, 3);
            b[i] = trial % 2 ? a[i] : (size_t)el4ml_random_below(&random, 4);
            for (size_t j = 0; j < i; j++) {
                both += a[i] == a[j] && b[i] == b[j];
                in_a += a[i] == a[j];
                in_b += b[i] == b[j];
                all++;
            }
        }
        const double expected = in_a * in_b / all;
        ck_assert_double_eq_tol(el4ml_rand_index(40, 4, a, b),
                                (both - expected) / ((in_a + in_b) / 2 - expected), 1e-13);
    }
}
END_TEST

static el4ml_study kmeans_study(void)
{
    static char name[] = "planted", path[] = "planted.toml", file[] = "/planted.csv";
    el4ml_study study = plain_study();
    study.kind = EL4ML_KIND_KMEANS;
    study.name = name;
    study.path = path;
    study.data_file = file;
    study.has_data = true;
    study.steps = 150;
    study.budget = 300;
    return study;
}

static void remove_choice(const char *folder, const el4ml_choice *choice)
{
    char name[600];
    for (size_t k = 0; k < choice->count; k++) {
        snprintf(name, sizeof name, "%s/k%zu", folder, choice->rows[k].clusters);
        remove_folder(name);
    }
    remove_folder(folder);
}

static void check_row(const el4ml_k_row *r)
{
    ck_assert(r->inertia > 0 && r->minima >= 1 && r->funnels >= 1 && r->funnels <= r->minima);
    ck_assert(r->clusterings >= 1 - 1e-12 && r->clusterings <= (double)r->minima * (1 + 1e-12));
    ck_assert_double_eq_tol(r->temperature, 2 * r->inertia / (2 * ROWS), 1e-12);
    ck_assert(r->hits >= 0 && r->hits <= 1 && r->stability <= 1 && r->gap_error > 0);
}

START_TEST(planted_groups_are_found)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        el4ml_data data = {.train = planted(8, seed), .sha256 = "none"};
        const el4ml_study study = kmeans_study();
        const char *folder = scratch_folder("choose-k");
        el4ml_choose_k_options options = el4ml_choose_k_options_default();
        el4ml_choice choice, again;
        el4ml_error error = {0};
        options.to = 6;
        options.starts = 50;
        options.resamples = options.references = 5;
        options.folder = folder;
        options.run.threads = 1;
        ck_assert_msg(el4ml_choose_k(&study, &data, &options, &choice, &error) == EL4ML_OK, "%s",
                      error.message);
        ck_assert_uint_eq(choice.count, 5);
        for (size_t k = 0; k < choice.count; k++) {
            check_row(&choice.rows[k]);
            ck_assert_uint_eq(choice.rows[k].clusters, k + 2);
            if (k > 0) ck_assert_double_lt(choice.rows[k].inertia, choice.rows[k - 1].inertia);
        }
        ck_assert_uint_eq(choice.verdict, GROUPS);
        ck_assert_uint_eq(choice.by[EL4ML_K_BY_SILHOUETTE], GROUPS);
        ck_assert_uint_eq(choice.by[EL4ML_K_BY_DAVIES_BOULDIN], GROUPS);
        ck_assert_ptr_nonnull(strstr(choice.text, "4 clusters"));
        /* what is there goes on, and is the same */
        ck_assert_int_eq(el4ml_choose_k(&study, &data, &options, &again, NULL), EL4ML_OK);
        ck_assert_int_eq(memcmp(choice.rows, again.rows, choice.count * sizeof *choice.rows), 0);
        el4ml_choice_clear(&again);
        remove_choice(folder, &choice);
        el4ml_choice_clear(&choice);
        el4ml_release(data.train.x);
    }
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    el4ml_data data = {.train = planted(4, 1), .sha256 = "none"};
    el4ml_study study = kmeans_study();
    el4ml_choose_k_options options = el4ml_choose_k_options_default();
    el4ml_choice choice;
    el4ml_error error = {0};
    options.folder = scratch_folder("choose-k");
    options.to = ROWS + 1;
    ck_assert_int_eq(el4ml_choose_k(&study, &data, &options, &choice, &error), EL4ML_BAD_INPUT);
    options.to = 1;
    ck_assert_int_eq(el4ml_choose_k(&study, &data, &options, &choice, &error), EL4ML_BAD_INPUT);
    options.to = 3;
    study.kind = EL4ML_KIND_FUNCTION;
    ck_assert_int_eq(el4ml_choose_k(&study, &data, &options, &choice, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "kmeans"));
    ck_assert_int_ne(access(options.folder, F_OK), 0);
    el4ml_release(data.train.x);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {silhouette_by_its_definition, davies_bouldin_by_hand, rand_index_by_pairs,
                                  planted_groups_are_found, what_cannot_be_is_refused};
    return RUN_SUITE("choice of K", tests);
}
