/* The import as a whole: read and check everything, then write. */
#include <math.h>

#include "landscape/foreign.h"

el4ml_import_options el4ml_import_options_default(void)
{
    return (el4ml_import_options){.kappa = NAN};
}

static el4ml_status read_format(el4ml_foreign *f, el4ml_format format, const char *path, el4ml_error *error)
{
    switch (format) {
    case EL4ML_PATHSAMPLE:
        return el4ml_read_pathsample(f, path, error);
    case EL4ML_TOPSEARCH:
        return el4ml_read_topsearch(f, path, error);
    case EL4ML_PELE:
        return el4ml_read_pele(f, path, error);
    case EL4ML_GRAPHML:
    case EL4ML_JSON:
        break;
    }
    return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "import: this format is only written");
}

static void fill_report(el4ml_foreign *f)
{
    el4ml_import_report *r = &f->report;
    for (int species = 0; species < 2; species++) {
        const el4ml_foreign_table *t = &f->table[species];
        r->coordinates[species] = t->coordinates != NULL;
        for (size_t i = 0; i < t->count; i++)
            r->without_product[species] +=
                isnan(t->points[i].log_product) || isnan(t->points[i].log_multiplicity);
    }
    r->minima = f->table[EL4ML_MINIMUM].count;
    r->transition_states = f->table[EL4ML_TRANSITION_STATE].count;
    r->dimension = f->n;
    r->kappa = f->kappa;
    r->set_count = f->set_count;
}

el4ml_status el4ml_import(el4ml_format format, const char *path, const char *folder,
                          const el4ml_import_options *options, el4ml_import_report *report,
                          el4ml_error *error)
{
    const el4ml_import_options usual = el4ml_import_options_default(), *o = options ? options : &usual;
    if (!path || !folder) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "import: nothing given");
    if (!isnan(o->kappa) && !(o->kappa >= 0 && o->kappa <= INT32_MAX && o->kappa == floor(o->kappa)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "import: kappa must be a whole number from 0, not %g", o->kappa);
    el4ml_foreign f = {.kappa = o->kappa, .cancel = o->cancel};
    el4ml_status status = read_format(&f, format, path, error);
    if (status == EL4ML_OK && f.n > 0 && f.kappa > (double)f.n)
        status = el4ml_fail(error, EL4ML_BAD_INPUT,
                            "%s: kappa cannot be %g, as the points have %zu coordinates", path, f.kappa, f.n);
    if (status == EL4ML_OK) fill_report(&f);
    if (status == EL4ML_OK) status = el4ml_foreign_store(&f, path, folder, error);
    if (status == EL4ML_OK && report) *report = f.report;
    el4ml_foreign_clear(&f);
    return status;
}
