/* Figures beside the disconnectivity graph's scales: categories of minima, curves, degrees, profiles of
 * paths. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "el4ml/study.h"
#include "markup_help.h"
#include "report/svg.h"
#include "thermo_help.h"

static void well_formed(const char *svg)
{
    const char *wrong = help_malformed(svg);
    ck_assert_msg(!wrong, "not well-formed here: %.80s", wrong);
}

/* `count` minima around the lowest one, all joined to it at about the same height. */
static landscape star(size_t count)
{
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, count);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, count);
    for (size_t i = 0; i < count; i++) {
        nodes[i] = (el4ml_node){
            .id = (int64_t)i + 1, .energy = i ? 1 + 1e-3 * (double)(i % 7) : 0, .log_product = 1};
        if (i)
            edges[i - 1] =
                (el4ml_edge){.id = (int64_t)i, .energy = 2 + 1e-4 * (double)(i % 5), .a = 0, .b = i};
    }
    landscape made = landscape_of(nodes, count, edges, count - 1, 6);
    el4ml_release(nodes);
    el4ml_release(edges);
    return made;
}

/* Lines of many minima that meet at one level never rise above it. */
START_TEST(a_star_stays_within_the_picture)
{
    const size_t counts[] = {3, 50, 400};
    for (int k = 0; k < 3; k++) {
        landscape l = star(counts[k]);
        char *svg;
        ck_assert_int_eq(el4ml_disconnectivity_svg(l.network, l.tree, NULL, &svg, NULL), EL4ML_OK);
        well_formed(svg);
        size_t drawn = 0;
        for (const char *at = strstr(svg, "class=\"minimum\""); at;
             at = strstr(at + 1, "class=\"minimum\"")) {
            double x[4], y[4];
            const size_t points = help_path(help_element(svg, at), x, y, 4);
            for (size_t p = 0; p + 1 < points; p++)
                ck_assert(y[p] >= 0 && y[p] <= y[p + 1] + 0.02 && x[p] >= 0 && x[p] <= 640);
            drawn++;
        }
        ck_assert_uint_eq(drawn, counts[k]);
        el4ml_text_free(svg);
        landscape_free(&l);
    }
}
END_TEST

static const char *stroke_of(const char *svg, int64_t id, char out[8])
{
    char key[64];
    snprintf(key, sizeof key, "data-id=\"%" PRId64 "\" stroke=\"", id);
    const char *at = strstr(svg, key);
    out[0] = '\0';
    if (at) snprintf(out, 8, "%.7s", at + strlen(key));
    return out;
}

/* Two pairs of minima that join below the top: each pair is a category, and so is its superbasin; the
 * superbasin of both is none. */
START_TEST(categories_colour_minima_and_their_superbasins)
{
    const el4ml_node nodes[5] = {{.id = 1, .energy = 0},
                                 {.id = 2, .energy = 0.1},
                                 {.id = 3, .energy = 0.2},
                                 {.id = 4, .energy = 0.3},
                                 {.id = 5, .energy = 0.4}};
    const el4ml_edge edges[4] = {{.id = 1, .energy = 1, .a = 0, .b = 1},
                                 {.id = 2, .energy = 1.1, .a = 2, .b = 3},
                                 {.id = 3, .energy = 3, .a = 1, .b = 2},
                                 {.id = 4, .energy = 4, .a = 0, .b = 4}};
    landscape l = landscape_of(nodes, 5, edges, 4, 6);
    const double value[5] = {0, 0, 1, 1, NAN};
    const char *const names[2] = {"low & flat", "high"};
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.colour_value = value;
    o.colour_label = "sort";
    o.categories = names;
    o.category_count = 2;
    char *svg, colour[8];
    ck_assert_int_eq(el4ml_disconnectivity_svg(l.network, l.tree, &o, &svg, NULL), EL4ML_OK);
    well_formed(svg);
    for (int64_t id = 1; id <= 5; id++)
        ck_assert_str_eq(stroke_of(svg, id, colour), id == 5 ? "" : el4ml_palette_class(id > 2));
    for (size_t k = 0; k < 2; k++) { /* two minima and two dots each, their superbasin, the key */
        char key[32];
        snprintf(key, sizeof key, "stroke=\"%s\"", el4ml_palette_class(k));
        ck_assert_uint_eq(help_count(svg, key), 4);
    }
    ck_assert_ptr_nonnull(strstr(svg, ">low &amp; flat<"));
    ck_assert_ptr_nonnull(strstr(svg, "; sort low &amp; flat</title>"));
    el4ml_text_free(svg);
    landscape_free(&l);
}
END_TEST

/* Of more than six categories those with the most minima have colours of their own, the others share one. */
START_TEST(many_categories_share_a_colour)
{
    enum { MINIMA = 60, CATEGORIES = 10 };
    landscape l = star(MINIMA);
    double value[MINIMA];
    size_t size[CATEGORIES] = {0};
    char text[CATEGORIES][16];
    const char *names[CATEGORIES];
    for (size_t i = 0; i < MINIMA; i++) {
        value[i] = (double)((i * i) % 37 % CATEGORIES);
        size[(size_t)value[i]]++;
    }
    for (size_t k = 0; k < CATEGORIES; k++) {
        snprintf(text[k], sizeof text[k], "group %zu", k);
        names[k] = text[k];
    }
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.colour_value = value;
    o.categories = names;
    o.category_count = CATEGORIES;
    o.colour_label = "group";
    char *svg, colour[8];
    ck_assert_int_eq(el4ml_disconnectivity_svg(l.network, l.tree, &o, &svg, NULL), EL4ML_OK);
    well_formed(svg);
    ck_assert_ptr_nonnull(strstr(svg, ">others<"));
    size_t smallest_shown = MINIMA, largest_other = 0;
    for (size_t i = 0; i < MINIMA; i++) {
        const size_t category = (size_t)value[i];
        const bool other = strcmp(stroke_of(svg, (int64_t)i + 1, colour), el4ml_palette_class(6)) == 0;
        if (other && size[category] > largest_other) largest_other = size[category];
        if (!other && size[category] < smallest_shown) smallest_shown = size[category];
    }
    ck_assert_uint_ge(smallest_shown, largest_other);
    ck_assert_uint_gt(largest_other, 0);
    el4ml_text_free(svg);
    landscape_free(&l);
}
END_TEST

/* A chain of minima; the profile has all of them and the curve passes through each. */
START_TEST(a_profile_passes_through_its_points)
{
    const el4ml_node nodes[3] = {
        {.id = 11, .energy = -1}, {.id = 12, .energy = 0.5}, {.id = 13, .energy = -2}};
    const el4ml_edge edges[2] = {{.id = 21, .energy = 1, .a = 0, .b = 1},
                                 {.id = 22, .energy = 3, .a = 1, .b = 2}};
    landscape l = landscape_of(nodes, 3, edges, 2, 6);
    const size_t minima[3] = {0, 1, 2}, states[2] = {0, 1};
    const el4ml_profile whole = {3, minima, states}, single = {1, minima, states}, none = {0, minima, states};
    char *svg;
    ck_assert_int_eq(el4ml_profile_svg(l.network, &whole, NULL, &svg, NULL), EL4ML_OK);
    well_formed(svg);
    const char *const ids[] = {">11<", ">12<", ">13<", ">21<", ">22<"};
    for (size_t k = 0; k < 5; k++)
        ck_assert_uint_eq(help_count(svg, ids[k]), 1);
    double x[64], y[64];
    const size_t points = help_path(strstr(svg, "<path"), x, y, 64);
    ck_assert_uint_eq(points, 49);
    for (size_t k = 0; k < 5; k++) {
        char circle[64], cx[24], cy[24];
        el4ml_markup m = {0};
        el4ml_markup_coordinate(&m, x[12 * k]);
        snprintf(cx, sizeof cx, "%s", m.text);
        el4ml_release(m.text);
        m = (el4ml_markup){0};
        el4ml_markup_coordinate(&m, y[12 * k]);
        snprintf(cy, sizeof cy, "%s", m.text);
        el4ml_release(m.text);
        snprintf(circle, sizeof circle, "cx=\"%s\" cy=\"%s\"", cx, cy);
        ck_assert_msg(strstr(svg, circle) != NULL, "%s", circle);
    }
    el4ml_text_free(svg);
    ck_assert_int_eq(el4ml_profile_svg(l.network, &single, NULL, &svg, NULL), EL4ML_OK);
    well_formed(svg);
    el4ml_text_free(svg);
    ck_assert_int_eq(el4ml_profile_svg(l.network, &none, NULL, &svg, NULL), EL4ML_INVALID_ARGUMENT);
    landscape_free(&l);
}
END_TEST

typedef struct curves {
    el4ml_thermo *thermo;
    el4ml_microcanonical *microcanonical;
    el4ml_graph *graph;
    el4ml_degrees *degrees;
} curves;

static curves curves_of(const landscape *l)
{
    enum { POINTS = 30 };
    double temperatures[POINTS], energies[POINTS];
    curves c = {0};
    el4ml_log_temperatures(1e-3, 10, POINTS, temperatures);
    c.thermo = thermo_of(l, temperatures, POINTS);
    for (size_t k = 0; k < POINTS; k++)
        energies[k] = 0.1 * (double)(k + 1);
    ck_assert_int_eq(
        el4ml_microcanonical_new(l->network, EL4ML_DENSITY_TOTAL, energies, POINTS, &c.microcanonical, NULL),
        EL4ML_OK);
    ck_assert_int_eq(el4ml_graph_new(l->network, &c.graph, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_degrees_new(c.graph, &c.degrees, NULL), EL4ML_OK);
    return c;
}

static void curves_free(curves *c)
{
    el4ml_thermo_free(c->thermo);
    el4ml_microcanonical_free(c->microcanonical);
    el4ml_graph_free(c->graph);
    el4ml_degrees_free(c->degrees);
}

static el4ml_status draw(const curves *c, int which, const el4ml_curve_options *o, char **svg)
{
    if (which == 0) return el4ml_entropy_svg(c->thermo, o, svg, NULL);
    if (which == 1) return el4ml_frustration_svg(c->thermo, o, svg, NULL);
    if (which == 2) return el4ml_caloric_svg(c->microcanonical, 0, o, svg, NULL);
    return el4ml_degrees_svg(c->degrees, o, svg, NULL);
}

START_TEST(curves_are_drawn_with_the_users_words)
{
    landscape l = star(20);
    curves c = curves_of(&l);
    el4ml_curve_options o = el4ml_curve_options_default();
    o.title = "a < b";
    o.temperature = "T in *K*_{x}";
    for (int k = 0; k < 4; k++) {
        char *svg = NULL;
        ck_assert_int_eq(draw(&c, k, &o, &svg), EL4ML_OK);
        well_formed(svg);
        ck_assert_ptr_nonnull(strstr(svg, "a &lt; b"));
        if (k < 2) ck_assert_ptr_nonnull(strstr(svg, "T in \u2217K\u2217_\u200b{x}"));
        ck_assert_ptr_nonnull(strstr(svg, k == 3 ? "<circle" : "<path"));
        el4ml_text_free(svg);
        for (size_t after = 0;; after++) {
            el4ml_fail_allocation_after(after);
            const el4ml_status status = draw(&c, k, &o, &svg);
            el4ml_fail_allocation_after(SIZE_MAX);
            if (status == EL4ML_OK) break;
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        }
        el4ml_text_free(svg);
    }
    /* a star of 20: one minimum of degree 19, nineteen of degree 1 */
    char *svg = NULL;
    ck_assert_int_eq(el4ml_degrees_svg(c.degrees, NULL, &svg, NULL), EL4ML_OK);
    ck_assert_uint_eq(help_count(svg, "<circle"), 2);
    el4ml_text_free(svg);
    curves_free(&c);
    landscape_free(&l);
}
END_TEST

START_TEST(nothing_to_draw_is_said)
{
    const el4ml_node node = {.id = 1, .energy = 1};
    landscape l = landscape_of(&node, 1, NULL, 0, 6);
    curves c = curves_of(&l);
    for (int k = 0; k < 4; k++) {
        char *svg = NULL;
        ck_assert_int_eq(draw(&c, k, NULL, &svg), EL4ML_OK);
        well_formed(svg);
        if (k == 1) ck_assert_ptr_nonnull(strstr(svg, "Frustration takes a second minimum"));
        if (k == 3) ck_assert_ptr_nonnull(strstr(svg, "No transition state joins two minima."));
        el4ml_text_free(svg);
    }
    curves_free(&c);
    landscape_free(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("figures");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_star_stays_within_the_picture);
    tcase_add_test(tests, categories_colour_minima_and_their_superbasins);
    tcase_add_test(tests, many_categories_share_a_colour);
    tcase_add_test(tests, a_profile_passes_through_its_points);
    tcase_add_test(tests, curves_are_drawn_with_the_users_words);
    tcase_add_test(tests, nothing_to_draw_is_said);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
