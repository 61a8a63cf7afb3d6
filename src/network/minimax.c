/* Minimax energies read off the merge tree: of one pair, of many pairs, of all minima to one.
 *
 * Many pairs use heavy paths (Sleator and Tarjan, J. Comput. Syst. Sci. 26, 362, 1983): every inner node
 * hands its path on to the part with more minima, so that a walk up from any leaf changes path at most log2 n
 * times, however deep the tree. Of two nodes on different paths, the one whose path ends at the smaller index
 * is below their common ancestor and moves up: the other path cannot end below a descendant of its own end,
 * as parents have larger indices than their parts. */
#include <math.h>

#include "base/memory.h"
#include "el4ml/network.h"

/* head[i]: the upper end of the heavy path through node i. */
static void find_heads(const el4ml_merge_tree *tree, size_t *head)
{
    for (size_t i = tree->size; i-- > 0;) {
        const size_t above = tree->parent[i];
        head[i] = i;
        if (above == EL4ML_NONE) continue;
        const size_t left = tree->left[above], right = tree->right[above];
        const size_t heavy = tree->leaves[right] > tree->leaves[left] ? right : left;
        if (i == heavy) head[i] = head[above];
    }
}

/* EL4ML_NONE, the largest of all indices, when not connected. */
static size_t common_ancestor(const el4ml_merge_tree *tree, const size_t *head, size_t a, size_t b)
{
    while (head[a] != head[b]) {
        if (head[a] > head[b]) {
            const size_t swap = a;
            a = b;
            b = swap;
        }
        a = tree->parent[head[a]];
        if (a == EL4ML_NONE) return EL4ML_NONE;
    }
    return a > b ? a : b;
}

el4ml_status el4ml_minimax_pairs(const el4ml_merge_tree *tree, const el4ml_minimum_pair *pairs, size_t count,
                                 double *energy, size_t *edge, el4ml_error *error)
{
    if (!tree || (count && (!pairs || !energy)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimax of pairs: nothing given");
    for (size_t k = 0; k < count; k++)
        if (pairs[k].a >= tree->leaf_count || pairs[k].b >= tree->leaf_count)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "minimax of pairs: pair %zu names a minimum that is not there", k);
    size_t *head = EL4ML_NEW(size_t, tree->size);
    if (!head) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "minimax of pairs: out of memory");
    find_heads(tree, head);
    for (size_t k = 0; k < count; k++) {
        const size_t top = common_ancestor(tree, head, pairs[k].a, pairs[k].b);
        energy[k] = top == EL4ML_NONE ? INFINITY : tree->energy[top];
        if (edge) edge[k] = top == EL4ML_NONE ? EL4ML_NONE : tree->edge[top];
    }
    el4ml_release(head);
    return EL4ML_OK;
}

/* Give `value` to every leaf below `node`: down to the first leaf, then up and over by the parent links. */
static void fill_below(const el4ml_merge_tree *tree, size_t node, double value, double *energy)
{
    size_t at = node;
    while (true) {
        while (tree->left[at] != EL4ML_NONE)
            at = tree->left[at];
        energy[at] = value;
        while (at != node && tree->right[tree->parent[at]] == at)
            at = tree->parent[at];
        if (at == node) return;
        at = tree->right[tree->parent[at]];
    }
}

void el4ml_minimax_to(const el4ml_merge_tree *tree, size_t target, double *energy)
{
    for (size_t i = 0; i < tree->leaf_count; i++)
        energy[i] = INFINITY;
    energy[target] = tree->energy[target];
    for (size_t at = target; tree->parent[at] != EL4ML_NONE; at = tree->parent[at]) {
        const size_t above = tree->parent[at];
        const size_t sibling = tree->left[above] == at ? tree->right[above] : tree->left[above];
        fill_below(tree, sibling, tree->energy[above], energy);
    }
}

double el4ml_minimax(const el4ml_merge_tree *tree, size_t a, size_t b)
{
    while (a != b) { /* the node of smaller index cannot be the ancestor; EL4ML_NONE is the largest of all */
        if (a < b)
            a = tree->parent[a];
        else
            b = tree->parent[b];
    }
    return a == EL4ML_NONE ? INFINITY : tree->energy[a];
}
