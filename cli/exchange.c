/* import and export: databases of other programs. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct format_name {
    const char *name;
    el4ml_format format;
    bool read, written;
} format_name;

static const format_name formats[] = {{"pathsample", EL4ML_PATHSAMPLE, true, true},
                                      {"topsearch", EL4ML_TOPSEARCH, true, false},
                                      {"pele", EL4ML_PELE, true, false},
                                      {"graphml", EL4ML_GRAPHML, false, true},
                                      {"json", EL4ML_JSON, false, true}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* NULL, with a message, when there is no such format in this direction, or no place to write to. */
static const format_name *find_format(const arguments *a, bool import)
{
    const format_name *found = NULL;
    for (size_t k = 0; k < FORMATS; k++)
        if (strcmp(formats[k].name, a->words[0]) == 0 && (import ? formats[k].read : formats[k].written))
            found = &formats[k];
    if (!found) {
        fprintf(stderr, "el4ml: %s: there is no format '%s'; the formats are:", a->command, a->words[0]);
        for (size_t k = 0; k < FORMATS; k++)
            if (import ? formats[k].read : formats[k].written) fprintf(stderr, " %s", formats[k].name);
        fprintf(stderr, "%s\n", import ? "" : " model");
        return NULL;
    }
    if (!a->output) {
        fprintf(stderr, "el4ml: %s: say with -o where to write; see el4ml %s --help\n", a->command,
                a->command);
        return NULL;
    }
    return found;
}

/* ---- import ---- */

static void print_kappa(const el4ml_import_report *r)
{
    if (isnan(r->kappa))
        printf("kappa is not known: heat capacities and energies will be without it and without kappa T; "
               "--kappa K "
               "gives it\n");
    else if (r->kappa_assumed)
        printf("kappa = %g: taken as 3N - 6 of a free cluster of N = %zu atoms; --kappa K says otherwise\n",
               r->kappa, r->dimension / 3);
}

static void print_left_behind(const el4ml_import_report *r)
{
    if (r->pickles) printf("coordinates stay behind: pele keeps them as Python pickles\n");
    if (r->without_product[EL4ML_MINIMUM] > 0)
        printf("%zu of %zu minima have no ln product or point-group order: no thermodynamics and kinetics "
               "with them\n",
               r->without_product[EL4ML_MINIMUM], r->minima);
    if (r->without_product[EL4ML_TRANSITION_STATE] > 0)
        printf(
            "%zu of %zu transition states have no ln product or point-group order: no kinetics with them\n",
            r->without_product[EL4ML_TRANSITION_STATE], r->transition_states);
    if (r->invalid_minima > 0)
        printf("%zu minima are marked invalid: no thermodynamics and kinetics with them\n",
               r->invalid_minima);
    if (r->invalid_states > 0)
        printf("%zu transition states are marked invalid and left out\n", r->invalid_states);
}

static void print_import(const arguments *a, const el4ml_import_report *r)
{
    printf("%s: %zu minim%s, %zu transition state%s from %s", a->output, r->minima,
           r->minima == 1 ? "um" : "a", r->transition_states, r->transition_states == 1 ? "" : "s",
           r->program);
    for (size_t k = 0; k < r->set_count; k++)
        printf("; set %s of %zu", r->set_name[k], r->set_size[k]);
    printf("\n");
    if (r->dimension > 0)
        printf("%zu coordinates of each %s\n", r->dimension,
               r->coordinates[0] == r->coordinates[1] || r->transition_states == 0 ? "point"
               : r->coordinates[0] ? "minimum, none of transition states"
                                   : "transition state, none of minima");
    else if (!r->pickles)
        printf("no coordinates\n");
    print_left_behind(r);
    print_kappa(r);
    printf("next: el4ml info %s, el4ml analyse %s, el4ml report %s\n", a->output, a->output, a->output);
}

int command_import(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_import_report report = {0};
    el4ml_import_options options = el4ml_import_options_default();
    options.cancel = &interrupted;
    const format_name *format = find_format(a, true);
    if (!format) return EXIT_USAGE;
    if (a->kappa.given) options.kappa = (double)a->kappa.value;
    if (el4ml_import(format->format, a->words[1], a->output, &options, &report, &error) != EL4ML_OK)
        return report_error(&error);
    if (a->json) return print_json(el4ml_import_report_json(&report));
    if (!a->quiet) print_import(a, &report);
    return EXIT_DONE;
}

/* ---- export ---- */

static void print_export(const arguments *a, const format_name *format, const el4ml_export_report *r)
{
    printf("%s: %zu minim%s, %zu transition state%s", a->output, r->minima, r->minima == 1 ? "um" : "a",
           r->transition_states, r->transition_states == 1 ? "" : "s");
    printf("%s\n", r->coordinates[0] || r->coordinates[1] ? ", with coordinates" : "");
    if (format->format != EL4ML_PATHSAMPLE) return;
    if (r->set_count < 2)
        printf("%s not written: this landscape has no such set%s, and PATHSAMPLE needs both (a count, then "
               "numbers of "
               "minima)\n",
               r->set_count == 0 ? "min.A and min.B are" : "one of min.A and min.B is",
               r->set_count == 0 ? "s" : "");
    if (r->products_missing)
        printf("no point has an ln product: each is written as 1, as with PATHSAMPLE's NOFRQS\n");
    if (r->orders_folded)
        printf("multiplicities that no point-group order can express are inside the ln products\n");
}

int command_export(const arguments *a)
{
    if (strcmp(a->words[0], "model") == 0) return export_model(a);
    if (a->minima) {
        fprintf(stderr, "el4ml: export: --minimum is for export model only; see el4ml export --help\n");
        return EXIT_USAGE;
    }
    el4ml_error error = {0};
    el4ml_landscape *l = NULL;
    el4ml_export_report report = {0};
    const el4ml_export_options options = {
        .replace = a->force, .coordinates = a->coordinates, .cancel = &interrupted};
    const format_name *format = find_format(a, false);
    if (!format) return EXIT_USAGE;
    el4ml_status status = el4ml_landscape_read(a->words[1], &l, &error);
    if (status == EL4ML_OK) status = el4ml_export(format->format, l, a->output, &options, &report, &error);
    el4ml_landscape_close(l);
    if (status != EL4ML_OK) return report_error(&error);
    if (a->json) return print_json(el4ml_export_report_json(&report));
    if (!a->quiet) print_export(a, format, &report);
    return EXIT_DONE;
}
