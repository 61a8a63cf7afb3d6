/* What the writers of other formats share. */
#ifndef EL4ML_LANDSCAPE_EXPORT_H
#define EL4ML_LANDSCAPE_EXPORT_H

#include "base/file_write.h"
#include "el4ml/formats.h"

typedef struct el4ml_exporter {
    el4ml_landscape *l;
    const char *path;
    const el4ml_export_options *options;
    el4ml_export_report report;
    el4ml_error *error;
} el4ml_exporter;

el4ml_status el4ml_write_pathsample(el4ml_exporter *e);
el4ml_status el4ml_write_graphml(el4ml_exporter *e);
el4ml_status el4ml_write_json(el4ml_exporter *e);

/* INTERRUPTED when the caller wants to stop; to be asked now and then. */
el4ml_status el4ml_export_pause(const el4ml_exporter *e, size_t row);
/* Has every point of the species coordinates? */
bool el4ml_export_coordinates(const el4ml_landscape *l, el4ml_species species);
/* Component of every minimum (0 the one of the lowest), to be freed with el4ml_release. */
el4ml_status el4ml_export_components(el4ml_landscape *l, size_t **component, el4ml_error *error);

/* How PATHSAMPLE is told the multiplicities. It knows n only as 1/o, and all it computes depends on ratios of
 * n alone. So o = exp(log_group - ln n), where log_group is the first of these that makes every o a whole
 * number: 0, the import's own choice; ln(2 N!), a cluster's; and the largest ln n there is. Where none does,
 * every o is 1 and n goes into the ln products: Z ~ n exp(-L/2), so L - 2 (ln n - log_group) with n = 1 is
 * the same. */
typedef struct el4ml_order_rule {
    bool folded;
    double log_group;
} el4ml_order_rule;
/* ln n of all points must be finite. */
el4ml_order_rule el4ml_choose_orders(const el4ml_landscape *l);

/* Three moments of inertia of every point (count, 3), ascending: those it was imported with, those of its
 * coordinates with unit masses where it is a cluster, otherwise 1. To be freed with el4ml_release. */
el4ml_status el4ml_export_moments(el4ml_landscape *l, el4ml_species species, double **moments,
                                  el4ml_error *error);

#endif
