/* Groups of minima that the energies of the network define, temperature apart: monotonic sequence basins, and
 * funnels by persistence. Minima and transition states are named by their index in the network. */
#ifndef EL4ML_BASINS_H
#define EL4ML_BASINS_H

#include "el4ml/network.h"

EL4ML_BEGIN

/* Monotonic sequence basins (Berry and Breitengraser-Kunz, Phys. Rev. Lett. 74, 3951, 1995): a minimum
 * without a directly connected lower minimum is a bottom; every other one follows its lowest transition state
 * that leads down, and belongs to the basin of the bottom it comes to. Lower means a lower energy: minima of
 * equal energy are not below each other. Equal transition states: the lower id, then the lower index. */
typedef struct el4ml_sequence_basins {
    size_t node_count, count;
    size_t *bottom;    /* (count) the basins' lowest minima, ascending in energy; equal ones by index */
    size_t *size;      /* (count) minima in the basin */
    size_t *basin;     /* (node_count) basin of each minimum, 0 ... count - 1 */
    size_t *next_edge; /* (node_count) the transition state it follows; EL4ML_NONE at bottoms */
} el4ml_sequence_basins;

/* O(nodes + edges). */
EL4ML_API el4ml_status el4ml_sequence_basins_new(const el4ml_network *network, el4ml_sequence_basins **basins,
                                                 el4ml_error *error);
EL4ML_API void el4ml_sequence_basins_free(el4ml_sequence_basins *basins);

/* Persistence of every minimum (Carr, Mazauric, Cazals and Wales, J. Chem. Phys. 144, 054109, 2016): the
 * lowest barrier from it to any lower minimum, V* - V; +infinity for the lowest of each component. Of two
 * equal minima the one of the lower index counts as the lower. (leaf_count) */
EL4ML_API void el4ml_persistence(const el4ml_merge_tree *tree, double *persistence);

typedef struct el4ml_funnel_options {
    double persistence; /* threshold, an energy, at least 0; default NaN: a tenth of the range from the lowest
                           minimum to the highest merge of two superbasins (our convention: look at the
                           persistences before you rely on it) */
    size_t least_minima; /* a funnel holds at least so many at the level where it meets a lower one; default 1
                          */
} el4ml_funnel_options;

/* Funnels: what is left of the disconnectivity graph when branches of small persistence are taken for parts
 * of the branch they join. A bottom is a minimum whose persistence exceeds the threshold, the lowest of a
 * component among them; every other minimum belongs to the bottom whose branch its own one joins on the way
 * up. */
typedef struct el4ml_funnels {
    size_t node_count, count;
    double threshold;    /* the one that was used */
    size_t *bottom;      /* (count) ascending in energy; equal ones by index */
    size_t *size;        /* (count) minima in the funnel */
    double *persistence; /* (count) of its bottom; +infinity for the lowest of a component */
    size_t *funnel;      /* (node_count) funnel of each minimum, 0 ... count - 1 */
} el4ml_funnels;

EL4ML_API el4ml_funnel_options el4ml_funnel_options_default(void);
/* options may be NULL. INVALID_ARGUMENT: a negative threshold. O(n). */
EL4ML_API el4ml_status el4ml_funnels_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                                         const el4ml_funnel_options *options, el4ml_funnels **funnels,
                                         el4ml_error *error);
EL4ML_API void el4ml_funnels_free(el4ml_funnels *funnels);

EL4ML_END
#endif
