/* Loading a plug-in, and what it must show before it is used: a gradient that differences agree with. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "base/text.h"
#include "surface/differences.h"
#include "surface/plugin_surface.h"

enum {
    STARTS = 3,      /* at which the gradient is checked */
    ATTEMPTS = 20,   /* starts where V need not be defined */
    EVERY_AXIS = 64, /* dimension up to which every coordinate is checked; beyond, so many directions */
    ROOM = 4096      /* for the plug-in's struct, should it be longer than ours */
};
#define AGREES 1e-6  /* relative */
#define USELESS 1e-3 /* an error bar of differences that proves nothing, relative */
#define STEP 7e-4    /* of second derivatives from gradients, in length_scale: eps^(1/5) */
#define LARGEST_GROUP 1000000

typedef int (*opener)(const el4ml_plugin_host *host, el4ml_plugin *plugin);

/* ---- Loading ---- */

static const char *shown(const el4ml_plugin_surface *s)
{
    return el4ml_path_for_message(s->file);
}

static el4ml_status read_file(el4ml_plugin_surface *s, el4ml_error *error)
{
    char *bytes = NULL;
    size_t length;
    const el4ml_status status = el4ml_file_read(s->file, &bytes, &length, error);
    if (status == EL4ML_OK) el4ml_sha256(bytes, length, s->sha256);
    el4ml_release(bytes);
    return status;
}

static el4ml_status load(el4ml_plugin_surface *s, opener *open, el4ml_error *error)
{
    el4ml_plugin_enter(s->file); /* constructors run now */
    s->library = dlopen(s->file, RTLD_NOW | RTLD_LOCAL);
    el4ml_plugin_enter(NULL);
    if (!s->library) {
        const char *why = dlerror();
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: cannot be loaded: %s", shown(s), why ? why : "");
    }
    void *const found = dlsym(s->library, "el4ml_plugin_open");
    if (!found)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: not an el4ml plug-in: it has no function el4ml_plugin_open", shown(s));
    memcpy(open, &found, sizeof *open); /* ISO C has no cast from data to function pointers */
    return EL4ML_OK;
}

static el4ml_status fill(el4ml_plugin_surface *s, const el4ml_plugin_options *o, opener open,
                         el4ml_error *error)
{
    static const char *const none[] = {NULL};
    char message[256] = "";
    union {
        el4ml_plugin plugin;
        char bytes[ROOM];
    } room;
    memset(&room, 0, sizeof room);
    const el4ml_plugin_host host = {.struct_size = sizeof host,
                                    .version = EL4ML_PLUGIN_VERSION,
                                    .parameters = o->parameters,
                                    .names = o->names ? (const char *const *)o->names : none,
                                    .values = o->values ? (const char *const *)o->values : none,
                                    .message = message,
                                    .message_size = sizeof message};
    el4ml_plugin_enter(s->file);
    const int refused = open(&host, &room.plugin);
    el4ml_plugin_enter(NULL);
    message[sizeof message - 1] = '\0';
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20) *c = ' ';
    if (refused)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: %s", shown(s),
                          message[0] ? message : "the plug-in refused, without saying why");
    s->plugin = room.plugin;
    return EL4ML_OK;
}

/* ---- What it must bring ---- */

static el4ml_status wrong(const el4ml_plugin_surface *s, const char *why, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: %s", shown(s), why);
}

static el4ml_status check_struct(el4ml_plugin_surface *s, el4ml_error *error)
{
    el4ml_plugin *p = &s->plugin;
    if (p->version != EL4ML_PLUGIN_VERSION)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: made for version %u of el4ml/plugin.h, this is %d: rebuild it", shown(s),
                          p->version, EL4ML_PLUGIN_VERSION);
    if (p->struct_size > sizeof *p)
        return wrong(s, "made for a newer el4ml: rebuild it against this one's el4ml/plugin.h", error);
    if (p->struct_size < offsetof(el4ml_plugin, hessian_vector))
        return wrong(s, "struct_size must be sizeof(el4ml_plugin)", error);
    if (p->dimension == 0 || p->dimension > INT32_MAX)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: dimension = %zu is not possible", shown(s),
                          p->dimension);
    if (!p->value_gradient) return wrong(s, "value_gradient is required", error);
    if (p->length_scale == 0) p->length_scale = 1;
    if (!(p->length_scale > 0) || !isfinite(p->length_scale))
        return wrong(s, "length_scale must be a positive number", error);
    return EL4ML_OK;
}

static el4ml_status check_hooks(const el4ml_plugin_surface *s, bool numerical, el4ml_error *error)
{
    const el4ml_plugin *p = &s->plugin;
    const int symmetry = (p->align != NULL) + (p->same != NULL) + (p->multiplicity != NULL);
    if (!p->hessian_vector && !p->hessian && !numerical)
        return wrong(
            s,
            "has neither hessian_vector nor hessian; add one, or say numerical = true in [surface] to have "
            "second derivatives made from gradients",
            error);
    if (symmetry != 0 && symmetry != 3) return wrong(s, "align, same and multiplicity come together", error);
    if ((p->operation != NULL) != (p->operations > 0))
        return wrong(s, "operation and operations come together", error);
    if (p->operation && symmetry) return wrong(s, "operation and align exclude each other", error);
    if (p->operations > LARGEST_GROUP)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: a list of %zu operations is too long; align does without", shown(s),
                          p->operations);
    if ((p->zero_modes != NULL) != (p->max_zero_modes > 0) || p->usual_zero_modes > p->max_zero_modes ||
        p->max_zero_modes > p->dimension)
        return wrong(s, "zero_modes, max_zero_modes and usual_zero_modes do not fit each other", error);
    return EL4ML_OK;
}

/* ---- The gradient ---- */

/* One direction: the coordinate k, or a random one. */
static el4ml_status check_direction(const el4ml_plugin_surface *s, el4ml_evaluator *e, const double *x,
                                    const double *g, double value, const double *d, size_t k, double *work,
                                    el4ml_error *error)
{
    char name[40];
    double by_differences = 0, bar;
    const double slope = el4ml_dot(e->n, g, d);
    const double size = el4ml_norm(e->n, g) + 1e-4 * (1 + fabs(value)) / s->plugin.length_scale;
    const el4ml_status status = el4ml_difference(e, x, d, false, &by_differences, &bar, work);
    if (status != EL4ML_OK) return status;
    if (k < e->n)
        snprintf(name, sizeof name, "dV/dx%zu", k);
    else
        snprintf(name, sizeof name, "the slope along a direction");
    if (!(bar <= USELESS * size))
        return el4ml_fail(
            error, EL4ML_BAD_INPUT,
            "%s: V is not smooth at a start: differences tell %s only to %.2g (the plug-in: %.6g)", shown(s),
            name, bar, slope);
    if (fabs(by_differences - slope) <= 20 * bar + AGREES * size) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_BAD_INPUT,
        "%s: the gradient disagrees with differences of V at a start: %s is %.9g by the plug-in, %.9g "
        "by differences",
        shown(s), name, slope, by_differences);
}

static el4ml_status check_start(const el4ml_plugin_surface *s, el4ml_evaluator *e, el4ml_random *random,
                                double *block, bool *defined, el4ml_error *error)
{
    const size_t n = e->n, directions = n < EVERY_AXIS ? n : EVERY_AXIS;
    double *x = block, *g = x + n, *d = g + n, *work = d + n, value;
    el4ml_initialise(e, random, x);
    el4ml_status status = el4ml_value_gradient(e, x, &value, g);
    if (atomic_load(s->not_finite) > 0)
        return el4ml_fail(
            error, EL4ML_NUMERICAL,
            "%s: its value or gradient at a start is not a finite number (where V is not defined, "
            "value_gradient must not return 0)",
            shown(s));
    *defined = status == EL4ML_OK;
    if (status == EL4ML_NUMERICAL) return EL4ML_OK;
    for (size_t k = 0; k < directions && status == EL4ML_OK; k++) {
        if (n <= EVERY_AXIS)
            for (size_t i = 0; i < n; i++)
                d[i] = i == k;
        else
            el4ml_random_direction(random, n, d);
        status = check_direction(s, e, x, g, value, d, n <= EVERY_AXIS ? k : n, work, error);
    }
    return status;
}

static el4ml_status check_gradient(const el4ml_surface *surface, el4ml_error *error)
{
    const el4ml_plugin_surface *s = surface->self;
    el4ml_evaluator e;
    el4ml_status status = el4ml_evaluator_init(&e, surface, error);
    if (status != EL4ML_OK) return status;
    double *block = EL4ML_NEW(double, 3 * e.n + EL4ML_DIFFERENCE_WORK(e.n));
    if (!block) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", shown(s));
    el4ml_random random = el4ml_random_new(1, 98, 0);
    size_t done = 0;
    for (int k = 0; k < ATTEMPTS && done < STARTS && status == EL4ML_OK; k++) {
        bool defined = false;
        status = check_start(s, &e, &random, block, &defined, error);
        done += defined;
    }
    if (status == EL4ML_OK && done == 0)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "%s: V is not defined at any of %d starts", shown(s),
                            ATTEMPTS);
    el4ml_release(block);
    el4ml_evaluator_clear(&e);
    return status;
}

/* ---- All of it ---- */

static el4ml_status make(el4ml_plugin_surface *s, const el4ml_plugin_options *o, el4ml_surface **surface,
                         el4ml_error *error)
{
    opener open = NULL;
    el4ml_status status = read_file(s, error);
    if (status == EL4ML_OK) status = load(s, &open, error);
    if (status == EL4ML_OK) status = fill(s, o, open, error);
    if (status == EL4ML_OK) status = check_struct(s, error);
    if (status == EL4ML_OK) status = check_hooks(s, o->numerical, error);
    if (status != EL4ML_OK) return status;
    const el4ml_plugin *p = &s->plugin;
    s->step = STEP * p->length_scale;
    const el4ml_surface_ops ops = el4ml_plugin_hooks(p);
    el4ml_surface_info info = {.dimension = p->dimension,
                               .max_zero_modes = p->max_zero_modes,
                               .usual_zero_modes = p->usual_zero_modes,
                               .length_scale = p->length_scale,
                               .second_derivatives = true};
    const bool made_up = !p->hessian_vector && !p->hessian;
    snprintf(info.description, sizeof info.description, "plug-in: %.180s%s",
             p->description ? el4ml_excerpt_of(p->description).text : el4ml_path_base(s->file),
             made_up ? ", second derivatives from gradients" : "");
    return el4ml_surface_new(&ops, &info, s, surface, error);
}

el4ml_status el4ml_plugin_new(const el4ml_plugin_options *options, el4ml_surface **surface,
                              el4ml_error *error)
{
    el4ml_plugin_surface *s = EL4ML_NEW(el4ml_plugin_surface, 1);
    if (s) {
        s->file = el4ml_copy_text(options->file);
        s->not_finite = EL4ML_NEW(atomic_ullong, 1);
    }
    if (!s || !s->file || !s->not_finite) {
        el4ml_plugin_destroy(s);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "plugin: out of memory");
    }
    el4ml_surface *made = NULL;
    el4ml_status status = make(s, options, &made, error);
    if (status != EL4ML_OK) {
        el4ml_plugin_destroy(s);
        return status;
    }
    status = check_gradient(made, error);
    if (status == EL4ML_OK)
        *surface = made;
    else
        el4ml_surface_free(made);
    return status;
}

static const el4ml_plugin_surface *plugin_of(const el4ml_surface *surface)
{
    return strcmp(surface->ops.kind, "plugin") == 0 ? surface->self : NULL;
}

const char *el4ml_plugin_sha256(const el4ml_surface *surface)
{
    const el4ml_plugin_surface *s = plugin_of(surface);
    return s ? s->sha256 : NULL;
}

uint64_t el4ml_plugin_not_finite(const el4ml_surface *surface)
{
    const el4ml_plugin_surface *s = plugin_of(surface);
    return s ? atomic_load(s->not_finite) : 0;
}
