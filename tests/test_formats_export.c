/* Landscapes of our own, written for PATHSAMPLE: point-group orders and moments of inertia as published, and
 * the same thermodynamics and kinetics once they are read back, whatever multiplicities become. */
#include "formats_help.h"

#include <stdlib.h>

#include "cluster_examples.h"

#include "el4ml/thermo.h"

/* ---- Clusters ---- */

typedef struct line {
    double energy, log_product, moments[3];
    size_t order;
} line;

static line first_line(const char *folder)
{
    line l;
    FILE *file = fopen(in(folder, "min.data"), "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lf %lf %zu %lf %lf %lf", &l.energy, &l.log_product, &l.order,
                            &l.moments[0], &l.moments[1], &l.moments[2]),
                     6);
    fclose(file);
    return l;
}

/* The cluster that `start` relaxes to, as the only minimum of a landscape, exported to `out`. */
static void export_cluster(size_t atoms, const double *start, const char *folder, const char *out)
{
    el4ml_surface *surface = cluster_surface(atoms);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double *x = new_vector(3 * atoms);
    el4ml_stationary point = {.x = x};
    size_t known, index;
    bool fresh;
    el4ml_landscape *l = NULL;
    const el4ml_identity identity = {
        .study = "s", .data_sha256 = "", .dimension = 3 * atoms, .zero_modes = 6};
    ck_assert_int_eq(el4ml_search_proved_minimum(s, start, &point, &known), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_open(folder, &identity, &l, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_add(l, el4ml_searcher_evaluator(s), EL4ML_MINIMUM, &point, 0, 0, &index,
                                         &fresh, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_export_report report;
    exported(EL4ML_PATHSAMPLE, l, out, &report);
    ck_assert(report.coordinates[0] && !report.orders_folded);
    el4ml_landscape_close(l);
    el4ml_release(x);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}

/* The first line of min.data of the LJ13 database in PyGT's examples, which OPTIM and PATHSAMPLE made:
 * -44.3268014195 158.2464487383 120 9.3629926605 9.3629926606 9.3629926607 */
START_TEST(icosahedron_as_pathsample_has_it)
{
    const char *folder = scratch_folder("lj13"), *out = scratch_folder("lj13-out"),
               *again = scratch_folder("lj13-in");
    double x[39];
    icosahedron(x);
    export_cluster(13, x, folder, out);
    const line l = first_line(out);
    ck_assert_double_eq_tol(l.energy, -44.3268014195, 1e-9);
    ck_assert_double_eq_tol(l.log_product, 158.2464487383, 1e-8);
    ck_assert_uint_eq(l.order, 120);
    for (size_t k = 0; k < 3; k++)
        ck_assert_double_eq_tol(l.moments[k], 9.3629926606, 1e-8);
    el4ml_import_report report;
    el4ml_landscape *back = imported(EL4ML_PATHSAMPLE, out, again, NAN, &report);
    ck_assert(report.dimension == 39 && report.kappa == 33 && report.kappa_assumed);
    el4ml_landscape_close(back);
    remove_folder(folder);
    remove_folder(out);
    remove_folder(again);
}
END_TEST

/* Point groups D5h and Oh; moments of a top whose axis the centre and the ring fix by hand. */
START_TEST(orders_of_point_groups)
{
    static const struct {
        size_t atoms, order;
    } cases[] = {{5, 12}, {6, 48}, {7, 20}};
    for (size_t k = 0; k < 3; k++) {
        const char *folder = scratch_folder("group"), *out = scratch_folder("group-out");
        double x[21];
        bipyramid(cases[k].atoms, x);
        export_cluster(cases[k].atoms, x, folder, out);
        const line l = first_line(out);
        ck_assert_uint_eq(l.order, cases[k].order);
        ck_assert(l.moments[0] <= l.moments[1] && l.moments[1] <= l.moments[2]);
        const bool low_pair = fabs(l.moments[0] - l.moments[1]) < 1e-7,
                   high_pair = fabs(l.moments[1] - l.moments[2]) < 1e-7;
        ck_assert(low_pair || high_pair); /* a symmetric top */
        ck_assert((low_pair && high_pair) == (cases[k].order == 48));
        remove_folder(folder);
        remove_folder(out);
    }
}
END_TEST

/* ---- Multiplicities ---- */

/* A landscape of `count` made-up minima with these ln n, joined in a chain by transition states with others.
 */
static el4ml_landscape *made_up(const char *folder, const double *log_n, const double *log_n_states,
                                size_t count)
{
    const el4ml_identity identity = {.study = "s", .data_sha256 = "", .dimension = 2, .zero_modes = 0};
    el4ml_landscape *l = NULL;
    el4ml_surface *surface = function_surface("himmelblau");
    el4ml_evaluator e;
    el4ml_random random = el4ml_random_new(5, 9, 2);
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_open(folder, &identity, &l, NULL), EL4ML_OK);
    for (size_t i = 0; i < 2 * count - 1; i++) {
        const bool minimum = i < count;
        double x[2] = {(double)i, 1};
        const el4ml_stationary point = {.energy = minimum ? 0.1 * (double)i : 2 + 0.1 * (double)i,
                                        .log_product = 3 + el4ml_random_normal(&random),
                                        .log_multiplicity = minimum ? log_n[i] : log_n_states[i - count],
                                        .smallest_eigenvalue = minimum ? 1 : -1,
                                        .index = !minimum,
                                        .proved = true,
                                        .x = x};
        size_t index;
        bool fresh;
        ck_assert_int_eq(el4ml_landscape_add(l, &e, minimum ? EL4ML_MINIMUM : EL4ML_TRANSITION_STATE, &point,
                                             minimum ? 0 : i - count, minimum ? 0 : i - count + 1, &index,
                                             &fresh, NULL),
                         EL4ML_OK);
    }
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
    return l;
}

/* Occupation probabilities, and n_t/n_a exp(L_a/2 - L_t/2) of every step: all that kinetics needs of n and L.
 */
static void check_same_physics(el4ml_landscape *p, el4ml_landscape *q)
{
    el4ml_network *a = NULL, *b = NULL;
    double occupied[2][16];
    ck_assert_int_eq(el4ml_landscape_network(p, &a, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_network(q, &b, NULL), EL4ML_OK);
    el4ml_occupation(a, 0.3, occupied[0], NULL);
    el4ml_occupation(b, 0.3, occupied[1], NULL);
    for (size_t i = 0; i < a->node_count; i++)
        ck_assert_double_eq_tol(occupied[1][i] / occupied[0][i], 1, 1e-12);
    for (size_t e = 0; e < a->edge_count; e++) {
        const el4ml_network *networks[2] = {a, b};
        double prefactor[2][2];
        for (size_t k = 0; k < 2; k++) {
            const el4ml_edge *edge = &networks[k]->edges[e];
            const size_t ends[2] = {edge->a, edge->b};
            for (size_t end = 0; end < 2; end++) {
                const el4ml_node *node = &networks[k]->nodes[ends[end]];
                prefactor[k][end] = edge->log_multiplicity - node->log_multiplicity +
                                    (node->log_product - edge->log_product) / 2;
            }
        }
        ck_assert_double_eq_tol(prefactor[0][0], prefactor[1][0], 1e-12);
        ck_assert_double_eq_tol(prefactor[0][1], prefactor[1][1], 1e-12);
    }
    el4ml_network_free(a);
    el4ml_network_free(b);
}

START_TEST(thermodynamics_are_kept)
{
    const double group = log(3840); /* 2^5 5!: a net with five odd units */
    const struct {
        double minima[4], states[3];
        bool folded;
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0, 0}, false},
        {{group, group - log(2), group, group - log(6)}, {group, group - log(2), group - log(120)}, false},
        {{log(2), log(3), 0, log(5)}, {0, log(7), 0}, true}, /* no common group */
        {{0.5, 0.1, 0, 2}, {1, -3, 0.2}, true},
        {{300, 300, 0, 300}, {300, 300, 300}, true}}; /* an order that no integer holds */
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *folder = scratch_folder("kept"), *out = scratch_folder("kept-out"),
                   *again = scratch_folder("kept-in");
        el4ml_landscape *l = made_up(folder, cases[k].minima, cases[k].states, 4);
        el4ml_export_report report;
        exported(EL4ML_PATHSAMPLE, l, out, &report);
        ck_assert(report.orders_folded == cases[k].folded && report.coordinates[0] && report.set_count == 0);
        el4ml_landscape *back = imported(EL4ML_PATHSAMPLE, out, again, 2, NULL);
        check_same_physics(l, back);
        el4ml_landscape_close(l);
        el4ml_landscape_close(back);
        remove_folder(folder);
        remove_folder(out);
        remove_folder(again);
    }
}
END_TEST

/* A point that PATHSAMPLE's format cannot hold, beside points that it can. */
START_TEST(what_cannot_be_written)
{
    const char *folder = scratch_folder("cannot"), *out = scratch_folder("cannot-out");
    const double minima[4] = {0, 0, INFINITY, 0}, states[3] = {0, 0, 0}; /* as of a linear cluster */
    el4ml_landscape *l = made_up(folder, minima, states, 4);
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_export(EL4ML_PATHSAMPLE, l, out, NULL, NULL, &error), EL4ML_NOT_SUPPORTED);
    ck_assert(strstr(error.message, "minimum 3 has no finite ln product"));
    ck_assert(access(out, F_OK) != 0);
    exported(EL4ML_JSON, l, out, NULL);
    exported(EL4ML_GRAPHML, l, out, NULL);
    el4ml_landscape_close(l);
    remove_folder(folder);
    unlink(out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {icosahedron_as_pathsample_has_it, orders_of_point_groups,
                                  thermodynamics_are_kept, what_cannot_be_written};
    return RUN_SUITE("formats, export", tests);
}
