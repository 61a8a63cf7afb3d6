/* The merge tree of superbasins: Kruskal's algorithm with union-find over the edges in ascending energy. Its
 * lowest common ancestors are the minimax transition states, since the paths Kruskal keeps are a minimum
 * spanning forest. Becker and Karplus, J. Chem. Phys. 106, 1495 (1997); Wales, Miller and Walsh, Nature 394,
 * 758 (1998). Every parent has a larger index than its children, so all walks are loops: no recursion, no
 * stack. */
#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/network.h"
#include "network/order.h"

typedef struct forest {
    size_t *link; /* (leaves) union-find parent */
    size_t *top;  /* (leaves) at a root: the tree node of its superbasin */
} forest;

static size_t find_root(size_t *link, size_t i)
{
    while (link[i] != i) {
        link[i] = link[link[i]]; /* path halving */
        i = link[i];
    }
    return i;
}

/* Edges that join two different minima by energy, then id, then index; returns how many. The sort is stable:
 * only where ids do not ascend already must they be sorted first. */
static size_t sort_edges(const el4ml_network *network, el4ml_sort_item *sorted, el4ml_sort_item *scratch)
{
    size_t count = 0;
    bool ascending = true;
    for (size_t e = 0; e < network->edge_count; e++) {
        const el4ml_edge *edge = &network->edges[e];
        if (edge->a == edge->b) continue;
        const uint64_t key = el4ml_key_of_integer(edge->id);
        if (count > 0 && sorted[count - 1].key > key) ascending = false;
        sorted[count++] = (el4ml_sort_item){key, e};
    }
    if (!ascending) el4ml_sort(sorted, scratch, count);
    for (size_t k = 0; k < count; k++)
        sorted[k].key = el4ml_key_of_double(network->edges[sorted[k].index].energy);
    el4ml_sort(sorted, scratch, count);
    return count;
}

static void add_leaves(const el4ml_network *network, el4ml_merge_tree *tree)
{
    for (size_t i = 0; i < tree->leaf_count; i++) {
        tree->parent[i] = tree->left[i] = tree->right[i] = tree->edge[i] = EL4ML_NONE;
        tree->energy[i] = network->nodes[i].energy;
        tree->lowest[i] = i;
        tree->leaves[i] = 1;
    }
}

static void add_merge(const el4ml_network *network, el4ml_merge_tree *tree, size_t edge, size_t one,
                      size_t other)
{
    const size_t made = tree->size++;
    const bool one_lower = el4ml_node_before(network->nodes, tree->lowest[one], tree->lowest[other]);
    tree->left[made] = one_lower ? one : other;
    tree->right[made] = one_lower ? other : one;
    tree->parent[one] = tree->parent[other] = made;
    tree->parent[made] = EL4ML_NONE;
    tree->energy[made] = network->edges[edge].energy;
    tree->edge[made] = edge;
    tree->lowest[made] = tree->lowest[tree->left[made]];
    tree->leaves[made] = tree->leaves[one] + tree->leaves[other];
}

static void merge_all(const el4ml_network *network, const el4ml_sort_item *sorted, size_t count,
                      forest *basins, el4ml_merge_tree *tree)
{
    for (size_t i = 0; i < tree->leaf_count; i++)
        basins->link[i] = basins->top[i] = i;
    for (size_t k = 0; k < count && tree->size + 1 < 2 * tree->leaf_count; k++) {
        const el4ml_edge *edge = &network->edges[sorted[k].index];
        size_t a = find_root(basins->link, edge->a), b = find_root(basins->link, edge->b);
        if (a == b) continue;
        const size_t one = basins->top[a], other = basins->top[b];
        add_merge(network, tree, sorted[k].index, one, other);
        if (tree->leaves[one] < tree->leaves[other]) { /* union by size */
            const size_t swap = a;
            a = b;
            b = swap;
        }
        basins->link[b] = a;
        basins->top[a] = tree->size - 1;
    }
}

static el4ml_merge_tree *allocate_tree(size_t leaves)
{
    const size_t size = leaves ? 2 * leaves - 1 : 0;
    el4ml_merge_tree *tree = EL4ML_NEW(el4ml_merge_tree, 1);
    if (!tree) return NULL;
    tree->leaf_count = tree->size = leaves;
    tree->parent = EL4ML_NEW(size_t, size);
    tree->left = EL4ML_NEW(size_t, size);
    tree->right = EL4ML_NEW(size_t, size);
    tree->energy = EL4ML_NEW(double, size);
    tree->lowest = EL4ML_NEW(size_t, size);
    tree->edge = EL4ML_NEW(size_t, size);
    tree->leaves = EL4ML_NEW(size_t, size);
    if (tree->parent && tree->left && tree->right && tree->energy && tree->lowest && tree->edge &&
        tree->leaves)
        return tree;
    el4ml_merge_tree_free(tree);
    return NULL;
}

el4ml_status el4ml_merge_tree_new(const el4ml_network *network, el4ml_merge_tree **tree, el4ml_error *error)
{
    if (!network || !tree) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "merge tree: nothing given");
    if (network->node_count > SIZE_MAX / 2)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "merge tree: too many minima");
    el4ml_merge_tree *made = allocate_tree(network->node_count);
    el4ml_sort_item *sorted = EL4ML_NEW(el4ml_sort_item, network->edge_count),
                    *scratch = EL4ML_NEW(el4ml_sort_item, network->edge_count);
    forest basins = {EL4ML_NEW(size_t, network->node_count), EL4ML_NEW(size_t, network->node_count)};
    const bool complete = made && sorted && scratch && basins.link && basins.top;
    if (complete) {
        add_leaves(network, made);
        merge_all(network, sorted, sort_edges(network, sorted, scratch), &basins, made);
        *tree = made;
    } else {
        el4ml_merge_tree_free(made);
    }
    el4ml_release(sorted);
    el4ml_release(scratch);
    el4ml_release(basins.link);
    el4ml_release(basins.top);
    return complete ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "merge tree: out of memory");
}

void el4ml_merge_tree_free(el4ml_merge_tree *tree)
{
    if (!tree) return;
    el4ml_release(tree->parent);
    el4ml_release(tree->left);
    el4ml_release(tree->right);
    el4ml_release(tree->energy);
    el4ml_release(tree->lowest);
    el4ml_release(tree->edge);
    el4ml_release(tree->leaves);
    el4ml_release(tree);
}
