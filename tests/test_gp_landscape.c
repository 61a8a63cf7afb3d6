/* Landscapes of Gaussian processes, in their bounds: every KKT point that another kind of search finds, two
 * known fits that compete, equal summands, and what rounding leaves of an ill-conditioned one. */
#include "gp_help.h"
#include "run_help.h"

/* ---- by force: Newton's method from many points of every face ---- */

enum { PARAMETERS = 4, FACES = 81, MOST = 100 };

typedef struct forced {
    double x[MOST][PARAMETERS];
    size_t index[MOST], active[MOST], count;
} forced;

/* Gauss with pivoting; a (n, n) and b are overwritten. */
static bool solve(size_t n, double *a, double *b)
{
    for (size_t i = 0; i < n; i++) {
        size_t pivot = i;
        for (size_t k = i; k < n; k++)
            if (fabs(a[k * n + i]) > fabs(a[pivot * n + i])) pivot = k;
        if (a[pivot * n + i] == 0) return false;
        for (size_t j = 0; j < n; j++) {
            const double swap = a[i * n + j];
            a[i * n + j] = a[pivot * n + j];
            a[pivot * n + j] = swap;
        }
        const double swap = b[i];
        b[i] = b[pivot];
        b[pivot] = swap;
        for (size_t k = 0; k < n; k++) {
            if (k == i) continue;
            const double factor = a[k * n + i] / a[i * n + i];
            for (size_t j = i; j < n; j++)
                a[k * n + j] -= factor * a[i * n + j];
            b[k] -= factor * b[i];
        }
    }
    for (size_t i = 0; i < n; i++)
        b[i] /= a[i * n + i];
    return true;
}

/* The free block of the Hessian, and of the gradient; returns how many are free. side: -1, 1 held, 0 free. */
static size_t free_part(el4ml_evaluator *e, const double *x, const int *side, double *h, double *g)
{
    double full[PARAMETERS * PARAMETERS], gradient[PARAMETERS], value;
    size_t free[PARAMETERS], n = 0;
    ck_assert_int_eq(el4ml_value_gradient(e, x, &value, gradient), EL4ML_OK);
    ck_assert_int_eq(el4ml_hessian(e, x, full), EL4ML_OK);
    for (size_t p = 0; p < PARAMETERS; p++)
        if (side[p] == 0) free[n++] = p;
    for (size_t i = 0; i < n; i++) {
        g[i] = gradient[free[i]];
        for (size_t j = 0; j < n; j++)
            h[i * n + j] = full[free[i] * PARAMETERS + free[j]];
    }
    return n;
}

/* Newton's method with short steps; false when it leaves the face or does not arrive. */
static bool newton(el4ml_evaluator *e, const int *side, double *x)
{
    const el4ml_surface_info *info = &e->surface->info;
    double h[PARAMETERS * PARAMETERS], g[PARAMETERS];
    for (int step = 0; step < 40; step++) {
        const size_t n = free_part(e, x, side, h, g);
        const double size = el4ml_norm(n, g);
        if (size < 1e-9) return true;
        if (!solve(n, h, g)) return false;
        const double scale = fmin(1, 0.5 / el4ml_norm(n, g));
        for (size_t p = 0, i = 0; p < PARAMETERS; p++) {
            if (side[p] != 0) continue;
            x[p] -= scale * g[i++];
            if (!(x[p] > info->lower[p] && x[p] < info->upper[p])) return false;
        }
    }
    return false;
}

/* Kept when every multiplier is positive. */
static void keep(el4ml_evaluator *e, const int *side, const double *x, forced *list)
{
    double h[PARAMETERS * PARAMETERS], g[PARAMETERS], values[PARAMETERS], gradient[PARAMETERS], value;
    size_t active = 0, index = 0;
    ck_assert_int_eq(el4ml_value_gradient(e, x, &value, gradient), EL4ML_OK);
    for (size_t p = 0; p < PARAMETERS; p++) {
        if (side[p] == 0) continue;
        active++;
        if (side[p] * gradient[p] >= 0) return;
    }
    for (size_t k = 0; k < list->count; k++)
        if (el4ml_distance(PARAMETERS, list->x[k], x) < 1e-3) return;
    const size_t n = free_part(e, x, side, h, g);
    jacobi_eigenvalues(n, h, values);
    for (size_t i = 0; i < n; i++)
        index += values[i] < 0;
    ck_assert_uint_lt(list->count, MOST);
    el4ml_copy(PARAMETERS, x, list->x[list->count]);
    list->index[list->count] = index;
    list->active[list->count++] = active;
}

static void search_faces(el4ml_evaluator *e, uint64_t starts, forced *list)
{
    const el4ml_surface_info *info = &e->surface->info;
    list->count = 0;
    for (int face = 0; face < FACES; face++) {
        int side[PARAMETERS], code = face;
        uint64_t wanted = starts;
        for (size_t p = 0; p < PARAMETERS; p++, code /= 3) {
            side[p] = code % 3 - 1;
            if (side[p] != 0) wanted /= 2;
        }
        for (uint64_t k = 0; k <= wanted; k++) {
            double x[PARAMETERS];
            el4ml_random random = el4ml_random_new(71, (uint64_t)face, k);
            for (size_t p = 0; p < PARAMETERS; p++) {
                const double u = el4ml_random_uniform(&random);
                x[p] = info->lower[p] + u * (info->upper[p] - info->lower[p]);
                if (side[p] != 0) x[p] = side[p] < 0 ? info->lower[p] : info->upper[p];
            }
            if (newton(e, side, x)) keep(e, side, x, list);
        }
    }
}

START_TEST(every_point_of_diabetes_is_found)
{
    el4ml_data *data = gp_diabetes(30);
    const el4ml_gp_options o = gp_options("se", true);
    el4ml_surface *s = gp_surface(&o, &data->train);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    static forced list;
    search_faces(&e, 400, &list);
    int euler = 0;
    size_t expected[PARAMETERS + 1] = {0}, on_bounds = 0;
    for (size_t k = 0; k < list.count; k++) {
        euler += list.index[k] % 2 ? -1 : 1;
        expected[list.index[k]]++;
        on_bounds += list.index[k] < 2 && list.active[k] > 0;
    }
    ck_assert_int_eq(euler, 1); /* nothing is missing, or two points that cancel */
    ck_assert_uint_gt(on_bounds, 0);
    const char *folder = scratch_folder("gp_diabetes");
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = 300;
    study.goal = EL4ML_EXHAUST;
    study.unseen = 0.01;
    study.budget = 3000;
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    const el4ml_summary summary = summary_of(l, &study);
    ck_assert_uint_eq(summary.components, 1);
    ck_assert_uint_eq(summary.minima, expected[0]);
    ck_assert_uint_eq(summary.transition_states, expected[1]);
    for (size_t k = 0; k < list.count; k++) {
        if (list.index[k] > 1) continue;
        size_t there = 0;
        for (size_t i = 0; i < expected[list.index[k]]; i++) {
            const el4ml_record *r = el4ml_landscape_record(l, (el4ml_species)list.index[k], i);
            if (el4ml_distance(PARAMETERS, r->point.x, list.x[k]) > 1e-4) continue;
            ck_assert_uint_eq(r->point.active, list.active[k]);
            there++;
        }
        ck_assert_uint_eq(there, 1);
    }
    ck_assert_uint_eq(summary.minima_on_bounds + summary.transition_states_on_bounds, on_bounds);
    check_all_proved(l);
    check_verification(folder, s, l);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
    el4ml_data_free(data);
}
END_TEST

/* A short length scale with little noise against a long one with much (Rasmussen and Williams 2006,
 * figure 5.5), on the data and with the numbers of scikit-learn's example. */
START_TEST(two_fits_compete)
{
    el4ml_data_options options = el4ml_data_options_default();
    el4ml_data *data = NULL;
    options.file = GP_DATA "noisy.csv";
    options.target = "y";
    options.classification = options.standardise = false;
    ck_assert_int_eq(el4ml_data_read(&options, &data, NULL), EL4ML_OK);
    el4ml_gp_options o = gp_options("se", false);
    o.bounds[EL4ML_GP_NOISE][0] = 1e-5;
    el4ml_surface *s = gp_surface(&o, &data->train);
    const char *folder = scratch_folder("gp-noisy");
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = 100;
    el4ml_landscape *l = run_study(folder, &study, s, 1);
    FILE *file = fopen(GP_DATA "noisy_optima.csv", "r");
    ck_assert_ptr_nonnull(file);
    char line[500], *f[8];
    double noise[2], length[2];
    for (int k = 0; k < 2; k++) {
        ck_assert_uint_eq(gp_fields(file, line, sizeof line, f, 8), 4);
        const el4ml_record *r = record_at(l, EL4ML_MINIMUM, atof(f[0]), 1e-7);
        for (size_t p = 0; p < 3; p++)
            ck_assert_double_eq_tol(r->point.x[p], atof(f[1 + p]), 1e-5);
        ck_assert_uint_eq(r->point.active, k == 0); /* the long one would like to be longer */
        length[k] = exp(r->point.x[1]);
        noise[k] = exp(r->point.x[2]);
    }
    fclose(file);
    ck_assert(length[0] > 50 && length[1] < 1 && noise[0] > 3 * noise[1]);
    ck_assert_uint_eq(summary_of(l, &study).components, 1);
    ck_assert_int_eq(el4ml_landscape_on_bound(l, el4ml_landscape_record(l, EL4ML_MINIMUM, 0), 2), 0);
    check_all_proved(l);
    check_verification(folder, s, l);
    el4ml_surface_free(s);
    el4ml_data_free(data);
}
END_TEST

/* The landscape of "se + se" is the same from a copy of its minima: no point is there twice. */
START_TEST(equal_summands_are_one_landscape)
{
    el4ml_dataset toy = gp_toy(25, 1);
    el4ml_gp_options o = gp_options("se + se", false);
    o.prior[EL4ML_GP_LENGTH][0] = 1; /* without, summands of equal length scales have a flat direction */
    o.prior[EL4ML_GP_LENGTH][1] = 1.5;
    o.prior[EL4ML_GP_SIGNAL][0] = 1;
    o.prior[EL4ML_GP_SIGNAL][1] = 2;
    el4ml_surface *s = gp_surface(&o, &toy);
    const char *folder = scratch_folder("gp-sum");
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = 60;
    study.budget = 200;
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    ck_assert_uint_ge(minima, 1);
    for (size_t i = 0; i < minima; i++) {
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, i);
        const double swapped[5] = {r->point.x[2], r->point.x[3], r->point.x[0], r->point.x[1], r->point.x[4]};
        const double apart = el4ml_distance(5, swapped, r->point.x);
        ck_assert_double_eq_tol(r->point.log_multiplicity, apart > 1e-4 ? log(2) : 0, 1e-12);
        for (size_t k = 0; k < minima; k++)
            if (k != i)
                ck_assert_double_gt(
                    el4ml_distance(5, swapped, el4ml_landscape_record(l, EL4ML_MINIMUM, k)->point.x), 1e-3);
    }
    char reason[200];
    ck_assert_msg(faults_of(s, l, false, reason) == 0, "%s", reason);
    el4ml_landscape_close(l);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* A smooth function without noise, and hardly any allowed: the search ends where rounding lets it, says so,
 * and takes the many ends for one minimum. */
START_TEST(rounding_ends_a_search)
{
    el4ml_dataset toy = gp_toy(30, 1);
    for (size_t i = 0; i < 30; i++) {
        toy.x[i] = -3 + 6 * (double)i / 29;
        toy.y[i] = sin(2 * toy.x[i]) + 0.3 * toy.x[i];
    }
    el4ml_gp_options o = gp_options("se", false);
    o.bounds[EL4ML_GP_NOISE][0] = 1e-8;
    el4ml_surface *s = gp_surface(&o, &toy);
    const char *folder = scratch_folder("gp-smooth");
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = 60;
    el4ml_landscape *l = run_study(folder, &study, s, 1);
    const el4ml_summary summary = summary_of(l, &study);
    ck_assert_uint_eq(summary.minima, 1);
    ck_assert_uint_eq(summary.imprecise, 1);
    const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, 0);
    ck_assert(r->point.x[2] == s->info.lower[2] && r->point.active == 1 && r->point.proved);
    ck_assert(r->point.gradient_rms > 1e-9 && r->point.gradient_rms == summary.worst_rms);
    ck_assert_int_ge(r->hits, 50);
    char text[100], reason[200];
    el4ml_landscape_bounds_text(l, r, text, sizeof text);
    ck_assert_str_eq(text, "noise low");
    ck_assert_msg(faults_of(s, l, false, reason) == 0, "%s", reason);
    el4ml_landscape_close(l);
    ck_assert_int_eq(el4ml_landscape_read(folder, &l, NULL), EL4ML_OK); /* all of this is stored */
    ck_assert(el4ml_landscape_has_bounds(l));
    r = el4ml_landscape_record(l, EL4ML_MINIMUM, 0);
    ck_assert(r->point.active == 1 && isfinite(r->point.log_multipliers));
    ck_assert_int_eq(el4ml_landscape_on_bound(l, r, 2), -1);
    ck_assert_str_eq(el4ml_landscape_coordinate_name(l, 1), "length");
    el4ml_landscape_close(l);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_point_of_diabetes_is_found, two_fits_compete,
                                  equal_summands_are_one_landscape, rounding_ends_a_search};
    return RUN_SUITE("landscapes of Gaussian processes", tests);
}
