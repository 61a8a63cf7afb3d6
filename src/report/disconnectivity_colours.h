/* Colours of a disconnectivity graph: a number on a scale, or a category, for each minimum. */
#ifndef EL4ML_REPORT_DISCONNECTIVITY_COLOURS_H
#define EL4ML_REPORT_DISCONNECTIVITY_COLOURS_H

#include "report/disconnectivity_layout.h"
#include "report/svg.h"

enum { EL4ML_SHOWN_CATEGORIES = 6 };

typedef struct el4ml_colouring {
    const el4ml_disconnectivity_options *options;
    bool any; /* some minimum drawn has a value */
    bool categories;
    double low, high;                        /* of the values drawn */
    size_t shown;                            /* categories with a colour of their own */
    size_t category[EL4ML_SHOWN_CATEGORIES]; /* (shown) ascending */
    bool others;                             /* there are more */
    double width;                            /* of the key, in pixels */
} el4ml_colouring;

/* False when out of memory. */
bool el4ml_colouring_init(const el4ml_layout *layout, const el4ml_disconnectivity_options *options,
                          el4ml_colouring *colouring);
/* "#rrggbb", or "" for a value that is not finite. */
void el4ml_colouring_of(const el4ml_colouring *colouring, double value, char out[8]);
/* What a value is called: a number, or the category's name. */
void el4ml_colouring_tell(el4ml_markup *m, const el4ml_colouring *colouring, double value);
/* The key to the right of `left`, between top and bottom. */
void el4ml_colouring_key(el4ml_markup *m, const el4ml_colouring *colouring, double left, double top,
                         double bottom);
/* value: (layout->count) of each branch: the minimum's; of a superbasin the category that all minima drawn
 * below it share, NaN otherwise. */
void el4ml_colouring_branches(const el4ml_colouring *colouring, const el4ml_layout *layout, double *value);

#endif
