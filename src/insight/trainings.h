/* Trainings from random starts: the initialiser's draws, each minimised with the study's minimiser. */
#ifndef EL4ML_INSIGHT_TRAININGS_H
#define EL4ML_INSIGHT_TRAININGS_H

#include "el4ml/landscape.h"
#include "el4ml/study.h"

typedef struct el4ml_training {
    el4ml_status status; /* OK, or why there is no minimum */
    size_t minimum;      /* index in the landscape; those it does not hold are numbered on from its last */
    double start, end;   /* V */
    el4ml_cost cost;     /* of the minimisation alone */
    double rise;         /* largest rise of V along the straight line from start to end; NaN: not measured */
} el4ml_training;

typedef struct el4ml_trainings_options {
    size_t count;
    size_t points; /* of the straight lines; 0: none */
    uint64_t seed;
    unsigned threads;
    double time_limit; /* seconds; 0: none. What was under way is dropped */
    const volatile bool *cancel;
} el4ml_trainings_options;

typedef struct el4ml_trainings {
    size_t count, n; /* those that were done */
    el4ml_training *each;
    double *x;        /* (count, n) where they ended */
    size_t strangers; /* minima that the landscape does not hold */
    bool time_up;
} el4ml_trainings;

/* Results do not depend on the number of threads. Start from {0}; clear in any case. */
el4ml_status el4ml_trainings_run(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                 const el4ml_study *study, const el4ml_trainings_options *options,
                                 el4ml_trainings *result, el4ml_error *error);
void el4ml_trainings_clear(el4ml_trainings *trainings);
/* The start of training number k. */
void el4ml_training_start(el4ml_evaluator *evaluator, uint64_t seed, size_t k, double *x);

#endif
