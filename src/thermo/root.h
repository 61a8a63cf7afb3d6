/* The root of a function between two places where its signs differ. */
#ifndef EL4ML_THERMO_ROOT_H
#define EL4ML_THERMO_ROOT_H

typedef double el4ml_root_function(void *context, double x);

typedef struct el4ml_bracket {
    double low, high;       /* low < high */
    double at_low, at_high; /* of different sign */
} el4ml_bracket;

/* To within `tolerance`, absolute; the end of the last bracket where the function is nearer to zero. */
double el4ml_find_root(el4ml_root_function *f, void *context, el4ml_bracket b, double tolerance);

#endif
