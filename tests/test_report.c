#include <check.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>

#include "base/memory.h"
#include "markup_help.h"
#include "network_help.h"
#include "el4ml/report.h"
#include "report/axis.h"
#include "report/chart.h"
#include "report/disconnectivity_layout.h"

static void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static void well_formed(const char *text)
{
    const char *wrong = help_malformed(text);
    ck_assert_msg(!wrong, "not well-formed here: %.80s", wrong);
}

typedef struct landscape {
    el4ml_network *network;
    el4ml_merge_tree *tree;
} landscape;

static landscape landscape_of(const el4ml_node *nodes, size_t count, const el4ml_edge *edges,
                              size_t edge_count)
{
    landscape made;
    ck_assert_int_eq(el4ml_network_new(nodes, count, edges, edge_count, 4, &made.network, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_merge_tree_new(made.network, &made.tree, NULL), EL4ML_OK);
    return made;
}

static void landscape_free(landscape *l)
{
    el4ml_merge_tree_free(l->tree);
    el4ml_network_free(l->network);
}

static char *graph_of(const landscape *l, const el4ml_disconnectivity_options *options)
{
    char *svg = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_disconnectivity_svg(l->network, l->tree, options, &svg, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    well_formed(svg);
    return svg;
}

/* ---- The disconnectivity graph ---- */

/* A larger random landscape than network_help's: a rough funnel. `range`: decades of V - V_g. */
static landscape funnel(uint64_t seed, size_t count, double bottom, double range)
{
    el4ml_random random = el4ml_random_new(seed, 2, 3);
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, count);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, 2 * count);
    size_t edge_count = 0;
    for (size_t i = 0; i < count; i++) {
        const double part = (double)i / (double)count;
        const double rise = range > 0 ? pow(10, range * (part - 1)) : part;
        nodes[i] = (el4ml_node){.id = (int64_t)(1000 + i), .energy = bottom + (i ? rise : 0)};
        for (int k = 0; i > 0 && k < 2; k++) {
            const size_t to = (size_t)el4ml_random_below(&random, i);
            const double up = rise * (0.1 + 0.5 * el4ml_random_uniform(&random));
            edges[edge_count] =
                (el4ml_edge){.id = (int64_t)edge_count, .energy = nodes[i].energy + up, .a = i, .b = to};
            edge_count++;
        }
    }
    landscape made = landscape_of(nodes, count, edges, edge_count);
    el4ml_release(nodes);
    el4ml_release(edges);
    return made;
}

/* The map from pixels to what the axis labels say, from its first and last label. */
typedef struct ruler {
    double y[2], value[2];
    bool log;
    size_t labels;
} ruler;

static ruler read_ruler(const char *svg, bool log)
{
    ruler r = {.log = log};
    for (const char *at = strstr(svg, "class=\"tick\""); at; at = strstr(at + 1, "class=\"tick\"")) {
        const size_t k = r.labels++ ? 1 : 0;
        r.y[k] =
            help_attribute(help_element(svg, at), "y") - 0.35 * 11; /* the baseline hangs below the tick */
        r.value[k] = help_label(strchr(at, '>') + 1);
    }
    const char *unit = strstr(svg, ">\u00d7 10<tspan"); /* of all labels */
    for (int k = 0; unit && k < 2; k++)
        r.value[k] *= help_label(unit + 4);
    return r;
}

static double ruler_value(const ruler *r, double y)
{
    const double t = (y - r->y[0]) / (r->y[1] - r->y[0]);
    if (r->log) return r->value[0] * pow(r->value[1] / r->value[0], t);
    return r->value[0] + t * (r->value[1] - r->value[0]);
}

static double pixel_size(const ruler *r)
{
    return fabs((r->value[1] - r->value[0]) / (r->y[1] - r->y[0]));
}

static int64_t path_id(const char *path)
{
    return (int64_t)strtoll(strstr(path, "data-id=\"") + 9, NULL, 10);
}

/* Every minimum drawn once, its line ending at its energy by the axis's own labels. `offset` is what the
 * axis's label takes off. */
static void lines_end_at_energies(const char *svg, const el4ml_network *network, bool log, double offset)
{
    const ruler r = read_ruler(svg, log);
    size_t drawn = 0;
    ck_assert_uint_ge(r.labels, 2);
    for (const char *at = strstr(svg, "class=\"minimum\""); at; at = strstr(at + 1, "class=\"minimum\"")) {
        const char *path = help_element(svg, at);
        double x[4], y[4];
        const size_t count = help_path(path, x, y, 4);
        const el4ml_node *node = NULL;
        for (size_t i = 0; i < network->node_count; i++)
            if (network->nodes[i].id == path_id(path)) node = &network->nodes[i];
        ck_assert_ptr_nonnull(node);
        const double rise = node->energy - offset;
        if (!log)
            near(ruler_value(&r, y[count - 1]), rise, 0.03 * pixel_size(&r));
        else if (rise > 0)
            near(log10(ruler_value(&r, y[count - 1])), log10(rise), 1e-3);
        else
            ck_assert(y[count - 1] > r.y[0]); /* below the lowest label */
        drawn++;
        char key[64];
        snprintf(key, sizeof key, "data-id=\"%" PRId64 "\"", node->id);
        ck_assert_uint_eq(help_count(svg, key), 1);
    }
    ck_assert_uint_eq(drawn, network->node_count);
}

START_TEST(graph_of_300_minima)
{
    landscape l = funnel((uint64_t)_i, 300, _i == 0 ? -173.9 : 0.07, 0);
    char *svg = graph_of(&l, NULL);
    lines_end_at_energies(svg, l.network, false, 0);
    ck_assert_ptr_null(strstr(svg, "components"));
    ck_assert_ptr_null(strstr(svg, "nan"));
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(a_wide_range_is_drawn_logarithmically)
{
    landscape l = funnel(5, 60, -3.25, 6);
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    char *svg = graph_of(&l, &o);
    ck_assert_ptr_nonnull(strstr(svg, "energy + 3.25 (log scale)"));
    lines_end_at_energies(svg, l.network, true, -3.25);
    el4ml_release(svg);
    o.scale = EL4ML_SCALE_LINEAR;
    svg = graph_of(&l, &o);
    ck_assert_ptr_null(strstr(svg, "log scale"));
    lines_end_at_energies(svg, l.network, false, 0);
    el4ml_release(svg);
    landscape_free(&l);
    l = funnel(6, 60, 2, 0);
    o.scale = EL4ML_SCALE_LOGARITHMIC;
    svg = graph_of(&l, &o);
    lines_end_at_energies(svg, l.network, true, 2);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(a_small_range_on_a_large_offset)
{
    const el4ml_node nodes[3] = {
        {.id = 1, .energy = 2500}, {.id = 2, .energy = 2500.02}, {.id = 3, .energy = 2500.03}};
    const el4ml_edge edges[2] = {{.id = 1, .energy = 2500.06, .a = 0, .b = 1},
                                 {.id = 2, .energy = 2500.05, .a = 1, .b = 2}};
    landscape l = landscape_of(nodes, 3, edges, 2);
    char *svg = graph_of(&l, NULL);
    ck_assert_ptr_nonnull(strstr(svg, "energy \u2212 2500"));
    lines_end_at_energies(svg, l.network, false, 2500);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(no_minimum_and_one)
{
    landscape l = landscape_of(NULL, 0, NULL, 0);
    char *svg = graph_of(&l, NULL);
    ck_assert_ptr_nonnull(strstr(svg, "No minima."));
    el4ml_release(svg);
    landscape_free(&l);
    const double energies[4] = {0, -12.5, 0.3, 1e-7};
    for (size_t k = 0; k < 4; k++) {
        const el4ml_node node = {.id = 7, .energy = energies[k]};
        l = landscape_of(&node, 1, NULL, 0);
        svg = graph_of(&l, NULL);
        lines_end_at_energies(svg, l.network, false, 0);
        el4ml_release(svg);
        landscape_free(&l);
    }
}
END_TEST

START_TEST(components_stand_apart)
{
    const el4ml_node nodes[2] = {{.id = 1, .energy = 0.5}, {.id = 2, .energy = 0.8}};
    landscape l = landscape_of(nodes, 2, NULL, 0);
    char *svg = graph_of(&l, NULL);
    ck_assert_ptr_nonnull(strstr(svg, "2 components"));
    lines_end_at_energies(svg, l.network, false, 0);
    double x[2][4], y[2][4];
    const char *at = svg;
    for (int k = 0; k < 2; k++) {
        at = strstr(at + 1, "class=\"minimum\"");
        ck_assert_uint_eq(help_path(help_element(svg, at), x[k], y[k], 4), 2);
        ck_assert(x[k][0] == x[k][1]); /* straight up to the top */
    }
    ck_assert(x[0][0] != x[1][0] && y[0][0] == y[1][0]);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(equal_energies)
{
    el4ml_node nodes[6];
    el4ml_edge edges[6];
    for (size_t i = 0; i < 6; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = 1};
    for (size_t i = 0; i < 6; i++)
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 2, .a = i, .b = (i + 1) % 6};
    landscape l = landscape_of(nodes, 6, edges, 6);
    char *svg = graph_of(&l, NULL);
    lines_end_at_energies(svg, l.network, false, 0);
    el4ml_release(svg);
    landscape_free(&l);
    l = landscape_of(nodes, 6, NULL, 0); /* no height at all */
    svg = graph_of(&l, NULL);
    lines_end_at_energies(svg, l.network, false, 0);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(only_the_lowest_minima_of_many)
{
    landscape l = funnel(8, 1000, 0, 0);
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    char *svg = graph_of(&l, &o);
    ck_assert_uint_eq(help_count(svg, "class=\"minimum\""), 400);
    ck_assert_ptr_nonnull(strstr(svg, "The lowest 400 of 1,000 minima."));
    for (int id = 1000; id < 2000; id++) { /* funnel's energies ascend with the id */
        char key[64];
        snprintf(key, sizeof key, "data-id=\"%d\"", id);
        ck_assert_uint_eq(help_count(svg, key), id < 1400 ? 1 : 0);
    }
    el4ml_release(svg);
    o.max_minima = 1;
    svg = graph_of(&l, &o);
    ck_assert_uint_eq(help_count(svg, "class=\"minimum\""), 1);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(user_text_is_escaped)
{
    const el4ml_node node = {.id = 1, .energy = 1};
    landscape l = landscape_of(&node, 1, NULL, 0);
    const double value = 0.5;
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.title = "a < b & \"c\" 'd' > e\x01\xff\xc3\x28";
    o.energy_label = "<energy> & *more* _{x}";
    o.colour_label = "<&\"'>";
    o.colour_value = &value;
    char *svg = graph_of(&l, &o); /* checks that it is well-formed */
    ck_assert_ptr_nonnull(strstr(svg, "a &lt; b &amp; &quot;c&quot; &#39;d&#39; &gt; e\ufffd\ufffd\ufffd("));
    ck_assert_ptr_nonnull(strstr(svg, "&lt;energy&gt; &amp; *more* _{x}"));
    ck_assert_ptr_nonnull(strstr(svg, "&lt;&amp;&quot;&#39;&gt;"));
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(colours_follow_values)
{
    landscape l = funnel(9, 5, 0, 0);
    const double value[5] = {0.5, 0.9, NAN, 0.7, 0.1};
    char low[8], high[8];
    el4ml_palette_sequential(0, low);
    el4ml_palette_sequential(1, high);
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.colour_value = value;
    o.colour_label = "accuracy";
    char *svg = graph_of(&l, &o), key[64];
    snprintf(key, sizeof key, "data-id=\"1004\" stroke=\"%s\"", low);
    ck_assert_ptr_nonnull(strstr(svg, key));
    snprintf(key, sizeof key, "data-id=\"1001\" stroke=\"%s\"", high);
    ck_assert_ptr_nonnull(strstr(svg, key));
    ck_assert_ptr_nonnull(strstr(svg, "data-id=\"1002\" stroke-opacity"));
    el4ml_release(svg);
    const double none[5] = {NAN, NAN, NAN, NAN, NAN};
    o.colour_value = none;
    svg = graph_of(&l, &o);
    ck_assert_ptr_null(strstr(svg, "accuracy"));
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

/* ---- Its layout ---- */

static el4ml_layout *layout_of(const landscape *l, size_t levels)
{
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    el4ml_layout *layout = NULL;
    o.levels = levels;
    o.scale = EL4ML_SCALE_LINEAR;
    ck_assert_int_eq(el4ml_layout_new(l->network, l->tree, &o, &layout, NULL), EL4ML_OK);
    return layout;
}

static landscape random_landscape(int k)
{
    help_graph graph;
    const size_t nodes = (size_t)(2 + (k * 11) % 50);
    help_random_graph((uint64_t)k + 77, nodes, (size_t)(k % 4) * nodes, k % 2 == 1, &graph);
    return landscape_of(graph.node, graph.nodes, graph.edge, graph.edges);
}

/* The lowest superbasin drawn that holds both; EL4ML_NONE when none does. */
static size_t joint(const el4ml_layout *layout, size_t a, size_t b)
{
    while (a != b && (a != EL4ML_NONE || b != EL4ML_NONE)) {
        if (a < b)
            a = layout->branches[a].parent;
        else
            b = layout->branches[b].parent;
    }
    return a;
}

/* Two lines meet at the first level at or above the minimax energy, and only when connected. */
START_TEST(lines_meet_at_the_minimax_level)
{
    landscape l = random_landscape(_i);
    const size_t levels[3] = {0, 7, 500};
    for (size_t k = 0; k < 3; k++) {
        el4ml_layout *layout = layout_of(&l, levels[k]);
        const el4ml_branch *b = layout->branches;
        const double step = (layout->top - layout->bottom) / (double)layout->levels;
        for (size_t i = 0; i < layout->leaf_count; i++)
            for (size_t j = 0; j < i; j++) {
                const double barrier = el4ml_minimax(l.tree, b[i].minimum, b[j].minimum);
                const size_t at = joint(layout, i, j);
                const double above = at == EL4ML_NONE ? INFINITY : b[at].height;
                if (isinf(barrier) || isinf(above)) {
                    ck_assert(isinf(barrier) && isinf(above));
                    continue;
                }
                const double base = layout->kind == EL4ML_HEIGHT_ENERGY ? 0 : layout->lowest;
                ck_assert(above >= barrier - base - 1e-9 && above < barrier - base + step + 1e-9);
            }
        el4ml_layout_free(layout);
    }
    landscape_free(&l);
}
END_TEST

/* Minima have a slot each, superbasins cover neighbouring slots, and a superbasin's line stands over its
 * lowest minimum: with the spread of the lines limited as it is, nothing crosses. */
START_TEST(places_do_not_collide)
{
    landscape l = random_landscape(_i);
    el4ml_layout *layout = layout_of(&l, 0);
    const el4ml_branch *b = layout->branches;
    for (size_t i = 0; i < layout->leaf_count; i++) {
        ck_assert(b[i].x > 0 && b[i].x < layout->width);
        for (size_t j = 0; j < i; j++)
            ck_assert(fabs(b[i].x - b[j].x) > 0.999);
    }
    for (size_t s = layout->leaf_count; s < layout->count; s++) {
        if (!b[s].drawn) continue;
        double low = INFINITY, high = -INFINITY;
        size_t leaves = 0, lowest = EL4ML_NONE;
        for (size_t i = layout->leaf_count; i-- > 0;) {
            if (joint(layout, i, s) != s) continue;
            low = fmin(low, b[i].x);
            high = fmax(high, b[i].x);
            leaves++;
            lowest = i;
        }
        ck_assert_uint_eq(leaves, b[s].leaves);
        near(high - low, (double)leaves - 1, 1e-9);
        near(b[s].x, b[lowest].x, 1e-9);
    }
    el4ml_layout_free(layout);
    landscape_free(&l);
}
END_TEST

typedef struct segment {
    double x[2], y[2];
} segment;

/* Twice the distance of (x, y) from the line through s, to one side. */
static double side(const segment *s, double x, double y)
{
    const double dx = s->x[1] - s->x[0], dy = s->y[1] - s->y[0];
    return (dx * (y - s->y[0]) - dy * (x - s->x[0])) / fmax(hypot(dx, dy), 1e-9);
}

/* Do two lines cross, beyond the rounding of coordinates to 0.01? Touching is no crossing. */
static bool cross(const segment *a, const segment *b)
{
    const double slack = 0.03;
    const double p = side(a, b->x[0], b->y[0]), q = side(a, b->x[1], b->y[1]);
    const double u = side(b, a->x[0], a->y[0]), v = side(b, a->x[1], a->y[1]);
    return fmin(p, q) < -slack && fmax(p, q) > slack && fmin(u, v) < -slack && fmax(u, v) > slack;
}

START_TEST(no_lines_cross)
{
    static segment segments[4000];
    landscape l = _i % 3 == 0   ? random_landscape(_i)
                  : _i % 3 == 1 ? funnel((uint64_t)_i, 20 + (size_t)_i * 8, 0, 0)
                                : funnel((uint64_t)_i, 20 + (size_t)_i * 8, 0, _i);
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.levels = _i % 2 ? 0 : 90;
    char *svg = graph_of(&l, &o);
    size_t count = 0, crossings = 0;
    for (const char *at = strstr(svg, "<path"); at; at = strstr(at + 1, "<path")) {
        double x[4], y[4];
        const size_t points = help_path(at, x, y, 4);
        for (size_t k = 0; k + 1 < points; k++)
            segments[count++] = (segment){{x[k], x[k + 1]}, {y[k], y[k + 1]}};
        ck_assert_uint_lt(count, 3990);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            crossings += cross(&segments[i], &segments[j]);
    ck_assert_uint_eq(crossings, 0);
    el4ml_release(svg);
    landscape_free(&l);
}
END_TEST

START_TEST(the_global_minimum_is_in_the_middle)
{
    el4ml_node nodes[21];
    el4ml_edge edges[20];
    for (size_t i = 0; i < 21; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = i == 13 ? 0 : 1 + 0.01 * (double)i};
    for (size_t i = 0; i < 20; i++)
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 2, .a = i, .b = i + 1};
    landscape l = landscape_of(nodes, 21, edges, 20);
    el4ml_layout *layout = layout_of(&l, 0);
    ck_assert_uint_eq(layout->branches[0].minimum, 13);
    near(layout->branches[0].x, layout->width / 2, 1e-9);
    el4ml_layout_free(layout);
    landscape_free(&l);
}
END_TEST

/* ---- Numbers and axes ---- */

START_TEST(numbers)
{
    const struct {
        double value;
        int digits;
        const char *plain, *rich;
    } cases[] = {{0, 3, "0", "0"},
                 {-0.0, 3, "0", "0"},
                 {1, 3, "1", "1"},
                 {-2.5, 3, "-2.5", "\u22122.5"},
                 {0.08985663222778674, 7, "0.08985663", "0.08985663"},
                 {0.00125, 3, "0.00125", "0.00125"},
                 {1.2349e-7, 3, "1.23e-7", "1.23 \u00d7 10^{\u22127}"},
                 {-6.02e23, 3, "-6.02e23", "\u22126.02 \u00d7 10^{23}"},
                 {9.9999, 3, "10", "10"},
                 {1234567, 3, "1234567", "1234567"},
                 {5e-324, 3, "4.94e-324", "4.94 \u00d7 10^{\u2212324}"},
                 {INFINITY, 3, "inf", "inf"},
                 {NAN, 3, "nan", "nan"}};
    char out[EL4ML_NUMBER_SIZE];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        el4ml_number_general(cases[k].value, cases[k].digits, out);
        ck_assert_str_eq(out, cases[k].plain);
        el4ml_number_rich(cases[k].value, cases[k].digits, out);
        ck_assert_str_eq(out, cases[k].rich);
    }
    el4ml_number_fixed(-0.0001, 2, out);
    ck_assert_str_eq(out, "0.00");
    el4ml_number_fixed(1e300, 2, out);
    ck_assert_str_eq(out, "1e300");
    el4ml_number_grouped(1234567, out);
    ck_assert_str_eq(out, "1,234,567");
    el4ml_number_grouped(999, out);
    ck_assert_str_eq(out, "999");
}
END_TEST

/* Read back with strtod, a number of 17 digits is the number. */
START_TEST(numbers_survive)
{
    el4ml_random random = el4ml_random_new(4, 4, 4);
    char out[EL4ML_NUMBER_SIZE];
    for (int k = 0; k < 20000; k++) {
        const double value = el4ml_random_normal(&random) * pow(10, 60 * el4ml_random_uniform(&random) - 30);
        el4ml_number_general(value, 17, out);
        if (strtod(out, NULL) != value) ck_abort_msg("%.17g became %s", value, out);
    }
}
END_TEST

/* Where such a locale is installed, its comma stays out. */
START_TEST(numbers_have_a_point_in_any_locale)
{
    const char *const names[3] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    for (size_t k = 0; k < 3; k++) {
        if (!setlocale(LC_NUMERIC, names[k])) continue;
        char out[EL4ML_NUMBER_SIZE];
        el4ml_number_general(1.5e-9, 3, out);
        ck_assert_str_eq(out, "1.5e-9");
        el4ml_number_fixed(-3.25, 2, out);
        ck_assert_str_eq(out, "-3.25");
    }
    setlocale(LC_NUMERIC, "C");
}
END_TEST

static double tick_label_value(const char *text)
{
    char plain[EL4ML_NUMBER_SIZE + 64];
    const char *power = strstr(text, "^{");
    if (!power) return help_label(strcat(strcpy(plain, text), "</text>"));
    snprintf(plain, sizeof plain, "%.*s<tspan>%s</tspan></text>", (int)(power - text), text, power + 2);
    return help_label(plain);
}

START_TEST(ticks_say_where_they_are)
{
    el4ml_random random = el4ml_random_new((uint64_t)_i, 5, 5);
    el4ml_ticks *ticks = EL4ML_NEW(el4ml_ticks, 1);
    for (int k = 0; k < 300; k++) {
        const bool log = k % 2;
        const double size = pow(10, 12 * el4ml_random_uniform(&random) - 6);
        const double low = log ? size : size * el4ml_random_normal(&random);
        const double span = size * (0.01 + 3 * el4ml_random_uniform(&random));
        const double high = log ? low * pow(10, 0.3 + 14 * el4ml_random_uniform(&random)) : low + span;
        const el4ml_axis axis = el4ml_axis_new(log, low, high, 300, 20);
        el4ml_axis_ticks(&axis, 8, ticks);
        size_t labelled = 0;
        for (size_t t = 0; t < ticks->count; t++) {
            const el4ml_tick *tick = &ticks->tick[t];
            const double y = el4ml_axis_place(&axis, tick->value);
            ck_assert(y <= 300.01 && y >= 19.99);
            if (!tick->text[0]) continue;
            labelled++;
            const double said = tick_label_value(tick->text) * pow(10, ticks->exponent);
            near(el4ml_axis_place(&axis, said), y, 0.3);
        }
        ck_assert_msg(labelled >= 2 && labelled <= 15, "%zu labels from %g to %g", labelled, low, high);
    }
    el4ml_release(ticks);
}
END_TEST

/* ---- The heat capacity ---- */

static el4ml_thermo *thermo_of(const landscape *l, double from, double to, el4ml_peaks **peaks)
{
    double temperatures[150];
    el4ml_thermo *thermo = NULL;
    el4ml_log_temperatures(from, to, 150, temperatures);
    ck_assert_int_eq(el4ml_thermo_new(l->network, l->tree, temperatures, 150, &thermo, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_peaks_new(l->network, thermo, NULL, peaks, NULL), EL4ML_OK);
    return thermo;
}

/* Labels of the axis whose ticks have this anchor: x for "middle", y for "end". */
static ruler read_chart_ruler(const char *svg, const char *anchor, bool log)
{
    ruler r = {.log = log};
    char key[64];
    snprintf(key, sizeof key, "font-size=\"11\" fill=\"currentColor\" text-anchor=\"%s\">", anchor);
    for (const char *at = strstr(svg, key); at; at = strstr(at + 1, key)) {
        const char *label = strchr(at, '>') + 1;
        if (*label == '<' || *label == '\xc3') continue; /* the label of a peak, or the axis's power of ten */
        const size_t k = r.labels++ ? 1 : 0;
        const char *element = help_element(svg, at);
        r.y[k] = *anchor == 'm' ? help_attribute(element, "x") : help_attribute(element, "y") - 0.35 * 11;
        r.value[k] = help_label(label);
    }
    return r;
}

START_TEST(heat_capacity_curve_is_where_the_axes_say)
{
    const double total = _i, kappa = 4;
    landscape l = funnel(3, 40, 0.2, 0);
    el4ml_peaks *peaks;
    el4ml_thermo *thermo = thermo_of(&l, 1e-4, 10, &peaks);
    ck_assert_uint_ge(peaks->count, 1);
    el4ml_heat_capacity_options o = el4ml_heat_capacity_options_default();
    o.total = _i == 1;
    char *svg = NULL;
    ck_assert_int_eq(el4ml_heat_capacity_svg(thermo, peaks->peaks, peaks->count, kappa, &o, &svg, NULL),
                     EL4ML_OK);
    well_formed(svg);
    const ruler x_ruler = read_chart_ruler(svg, "middle", true),
                y_ruler = read_chart_ruler(svg, "end", false);
    ck_assert(x_ruler.labels >= 3 && y_ruler.labels >= 3);
    const char *path = NULL; /* the last path lies on top: C_V */
    for (const char *at = strstr(svg, "<path"); at; at = strstr(at + 1, "<path"))
        path = at;
    double x[200], y[200];
    ck_assert_uint_eq(help_path(path, x, y, 200), thermo->count);
    for (size_t k = 0; k < thermo->count; k++) {
        near(log(ruler_value(&x_ruler, x[k])), log(thermo->points[k].temperature), 1e-3);
        near(ruler_value(&y_ruler, y[k]), thermo->points[k].heat_capacity - (total > 0 ? 0 : kappa),
             0.02 * pixel_size(&y_ruler));
    }
    const char *circle = strstr(svg, "<circle"); /* the highest peak comes first */
    near(log(ruler_value(&x_ruler, help_attribute(circle, "cx"))), log(peaks->peaks[0].temperature), 1e-3);
    ck_assert_uint_eq(help_count(svg, "<circle"), peaks->count);
    el4ml_release(svg);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

START_TEST(flat_and_empty_heat_capacity)
{
    el4ml_node node = {.id = 1, .energy = 1};
    for (int k = 0; k < 2; k++) {
        node.flagged = k == 1;
        landscape l = landscape_of(&node, 1, NULL, 0);
        el4ml_peaks *peaks;
        el4ml_thermo *thermo = thermo_of(&l, 1e-3, 1, &peaks);
        char *svg = NULL;
        ck_assert_int_eq(el4ml_heat_capacity_svg(thermo, peaks->peaks, peaks->count, 4, NULL, &svg, NULL),
                         EL4ML_OK);
        well_formed(svg);
        ck_assert((strstr(svg, "No minimum takes part") != NULL) == (k == 1));
        ck_assert_ptr_null(strstr(svg, "nan"));
        el4ml_release(svg);
        el4ml_peaks_free(peaks);
        el4ml_thermo_free(thermo);
        landscape_free(&l);
    }
}
END_TEST

START_TEST(a_gap_interrupts_a_curve)
{
    const double x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {1, 2, NAN, 3, INFINITY, 5};
    const el4ml_series series = {.label = "a*b*", .count = 6, .x = x, .y = y, .width = 1};
    const el4ml_chart chart = {.width = 400,
                               .height = 300,
                               .title = "<t>",
                               .x_label = "x",
                               .y_label = "y_{1}",
                               .series = &series,
                               .series_count = 1};
    char *svg = NULL;
    ck_assert_int_eq(el4ml_chart_svg(&chart, &svg, NULL), EL4ML_OK);
    well_formed(svg);
    const char *path = strstr(svg, "<path d=\"");
    size_t starts = 0;
    for (const char *at = path + 9; *at != '"'; at++)
        starts += *at == 'M';
    ck_assert_uint_eq(starts, 3);
    el4ml_release(svg);
}
END_TEST

/* ---- The page ---- */

static el4ml_report_row row_of(size_t rank)
{
    return (el4ml_report_row){.rank = rank,
                              .id = 40 + (int64_t)rank,
                              .energy = 0.1 * (double)rank,
                              .log_product = -2.5,
                              .log_multiplicity = 3,
                              .smallest_eigenvalue = 1e-7,
                              .barrier = rank == 1 ? NAN : INFINITY,
                              .hits = 5,
                              .train = {0.05, rank == 2 ? NAN : 0.975, NAN, NAN, NAN, NAN, NAN},
                              .validation = el4ml_metrics_none(),
                              .test = el4ml_metrics_none()};
}

static char *page_of(const el4ml_report_input *input)
{
    char *html = NULL;
    ck_assert_int_eq(el4ml_report_html(input, &html, NULL), EL4ML_OK);
    const char *css = strstr(html, "<style>"), *end = strstr(html, "</style>"); /* not markup */
    memset((char *)(uintptr_t)css + 7, ' ', (size_t)(end - css) - 7);
    well_formed(html);
    return html;
}

START_TEST(page_holds_everything)
{
    landscape l = funnel(2, 30, 0.2, 0);
    char *graph = graph_of(&l, NULL), *curve = NULL;
    el4ml_peaks *peaks;
    int64_t ids[30];
    for (size_t i = 0; i < 30; i++)
        ids[i] = l.network->nodes[i].id;
    el4ml_thermo *thermo = thermo_of(&l, 1e-4, 10, &peaks);
    ck_assert_int_eq(el4ml_heat_capacity_svg(thermo, peaks->peaks, peaks->count, 4, NULL, &curve, NULL),
                     EL4ML_OK);
    const el4ml_report_row rows[2] = {row_of(1), row_of(2)};
    const char *const warnings[1] = {"column <a> & \"b\" is constant"};
    const char *const commands[1] = {"el4ml run a&b.toml"};
    const el4ml_report_start start = {.file = "<w>.npz",
                                      .energy = 0.9,
                                      .minimum = 42,
                                      .minimum_energy = 0.2,
                                      .rank = 2,
                                      .minima = 30,
                                      .distance = NAN,
                                      .exits = 1,
                                      .lowest_exit = 0.125,
                                      .barrier_down = 0.25,
                                      .barrier_to_global = INFINITY};
    const el4ml_report_input input = {.name = "</title><script>",
                                      .model = "m<",
                                      .data = "d>",
                                      .data_sha256 = "abc",
                                      .energy_label = "lo&ss",
                                      .kappa = 4,
                                      .minima = 30,
                                      .transition_states = 58,
                                      .degenerate = 1,
                                      .components = 2,
                                      .goal = "connected",
                                      .unseen_minimum = 0.01,
                                      .unseen_transition_state = NAN,
                                      .seconds = 4000,
                                      .disconnectivity_svg = graph,
                                      .heat_capacity_svg = curve,
                                      .peaks = peaks->peaks,
                                      .peak_count = peaks->count,
                                      .node_ids = ids,
                                      .rows = rows,
                                      .row_count = 2,
                                      .start = &start,
                                      .warnings = warnings,
                                      .warning_count = 1,
                                      .commands = commands,
                                      .command_count = 1,
                                      .study = "a < b"};
    char *html = page_of(&input);
    ck_assert_ptr_null(strstr(html, "<script"));
    ck_assert_uint_eq(help_count(html, "http"), help_count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
    ck_assert_ptr_nonnull(strstr(html, graph));
    ck_assert_ptr_nonnull(strstr(html, curve));
    const char *const said[] = {"&lt;/title&gt;&lt;script&gt;",
                                "column &lt;a&gt; &amp; &quot;b&quot; is constant",
                                "a&amp;b.toml",
                                "&lt;w&gt;.npz",
                                "30 minima",
                                "58 transition states",
                                "2 parts",
                                "not reached",
                                "probability of 1 %",
                                "1 h 7 min",
                                "train accuracy",
                                "no path known",
                                "<td>\u2013</td>",
                                "1 \u00d7 10<sup>\u22127</sup>",
                                "rise by 0.25",
                                "number 2 of 30",
                                "2 minima of 30 are listed"};
    for (size_t k = 0; k < sizeof said / sizeof *said; k++)
        ck_assert_msg(strstr(html, said[k]) != NULL, "the page does not say %s", said[k]);
    ck_assert_ptr_null(strstr(html, "R\u00b2")); /* columns without a number are left out */
    ck_assert_ptr_null(strstr(html, "test accuracy"));
    ck_assert_ptr_null(strstr(html, "nan"));
    el4ml_release(html);
    el4ml_release(graph);
    el4ml_release(curve);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

START_TEST(page_of_nothing)
{
    const el4ml_report_input input = {.unseen_minimum = NAN, .unseen_transition_state = NAN, .seconds = NAN};
    char *html = page_of(&input);
    ck_assert_ptr_nonnull(strstr(html, "no minimum"));
    ck_assert_ptr_null(strstr(html, "nan"));
    el4ml_release(html);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    landscape l = funnel(1, 12, 0, 0);
    el4ml_peaks *peaks;
    size_t failures[3] = {0};
    el4ml_thermo *thermo = thermo_of(&l, 1e-3, 1, &peaks);
    const el4ml_report_input input = {.name = "n", .minima = 1};
    for (int what = 0; what < 3; what++) {
        for (size_t after = 0;; after++) {
            char *text = NULL;
            el4ml_fail_allocation_after(after);
            const el4ml_status status =
                what == 0 ? el4ml_disconnectivity_svg(l.network, l.tree, NULL, &text, NULL)
                : what == 1
                    ? el4ml_heat_capacity_svg(thermo, peaks->peaks, peaks->count, 4, NULL, &text, NULL)
                    : el4ml_report_html(&input, &text, NULL);
            el4ml_fail_allocation_after(SIZE_MAX);
            el4ml_release(text);
            if (status == EL4ML_OK) break;
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
            ck_assert_ptr_null(text);
            failures[what]++;
        }
        ck_assert_uint_ge(failures[what], 3);
    }
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_loop_test(tests, graph_of_300_minima, 0, 3);
    tcase_add_test(tests, a_wide_range_is_drawn_logarithmically);
    tcase_add_test(tests, a_small_range_on_a_large_offset);
    tcase_add_test(tests, no_minimum_and_one);
    tcase_add_test(tests, components_stand_apart);
    tcase_add_test(tests, equal_energies);
    tcase_add_test(tests, only_the_lowest_minima_of_many);
    tcase_add_test(tests, user_text_is_escaped);
    tcase_add_test(tests, colours_follow_values);
    tcase_add_loop_test(tests, lines_meet_at_the_minimax_level, 0, 30);
    tcase_add_loop_test(tests, places_do_not_collide, 0, 30);
    tcase_add_loop_test(tests, no_lines_cross, 0, 30);
    tcase_add_test(tests, the_global_minimum_is_in_the_middle);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, numbers_survive);
    tcase_add_test(tests, numbers_have_a_point_in_any_locale);
    tcase_add_loop_test(tests, ticks_say_where_they_are, 0, 10);
    tcase_add_loop_test(tests, heat_capacity_curve_is_where_the_axes_say, 0, 2);
    tcase_add_test(tests, flat_and_empty_heat_capacity);
    tcase_add_test(tests, a_gap_interrupts_a_curve);
    tcase_add_test(tests, page_holds_everything);
    tcase_add_test(tests, page_of_nothing);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
