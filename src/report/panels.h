/* Several pictures in one. */
#ifndef EL4ML_REPORT_PANELS_H
#define EL4ML_REPORT_PANELS_H

#include "el4ml/status.h"

/* Pictures of this library, row by row in `columns`, each as large as it is; NULL: its place is left out. */
el4ml_status el4ml_panels_svg(const char *const *pictures, size_t count, size_t columns, const char *title,
                              char **svg, el4ml_error *error);

#endif
