/* Persistence (Carr, Mazauric, Cazals and Wales, J. Chem. Phys. 144, 054109, 2016) and funnels, both read off
 * the merge tree: where two superbasins meet, the higher of their lowest minima meets a lower one for the
 * first time. What lies inside a branch meets lower merges, from higher minima, and holds fewer of them: a
 * branch that is no funnel has none within. */
#include <math.h>

#include "base/memory.h"
#include "el4ml/basins.h"
#include "network/numbering.h"

void el4ml_persistence(const el4ml_merge_tree *tree, double *persistence)
{
    for (size_t i = 0; i < tree->leaf_count; i++)
        persistence[i] = INFINITY;
    for (size_t i = tree->leaf_count; i < tree->size; i++) {
        const size_t higher = tree->lowest[tree->right[i]];
        persistence[higher] = tree->energy[i] - tree->energy[higher];
    }
}

el4ml_funnel_options el4ml_funnel_options_default(void)
{
    return (el4ml_funnel_options){.persistence = NAN, .least_minima = 1};
}

static double suggested_threshold(const el4ml_merge_tree *tree)
{
    double lowest = INFINITY;
    for (size_t i = 0; i < tree->leaf_count; i++)
        lowest = fmin(lowest, tree->energy[i]);
    return tree->size > tree->leaf_count ? (tree->energy[tree->size - 1] - lowest) / 10 : 0;
}

/* bottom[i] of every node of the tree, from the roots down: the branch with the lower minimum goes on with
 * the bottom of the whole, the other has one of its own if it is a funnel. */
static void assign_bottoms(const el4ml_merge_tree *tree, double threshold, size_t least, size_t *bottom)
{
    for (size_t i = tree->size; i-- > 0;) {
        if (tree->parent[i] == EL4ML_NONE) bottom[i] = tree->lowest[i];
        if (i < tree->leaf_count) continue;
        const size_t left = tree->left[i], right = tree->right[i], higher = tree->lowest[right];
        const bool funnel =
            tree->energy[i] - tree->energy[higher] > threshold && tree->leaves[right] >= least;
        bottom[left] = bottom[i];
        bottom[right] = funnel ? higher : bottom[i];
    }
}

static bool fill(const el4ml_network *network, const el4ml_merge_tree *tree, size_t least, el4ml_funnels *f)
{
    size_t *bottom = EL4ML_NEW(size_t, tree->size);
    double *persistence = EL4ML_NEW(double, tree->leaf_count);
    f->funnel = EL4ML_NEW(size_t, tree->leaf_count);
    bool good = bottom && persistence && f->funnel;
    if (good) {
        el4ml_groups groups;
        assign_bottoms(tree, f->threshold, least, bottom);
        for (size_t i = 0; i < tree->leaf_count; i++)
            f->funnel[i] = bottom[i];
        good = el4ml_number_groups(network, f->funnel, &groups);
        if (good) {
            f->count = groups.count;
            f->bottom = groups.lowest;
            f->size = groups.size;
            f->persistence = EL4ML_NEW(double, f->count);
            good = f->persistence;
        }
        el4ml_persistence(tree, persistence);
        for (size_t k = 0; good && k < f->count; k++)
            f->persistence[k] = persistence[f->bottom[k]];
    }
    el4ml_release(bottom);
    el4ml_release(persistence);
    return good;
}

el4ml_status el4ml_funnels_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                               const el4ml_funnel_options *options, el4ml_funnels **funnels,
                               el4ml_error *error)
{
    const el4ml_funnel_options defaults = el4ml_funnel_options_default();
    if (!options) options = &defaults;
    if (!network || !tree || !funnels)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "funnels: nothing given");
    if (tree->leaf_count != network->node_count)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "funnels: the tree is of another network");
    if (options->persistence < 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "funnels: the persistence must not be negative");
    el4ml_funnels *made = EL4ML_NEW(el4ml_funnels, 1);
    if (made) {
        made->node_count = tree->leaf_count;
        made->threshold = isnan(options->persistence) ? suggested_threshold(tree) : options->persistence;
    }
    if (!made || !fill(network, tree, options->least_minima, made)) {
        el4ml_funnels_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "funnels: out of memory");
    }
    *funnels = made;
    return EL4ML_OK;
}

void el4ml_funnels_free(el4ml_funnels *funnels)
{
    if (!funnels) return;
    el4ml_release(funnels->bottom);
    el4ml_release(funnels->size);
    el4ml_release(funnels->persistence);
    el4ml_release(funnels->funnel);
    el4ml_release(funnels);
}
