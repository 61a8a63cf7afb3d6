/* From a landscape to what it says: network, merge tree, barriers, thermodynamics. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "insight/peak_models.h"
#include "network/order.h"

void el4ml_analysis_clear(el4ml_analysis *a)
{
    el4ml_peak_models_free(a->models, a->peaks ? a->peaks->count : 0);
    el4ml_microcanonical_free(a->microcanonical);
    el4ml_degrees_free(a->degrees);
    el4ml_graph_free(a->graph);
    el4ml_funnels_free(a->funnels);
    el4ml_sequence_basins_free(a->basins);
    el4ml_peaks_free(a->peaks);
    el4ml_thermo_free(a->thermo);
    el4ml_merge_tree_free(a->tree);
    el4ml_network_free(a->network);
    el4ml_release(a->barrier_top);
    el4ml_release(a->by_energy);
    *a = (el4ml_analysis){0};
}

static bool rank_minima(el4ml_analysis *a)
{
    const size_t count = a->network->node_count;
    el4ml_sort_item *list = EL4ML_NEW(el4ml_sort_item, count), *scratch = EL4ML_NEW(el4ml_sort_item, count);
    a->by_energy = EL4ML_NEW(size_t, count);
    a->barrier_top = EL4ML_NEW(double, count);
    const bool good = list && scratch && a->by_energy && a->barrier_top;
    if (good) {
        el4ml_sort_minima(a->network, list, scratch);
        for (size_t i = 0; i < count; i++)
            a->by_energy[i] = list[i].index;
        if (count > 0) el4ml_minimax_to(a->tree, a->summary.global_minimum, a->barrier_top);
    }
    el4ml_release(list);
    el4ml_release(scratch);
    return good;
}

static el4ml_status thermodynamics(el4ml_analysis *a, const el4ml_study *study, el4ml_error *error)
{
    size_t counted = 0;
    for (size_t i = 0; i < a->network->node_count; i++)
        counted += !a->network->nodes[i].flagged;
    if (counted == 0) return EL4ML_OK;
    const size_t count = (size_t)study->temperature_count;
    double *temperatures = EL4ML_NEW(double, count);
    if (!temperatures) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "analyse: out of memory");
    el4ml_log_temperatures(study->temperature_from, study->temperature_to, count, temperatures);
    const el4ml_status status = el4ml_thermo_new(a->network, a->tree, temperatures, count, &a->thermo, error);
    el4ml_release(temperatures);
    return status;
}

static el4ml_status find_peaks(el4ml_analysis *a, el4ml_error *error)
{
    const el4ml_thermo none = {0};
    el4ml_peak_options options = el4ml_peak_options_default();
    options.most = EL4ML_MAX_PEAKS;
    return el4ml_peaks_new(a->network, a->thermo ? a->thermo : &none, &options, &a->peaks, error);
}

/* Energies over the same range as the temperatures. */
static el4ml_status microcanonical(el4ml_analysis *a, const el4ml_study *study, el4ml_error *error)
{
    const size_t count = (size_t)study->temperature_count;
    if (!a->thermo || a->thermo->count == 0 || !(a->network->kappa > 0)) return EL4ML_OK;
    double *energies = EL4ML_NEW(double, count);
    if (!energies) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "analyse: out of memory");
    el4ml_microcanonical_energies(a->network, EL4ML_DENSITY_TOTAL, study->temperature_from,
                                  study->temperature_to, count, energies);
    const el4ml_status status =
        el4ml_microcanonical_new(a->network, EL4ML_DENSITY_TOTAL, energies, count, &a->microcanonical, error);
    el4ml_release(energies);
    return status;
}

static el4ml_status groups_of_minima(el4ml_analysis *a, el4ml_error *error)
{
    const el4ml_status status = el4ml_sequence_basins_new(a->network, &a->basins, error);
    return status == EL4ML_OK ? el4ml_funnels_new(a->network, a->tree, NULL, &a->funnels, error) : status;
}

static el4ml_status network_statistics(el4ml_analysis *a, el4ml_error *error)
{
    el4ml_status status = el4ml_graph_new(a->network, &a->graph, error);
    if (status == EL4ML_OK) status = el4ml_degrees_new(a->graph, &a->degrees, error);
    if (status == EL4ML_OK) status = el4ml_clustering_of(a->graph, NULL, &a->clustering, error);
    if (status == EL4ML_OK) status = el4ml_small_world_of(a->graph, NULL, &a->small_world, error);
    if (status == EL4ML_OK)
        status =
            el4ml_network_correlations(a->network, a->graph, NULL, &a->degree_energy, &a->hits_energy, error);
    if (status == EL4ML_OK) a->hub_count = el4ml_hubs(a->graph, EL4ML_HUBS, a->hubs);
    return status;
}

el4ml_status el4ml_analyse(el4ml_landscape *landscape, const el4ml_study *study, const el4ml_surface *surface,
                           const el4ml_data *data, el4ml_analysis *a, el4ml_error *error)
{
    *a = (el4ml_analysis){0};
    el4ml_status status = el4ml_summarise(landscape, study, &a->summary, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(landscape, &a->network, error);
    if (status == EL4ML_OK) status = el4ml_merge_tree_new(a->network, &a->tree, error);
    if (status == EL4ML_OK && !rank_minima(a))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "analyse: out of memory");
    if (status == EL4ML_OK) status = thermodynamics(a, study, error);
    if (status == EL4ML_OK) status = find_peaks(a, error);
    if (status == EL4ML_OK) status = microcanonical(a, study, error);
    if (status == EL4ML_OK) status = groups_of_minima(a, error);
    if (status == EL4ML_OK) status = network_statistics(a, error);
    if (status == EL4ML_OK) status = el4ml_peak_models_new(landscape, surface, data, a, error);
    if (status != EL4ML_OK) el4ml_analysis_clear(a);
    return status;
}
