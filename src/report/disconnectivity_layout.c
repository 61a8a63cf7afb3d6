/* Layout of a disconnectivity graph, in four passes over the merge tree cut down to the minima drawn:
 * heights, levels, order, places. Parts always have smaller indices than the whole, so each pass is a loop up
 * or down. */
#include "report/disconnectivity_layout.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "network/order.h"

/* ---- The tree of the minima drawn ---- */

static void add_leaves(const el4ml_network *network, const el4ml_sort_item *lowest_first, el4ml_layout *l)
{
    for (size_t i = 0; i < l->leaf_count; i++) {
        const size_t minimum = lowest_first[i].index;
        l->branches[i] = (el4ml_branch){.minimum = minimum,
                                        .energy = network->nodes[minimum].energy,
                                        .leaves = 1,
                                        .parent = EL4ML_NONE,
                                        .child = EL4ML_NONE,
                                        .sibling = EL4ML_NONE,
                                        .drawn = true};
    }
    l->count = l->leaf_count;
}

/* Join two branches; the part with the lowest minimum comes first. Leaves are ranked by energy, so that the
 * lower of two minima is the one of the smaller branch index: `lowest` holds it. */
static size_t join(el4ml_layout *l, size_t *lowest, size_t one, size_t other, double energy)
{
    const size_t made = l->count++;
    if (lowest[other] < lowest[one]) {
        const size_t swap = one;
        one = other;
        other = swap;
    }
    el4ml_branch *a = &l->branches[one], *b = &l->branches[other];
    a->parent = b->parent = made;
    a->sibling = other;
    b->sibling = EL4ML_NONE;
    lowest[made] = lowest[one];
    l->branches[made] = (el4ml_branch){.minimum = a->minimum,
                                       .energy = energy,
                                       .leaves = a->leaves + b->leaves,
                                       .parent = EL4ML_NONE,
                                       .child = one,
                                       .sibling = EL4ML_NONE,
                                       .drawn = true};
    return made;
}

/* branch_of: (tree->size), the branch that stands for a node of the full tree, EL4ML_NONE where nothing is
 * drawn. */
static void cut_tree(const el4ml_merge_tree *tree, el4ml_layout *l, size_t *branch_of, size_t *lowest)
{
    for (size_t i = 0; i < tree->size; i++)
        branch_of[i] = EL4ML_NONE;
    for (size_t i = 0; i < l->leaf_count; i++) {
        branch_of[l->branches[i].minimum] = i;
        lowest[i] = i;
    }
    for (size_t i = tree->leaf_count; i < tree->size; i++) {
        const size_t a = branch_of[tree->left[i]], b = branch_of[tree->right[i]];
        branch_of[i] = a == EL4ML_NONE ? b : b == EL4ML_NONE ? a : join(l, lowest, a, b, tree->energy[i]);
    }
    l->components = 0;
    for (size_t i = 0; i < tree->size; i++)
        l->components += tree->parent[i] == EL4ML_NONE;
    l->components_drawn = 0;
    for (size_t i = 0; i < l->count; i++)
        l->components_drawn += l->branches[i].parent == EL4ML_NONE;
}

/* ---- Heights ---- */

/* Rises above the global minimum no larger than this are rounding: such minima count as global ones. */
static double smallest_rise(const el4ml_network *network, const el4ml_layout *l)
{
    return network->energy_tolerance * fmax(1, fabs(l->lowest));
}

/* Would a linear axis squeeze much of the structure into its lowest fiftieth, and a logarithmic one not? */
static bool wants_log(const el4ml_layout *l, double least)
{
    double range = 0;
    size_t low = 0, all = 0;
    for (size_t i = 0; i < l->count; i++)
        range = fmax(range, l->branches[i].energy - l->lowest);
    for (size_t i = 0; i < l->count; i++) {
        const double rise = l->branches[i].energy - l->lowest;
        if (rise <= least) continue;
        all++;
        low += rise < 0.02 * range;
    }
    return all > 0 && (double)low > 0.4 * (double)all;
}

static double height_of(const el4ml_layout *l, double energy)
{
    const double rise = energy - l->lowest;
    if (l->kind == EL4ML_HEIGHT_ENERGY) return energy;
    if (l->kind == EL4ML_HEIGHT_RISE) return rise;
    return rise > 0 ? fmax(log10(rise), l->zero) : l->zero;
}

static void set_heights(const el4ml_network *network, el4ml_energy_scale scale, el4ml_layout *l)
{
    const double least = smallest_rise(network, l);
    double low = INFINITY, high = -INFINITY, range = 0;
    for (size_t i = 0; i < l->count; i++) {
        const double rise = l->branches[i].energy - l->lowest;
        range = fmax(range, rise);
        if (rise > least) low = fmin(low, rise);
    }
    const bool can_log = low < INFINITY;
    l->kind = range > 0 && range < 1e-4 * fabs(l->lowest) ? EL4ML_HEIGHT_RISE : EL4ML_HEIGHT_ENERGY;
    if (can_log &&
        (scale == EL4ML_SCALE_LOGARITHMIC || (scale == EL4ML_SCALE_AUTOMATIC && wants_log(l, least))))
        l->kind = EL4ML_HEIGHT_LOG;
    if (l->kind == EL4ML_HEIGHT_LOG) {
        l->bottom = log10(low);
        l->zero = l->bottom - 0.08 * fmax(log10(range) - l->bottom, 0.5);
    }
    for (size_t i = 0; i < l->count; i++) {
        el4ml_branch *branch = &l->branches[i];
        const bool global = l->kind == EL4ML_HEIGHT_LOG && branch->energy - l->lowest <= least;
        branch->height = global ? l->zero : height_of(l, branch->energy);
        high = fmax(high, branch->height);
    }
    if (l->kind != EL4ML_HEIGHT_LOG) l->bottom = height_of(l, l->lowest);
    l->top = high;
}

/* ---- Levels ---- */

static size_t level_of(const el4ml_layout *l, double height, size_t levels)
{
    const double step = (l->top - l->bottom) / (double)levels;
    const double below_top = step > 0 ? floor((l->top - height) / step * (1 + 1e-12)) : 0;
    return below_top >= (double)levels ? 1 : levels - (size_t)below_top;
}

/* Superbasins that are told apart from the one above them. */
static size_t told_apart(const el4ml_layout *l, size_t levels)
{
    size_t count = 0;
    for (size_t i = l->leaf_count; i < l->count; i++) {
        const size_t parent = l->branches[i].parent;
        count += parent == EL4ML_NONE || level_of(l, l->branches[i].height, levels) !=
                                             level_of(l, l->branches[parent].height, levels);
    }
    return count;
}

/* The fewest of a row of choices that tell apart nearly as much as the finest. */
static size_t choose_levels(const el4ml_layout *l)
{
    static const size_t choices[] = {12, 16, 20, 25, 30, 40};
    const size_t finest = sizeof choices / sizeof *choices - 1;
    const size_t most = told_apart(l, choices[finest]);
    for (size_t k = 0; k < finest; k++)
        if (10 * told_apart(l, choices[k]) >= 8 * most) return choices[k];
    return choices[finest];
}

static void set_levels(size_t wanted, el4ml_layout *l)
{
    l->levels = wanted == 0 ? choose_levels(l) : wanted > 1000 ? 1000 : wanted;
    const double step = (l->top - l->bottom) / (double)l->levels;
    for (size_t i = l->leaf_count; i < l->count; i++) {
        el4ml_branch *branch = &l->branches[i];
        branch->level = level_of(l, branch->height, l->levels);
        branch->height = l->top - step * (double)(l->levels - branch->level);
    }
}

/* Superbasins at the same level as the one above are one with it: hand their parts upwards. From the top, so
 * that a parent is settled before its parts. */
static void contract(el4ml_layout *l)
{
    for (size_t i = l->count; i-- > 0;) {
        const size_t parent = l->branches[i].parent;
        if (i < l->leaf_count || parent == EL4ML_NONE || l->branches[parent].level != l->branches[i].level)
            continue;
        l->branches[i].drawn = false;
    }
    for (size_t i = 0; i < l->count; i++)
        l->branches[i].child = l->branches[i].sibling = EL4ML_NONE;
    for (size_t i = l->count; i-- > 0;) {
        el4ml_branch *branch = &l->branches[i];
        if (branch->parent == EL4ML_NONE) continue;
        const el4ml_branch *above = &l->branches[branch->parent];
        if (!above->drawn) branch->parent = above->parent; /* settled already: the next one drawn */
        if (!branch->drawn) continue;
        branch->sibling = l->branches[branch->parent].child;
        l->branches[branch->parent].child = i;
    }
}

/* ---- Order and places ---- */

typedef struct sized {
    size_t leaves, minimum_rank, branch;
} sized;

/* Largest first, then by lowest minimum. */
static int compare_sized(const void *left, const void *right)
{
    const sized *a = left, *b = right;
    if (a->leaves != b->leaves) return a->leaves > b->leaves ? -1 : 1;
    return (a->minimum_rank > b->minimum_rank) - (a->minimum_rank < b->minimum_rank);
}

/* Put the parts around the middle one, the largest nearest to it, each on the side that has fewer minima so
 * far. Sets their shifts from the middle one's trunk; returns the slots left of that trunk. */
static double arrange(el4ml_layout *l, size_t middle, sized *others, size_t count, double gap)
{
    double left = l->branches[middle].left, right = (double)l->branches[middle].leaves - 1 - left;
    l->branches[middle].shift = 0;
    qsort(others, count, sizeof *others, compare_sized);
    for (size_t k = 0; k < count; k++) {
        el4ml_branch *part = &l->branches[others[k].branch];
        const double size = (double)part->leaves;
        if (left < right) {
            part->shift = -(left + gap + size) + part->left;
            left += gap + size;
        } else {
            part->shift = right + gap + 1 + part->left;
            right += gap + size;
        }
    }
    return left;
}

/* The parts of a superbasin around the one that holds its lowest minimum. */
static void arrange_parts(el4ml_layout *l, const size_t *lowest, size_t whole, sized *others)
{
    size_t middle = EL4ML_NONE, count = 0;
    for (size_t part = l->branches[whole].child; part != EL4ML_NONE; part = l->branches[part].sibling) {
        if (lowest[part] == lowest[whole])
            middle = part;
        else
            others[count++] = (sized){l->branches[part].leaves, lowest[part], part};
    }
    l->branches[whole].left = arrange(l, middle, others, count, 0);
}

/* The components side by side, the one with the global minimum in the middle. */
static void arrange_components(el4ml_layout *l, const size_t *lowest, sized *others)
{
    const double gap = l->components_drawn > 1 ? 1 : 0;
    size_t middle = 0, count = 0;
    while (l->branches[middle].parent != EL4ML_NONE)
        middle = l->branches[middle].parent; /* from leaf 0, the lowest */
    for (size_t i = 0; i < l->count; i++)
        if (l->branches[i].parent == EL4ML_NONE && i != middle)
            others[count++] = (sized){l->branches[i].leaves, lowest[i], i};
    const double left = arrange(l, middle, others, count, gap);
    l->width = (double)l->leaf_count + gap * (double)count;
    for (size_t i = 0; i < l->count; i++)
        if (l->branches[i].parent == EL4ML_NONE) l->branches[i].x = left + 0.5 + l->branches[i].shift;
}

static void set_places(el4ml_layout *l, const size_t *lowest, sized *others)
{
    for (size_t i = l->leaf_count; i < l->count; i++)
        if (l->branches[i].drawn) arrange_parts(l, lowest, i, others);
    arrange_components(l, lowest, others);
    for (size_t i = l->count; i-- > 0;) {
        el4ml_branch *branch = &l->branches[i];
        if (branch->parent != EL4ML_NONE) branch->x = l->branches[branch->parent].x + branch->shift;
    }
}

/* ---- All of it ---- */

static el4ml_layout *allocate(size_t leaves)
{
    el4ml_layout *l = EL4ML_NEW(el4ml_layout, 1);
    if (!l) return NULL;
    l->leaf_count = leaves;
    l->branches = EL4ML_NEW(el4ml_branch, 2 * leaves);
    if (l->branches) return l;
    el4ml_release(l);
    return NULL;
}

el4ml_status el4ml_layout_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                              const el4ml_disconnectivity_options *options, el4ml_layout **layout,
                              el4ml_error *error)
{
    const size_t asked = options->max_minima ? options->max_minima : 1, most = asked < 5000 ? asked : 5000;
    const size_t leaves = network->node_count < most ? network->node_count : most;
    el4ml_layout *l = allocate(leaves);
    el4ml_sort_item *ranked = EL4ML_NEW(el4ml_sort_item, network->node_count),
                    *scratch = EL4ML_NEW(el4ml_sort_item, network->node_count);
    size_t *branch_of = EL4ML_NEW(size_t, tree->size), *lowest = EL4ML_NEW(size_t, 2 * leaves);
    sized *others = EL4ML_NEW(sized, 2 * leaves);
    const bool complete = l && ranked && scratch && branch_of && lowest && others;
    if (complete && leaves > 0) {
        el4ml_sort_minima(network, ranked, scratch);
        l->minima = network->node_count;
        add_leaves(network, ranked, l);
        l->lowest = l->branches[0].energy;
        cut_tree(tree, l, branch_of, lowest);
        set_heights(network, options->scale, l);
        set_levels(options->levels, l);
        contract(l);
        set_places(l, lowest, others);
    }
    el4ml_release(ranked);
    el4ml_release(scratch);
    el4ml_release(branch_of);
    el4ml_release(lowest);
    el4ml_release(others);
    if (complete) {
        *layout = l;
        return EL4ML_OK;
    }
    el4ml_layout_free(l);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "disconnectivity graph: out of memory");
}

void el4ml_layout_free(el4ml_layout *layout)
{
    if (!layout) return;
    el4ml_release(layout->branches);
    el4ml_release(layout);
}
