/* Answers of the commands that check, suggest, import and export. */
#include "insight/json.h"

char *el4ml_verification_json(const el4ml_verification *v)
{
    json_t *o = json_object(), *faults = json_array();
    for (size_t k = 0; k < v->fault_count; k++) {
        const el4ml_fault *f = &v->faults[k];
        json_t *fault = json_object();
        el4ml_json_put_text(fault, "kind", f->species == EL4ML_MINIMUM ? "minimum" : "transition state");
        el4ml_json_put_id(fault, "id", f->index);
        el4ml_json_put_text(fault, "reason", f->reason);
        json_array_append_new(faults, fault);
    }
    el4ml_json_put_count(o, "minima", v->minima);
    el4ml_json_put_count(o, "transition_states", v->transition_states);
    el4ml_json_put_truth(o, "passed", v->fault_count == 0);
    el4ml_json_put(o, "faults", faults);
    return el4ml_json_finish(o);
}

static json_t *bounds_of(const el4ml_surface_info *info)
{
    json_t *list = json_array();
    for (size_t i = 0; i < info->dimension; i++) {
        json_t *o = json_object();
        el4ml_json_put_text(o, "name", info->coordinate_names ? info->coordinate_names[i] : NULL);
        el4ml_json_put_number(o, "lower", info->lower[i]);
        el4ml_json_put_number(o, "upper", info->upper[i]);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *minimum_json(const el4ml_minimum_check *m)
{
    if (!m || !m->found) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "energy", m->value);
    el4ml_json_put_number(o, "gradient_rms", m->gradient_rms);
    el4ml_json_put_count(o, "zero_modes", m->zero_modes);
    el4ml_json_put_count(o, "flat", m->flat);
    el4ml_json_put_number(o, "zero_mode_curvature", m->zero_mode_curvature);
    return o;
}

char *el4ml_check_json(const el4ml_surface *surface, const el4ml_surface_check *c,
                       const el4ml_minimum_check *minimum)
{
    json_t *o = json_object();
    el4ml_json_put_text(o, "surface", surface->info.description);
    el4ml_json_put_count(o, "dimension", surface->info.dimension);
    el4ml_json_put_count(o, "zero_modes", c->zero_modes);
    el4ml_json_put_truth(o, "second_derivatives", surface->info.second_derivatives);
    el4ml_json_put_truth(o, "passed", c->passed && (!minimum || minimum->passed));
    el4ml_json_put_number(o, "gradient_error", c->gradient_error);
    el4ml_json_put_number(o, "hessian_product_error", c->hessian_product_error);
    el4ml_json_put_number(o, "hessian_error", c->hessian_error);
    el4ml_json_put_number(o, "symmetry_error", c->symmetry_error);
    el4ml_json_put_number(o, "alignment_error", c->alignment_error);
    el4ml_json_put_count(o, "wrong_identities", c->wrong_identities);
    el4ml_json_put_number(o, "batch_error", c->batch_error);
    el4ml_json_put_number(o, "zero_mode_error", c->zero_mode_error);
    el4ml_json_put(o, "minimum", minimum_json(minimum));
    el4ml_json_put_number(o, "seconds_gradient", c->seconds_gradient);
    el4ml_json_put_number(o, "seconds_hessian_product", c->seconds_hessian_product);
    el4ml_json_put_number(o, "seconds_hessian", c->seconds_hessian);
    if (surface->info.lower) el4ml_json_put(o, "bounds", bounds_of(&surface->info));
    return el4ml_json_finish(o);
}

char *el4ml_suggestion_json(const char *path, const char *text)
{
    json_t *o = json_object();
    el4ml_json_put_text(o, "path", path);
    el4ml_json_put_text(o, "text", text);
    return el4ml_json_finish(o);
}

char *el4ml_import_report_json(const el4ml_import_report *r)
{
    json_t *o = json_object(), *sets = json_object();
    for (size_t k = 0; k < r->set_count; k++)
        el4ml_json_put_count(sets, r->set_name[k], r->set_size[k]);
    el4ml_json_put_text(o, "program", r->program);
    el4ml_json_put_count(o, "minima", r->minima);
    el4ml_json_put_count(o, "transition_states", r->transition_states);
    el4ml_json_put(o, "dimension", r->dimension > 0 ? el4ml_json_integer(r->dimension) : json_null());
    el4ml_json_put_truth(o, "minimum_coordinates", r->coordinates[EL4ML_MINIMUM]);
    el4ml_json_put_truth(o, "transition_state_coordinates", r->coordinates[EL4ML_TRANSITION_STATE]);
    el4ml_json_put_number(o, "kappa", r->kappa);
    el4ml_json_put_truth(o, "kappa_assumed", r->kappa_assumed);
    el4ml_json_put_count(o, "minima_without_product", r->without_product[EL4ML_MINIMUM]);
    el4ml_json_put_count(o, "transition_states_without_product", r->without_product[EL4ML_TRANSITION_STATE]);
    el4ml_json_put_count(o, "invalid_minima", r->invalid_minima);
    el4ml_json_put_count(o, "invalid_transition_states", r->invalid_states);
    el4ml_json_put(o, "sets", sets);
    return el4ml_json_finish(o);
}

char *el4ml_export_report_json(const el4ml_export_report *r)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "minima", r->minima);
    el4ml_json_put_count(o, "transition_states", r->transition_states);
    el4ml_json_put_truth(o, "minimum_coordinates", r->coordinates[EL4ML_MINIMUM]);
    el4ml_json_put_truth(o, "transition_state_coordinates", r->coordinates[EL4ML_TRANSITION_STATE]);
    el4ml_json_put_count(o, "sets", r->set_count);
    el4ml_json_put_truth(o, "products_missing", r->products_missing);
    el4ml_json_put_truth(o, "orders_folded", r->orders_folded);
    return el4ml_json_finish(o);
}
