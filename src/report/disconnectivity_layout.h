/* The geometry of a disconnectivity graph before anything is drawn. */
#ifndef EL4ML_REPORT_DISCONNECTIVITY_LAYOUT_H
#define EL4ML_REPORT_DISCONNECTIVITY_LAYOUT_H

#include "el4ml/report.h"

/* How energies become heights. */
typedef enum el4ml_height {
    EL4ML_HEIGHT_ENERGY, /* V */
    EL4ML_HEIGHT_RISE,   /* V - V_g, linear: where V has too many equal leading digits for an axis */
    EL4ML_HEIGHT_LOG     /* log10 (V - V_g) */
} el4ml_height;

/* A line of the graph: a minimum, or a superbasin that splits. Branches 0 ... leaf_count - 1 are the minima
 * drawn, lowest first; a superbasin's index is larger than those of its parts. */
typedef struct el4ml_branch {
    size_t minimum;        /* the lowest minimum below: an index into the network's nodes */
    double energy;         /* of the minimum, or of the transition state that joins the superbasin */
    size_t leaves;         /* minima drawn below */
    size_t parent;         /* EL4ML_NONE at the top of a component */
    size_t child, sibling; /* first part, next part of the same parent; EL4ML_NONE */
    size_t level;          /* superbasins: 1 ... levels, 1 the lowest */
    double height; /* where the line ends, in the transformed energy; minima: of their energy, superbasins: of
                      their level */
    double x;      /* in units of the width of a minimum, 0 ... width */
    bool drawn;    /* false: joined with its parent at the same level */
    double left,
        shift; /* of the arrangement: slots left of the trunk, trunk's place relative to the parent's */
} el4ml_branch;

typedef struct el4ml_layout {
    size_t leaf_count, count;
    el4ml_branch *branches;    /* (count) */
    size_t minima, components; /* of the whole network */
    size_t components_drawn;
    el4ml_height kind;
    double lowest; /* V_g */
    double width;  /* in slots */
    double bottom,
        top; /* least and greatest transformed energy; log: bottom is the least V - V_g that is not zero */
    double zero; /* log: the height given to V_g itself; otherwise unused */
    size_t levels;
} el4ml_layout;

el4ml_status el4ml_layout_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                              const el4ml_disconnectivity_options *options, el4ml_layout **layout,
                              el4ml_error *error);
/* bend[i]: the height at which the line from the superbasin above turns down to branch i. y: where each
 * branch ends, in pixels downwards; slant: the most that a line may fall on its way. Both (count). False when
 * out of memory. */
bool el4ml_layout_bends(const el4ml_layout *layout, const double *y, double slant, double *bend);
void el4ml_layout_free(el4ml_layout *layout);

#endif
