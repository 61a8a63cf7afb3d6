/* Bistable sites in a chain: V = sum (x_i^2 - 1)^2 / 4 + coupling / 2 sum (x_i - x_(i+1))^2. */
#include <el4ml/plugin.h>
#include <stdlib.h>
#include <string.h>

static size_t sites = 4; /* written once, when the plug-in is opened */
static double coupling = 0.1;

static double pull(size_t i, const double *x) /* of the neighbours */
{
    return coupling * ((i > 0 ? x[i] - x[i - 1] : 0) + (i + 1 < sites ? x[i] - x[i + 1] : 0));
}
static int value_gradient(const void *self, void *work, const double *x, double *value, double *gradient)
{
    *value = 0;
    for (size_t i = 0; i < sites; i++) {
        const double well = x[i] * x[i] - 1;
        *value += well * well / 4 + x[i] * pull(i, x) / 2;
        if (gradient) gradient[i] = well * x[i] + pull(i, x);
    }
    return self || work; /* 0: all is well; this plug-in has neither */
}
static int hessian_vector(const void *self, void *work, const double *x, const double *v, double *hv)
{
    for (size_t i = 0; i < sites; i++)
        hv[i] = (3 * x[i] * x[i] - 1) * v[i] + pull(i, v);
    return self || work;
}
int el4ml_plugin_open(const el4ml_plugin_host *host, el4ml_plugin *plugin)
{
    for (size_t k = 0; k < host->parameters; k++) {
        if (strcmp(host->names[k], "sites") == 0) sites = strtoul(host->values[k], NULL, 10);
        if (strcmp(host->names[k], "coupling") == 0) coupling = strtod(host->values[k], NULL);
    }
    *plugin =
        (el4ml_plugin){.struct_size = sizeof *plugin, .version = EL4ML_PLUGIN_VERSION, .dimension = sites};
    plugin->value_gradient = value_gradient;
    plugin->hessian_vector = hessian_vector;
    return 0;
}
