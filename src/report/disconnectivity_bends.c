/* Where the slanted lines of a disconnectivity graph bend into the vertical, such that no two lines cross.
 *
 * A superbasin's trunk stands over its lowest minimum; the lines to its other parts leave the trunk at its
 * node and run outwards. Each slot of the graph holds one bend, so what a line must stay above on its way to
 * slot s are the bends in the slots between: with distances from the trunk d_k and depths below the node t_k,
 * its own depth is at most t_k d_s/d_k. Being above the ends of all pieces of what lies below, which start at
 * the trunk or below a bend, it is above the pieces. Parts come before the whole, so those bends are known.
 */
#include <math.h>

#include "base/memory.h"
#include "report/disconnectivity_layout.h"

static const double WIDEST_GAP = 1.2; /* pixels */

typedef struct bends {
    const el4ml_layout *layout;
    const double *y;   /* (count) pixels, downwards: where each branch ends */
    double slant, gap; /* gap: between a line and the bend it passes over */
    double *bend;      /* (count) */
    double *top;       /* (slots) the bend in each slot, +infinity where there is none yet */
    size_t *part; /* (slots) the part of the present superbasin whose trunk is there, EL4ML_NONE elsewhere */
} bends;

static size_t slot_of(const bends *b, size_t branch)
{
    return (size_t)b->layout->branches[branch].x;
}

/* A sibling that ends on its slanted line has nothing below to cross. */
static bool ends_early(const bends *b, size_t slot)
{
    const size_t part = b->part[slot];
    return part < b->layout->leaf_count && b->bend[part] == b->y[part];
}

static double find_bend(const bends *b, size_t whole, size_t trunk, size_t slot)
{
    const size_t part = b->part[slot], away = slot > trunk ? slot - trunk : trunk - slot;
    double depth = fmin(b->slant, b->y[part] - b->y[whole]);
    for (size_t d = 1; d < away; d++) {
        const size_t between = slot > trunk ? trunk + d : trunk - d;
        if (ends_early(b, between)) continue;
        depth = fmin(depth, (b->top[between] - b->gap - b->y[whole]) * (double)away / (double)d);
    }
    return b->y[whole] + depth;
}

static void bend_side(bends *b, size_t whole, size_t trunk, size_t slots, bool right)
{
    for (size_t d = 1; d <= slots; d++) {
        const size_t slot = right ? trunk + d : trunk - d, part = b->part[slot];
        if (part == EL4ML_NONE) continue;
        b->bend[part] = b->top[slot] = find_bend(b, whole, trunk, slot);
    }
}

static void bend_parts(bends *b, size_t whole)
{
    const el4ml_branch *branches = b->layout->branches;
    const size_t trunk = slot_of(b, whole), left = (size_t)branches[whole].left;
    /* Many lines from one node would otherwise push each other up above it, and out of the picture. */
    b->gap = fmin(WIDEST_GAP, b->slant / (double)branches[whole].leaves);
    for (size_t k = branches[whole].child; k != EL4ML_NONE; k = branches[k].sibling)
        b->part[slot_of(b, k)] = k;
    bend_side(b, whole, trunk, left, false);
    bend_side(b, whole, trunk, branches[whole].leaves - 1 - left, true);
    for (size_t k = branches[whole].child; k != EL4ML_NONE; k = branches[k].sibling)
        b->part[slot_of(b, k)] = EL4ML_NONE;
}

bool el4ml_layout_bends(const el4ml_layout *layout, const double *y, double slant, double *bend)
{
    const size_t slots = (size_t)ceil(layout->width) + 1;
    bends b = {layout, y, slant, WIDEST_GAP, bend, EL4ML_NEW(double, slots), EL4ML_NEW(size_t, slots)};
    const bool complete = b.top && b.part;
    if (complete) {
        for (size_t k = 0; k < slots; k++) {
            b.top[k] = INFINITY;
            b.part[k] = EL4ML_NONE;
        }
        for (size_t i = 0; i < layout->count; i++)
            bend[i] = y[i];
        for (size_t i = layout->leaf_count; i < layout->count; i++)
            if (layout->branches[i].drawn) bend_parts(&b, i);
    }
    el4ml_release(b.top);
    el4ml_release(b.part);
    return complete;
}
