/* Inside of ensembles: candidates, what they say of held-out rows, and refits of models. */
#ifndef EL4ML_INSIGHT_ENSEMBLES_H
#define EL4ML_INSIGHT_ENSEMBLES_H

#include "insight/combine.h"

typedef struct el4ml_ensembles_inside {
    el4ml_ensembles_source source; /* its data are `data` */
    el4ml_data data;               /* borrowed, the test rows left out */
    el4ml_ensembles_options options;
    size_t n;
    double **owned; /* (candidates) coordinates of restarts and bagged models; NULL: the landscape's */
    bool **bag;     /* (candidates) bagged: (training rows) is it in the sample? NULL: not bagged */
    const el4ml_dataset *held; /* validation rows, or training rows; NULL: none */
    double **said;             /* (candidates) (held rows, outputs) */
    size_t *fold;              /* (held rows) */
    el4ml_panel *panels;       /* (selections) of the held-out rows */
    const double **panel_said; /* of these, (selections, members) */
    double *panel_deviation;   /* likewise */
    el4ml_combiner *combiners; /* (ensembles) */
} el4ml_ensembles_inside;

/* Of select.c: fill `selected` for all choices among minima, and candidates for those taken. */
el4ml_status el4ml_select_members(el4ml_ensembles *e, el4ml_error *error);
/* Of refit.c: restarts and bagged models as further candidates. */
el4ml_status el4ml_add_restarts(el4ml_ensembles *e, el4ml_error *error);
/* Of refit.c: folds, and what each candidate says of held-out rows. */
el4ml_status el4ml_hold_out(el4ml_ensembles *e, el4ml_error *error);

/* The candidate of a minimum, added when it is new; EL4ML_NONE when out of memory. */
size_t el4ml_candidate_of(el4ml_ensembles *e, size_t minimum);
size_t el4ml_candidate_add(el4ml_ensembles *e, el4ml_candidate candidate, double *owned, bool *bag);
/* What all candidates say of some rows. Start from {0}; clear in any case. */
typedef struct el4ml_said {
    el4ml_predictions *predictions;
    const double **all;  /* (candidates) */
    const double **said; /* of the panels */
    double *deviation;
    el4ml_panel panels[EL4ML_SELECTIONS];
} el4ml_said;

el4ml_status el4ml_said_fill(const el4ml_ensembles *e, const el4ml_dataset *rows, el4ml_said *said,
                             el4ml_error *error);
void el4ml_said_clear(el4ml_said *said);
/* NULL when out of memory. */
el4ml_forecast *el4ml_said_combine(const el4ml_ensembles *e, size_t which, const el4ml_said *said);

el4ml_status el4ml_ensembles_no_memory(el4ml_error *error);

#endif
