/* A surface of your own, as a shared object: `kind = "plugin"`, `file = "./my.so"` in a study file.
 *
 *     cc -shared -fPIC -O2 -I INCLUDE my.c -o my.so
 *
 * This header stands alone: a plug-in links nothing of el4ml. It exports one function, el4ml_plugin_open,
 * which fills an el4ml_plugin; examples/plugin has one of 40 lines.
 *
 * Threads: el4ml_plugin_open is called once. After that `self` is read by several threads at the same time,
 * and no function below may write to it or to anything else that is shared. What a call needs to write into
 * belongs into a workspace, one for each thread.
 *
 * Numbers: vectors have `dimension` elements; x is never to be changed. A function that returns an int
 * returns 0 when its results are good, anything else where V is not defined (the search then takes a shorter
 * step). NaN or infinity with a 0 is an error of the plug-in and reported as one. Results must depend on the
 * arguments alone.
 *
 * Compatibility: a plug-in is refused when its version is another one; members may be added at the end of a
 * struct within a version, and a plug-in that does not know them leaves them zero. */
#ifndef EL4ML_PLUGIN_H
#define EL4ML_PLUGIN_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EL4ML_PLUGIN_VERSION 1

/* Uniform random numbers in [0, 1): host->uniform(random). */
typedef double (*el4ml_plugin_uniform)(void *random);

/* What el4ml hands over. Valid during el4ml_plugin_open only, but for `uniform`. */
typedef struct el4ml_plugin_host {
    size_t struct_size;
    unsigned version;
    size_t parameters;                        /* of the study's [surface.parameters] */
    const char *const *names, *const *values; /* texts, as written; a number without quotes is text too */
    char *message;                            /* why el4ml_plugin_open fails: one line of text for the user */
    size_t message_size;                      /* bytes there is room for */
} el4ml_plugin_host;

/* What the plug-in provides; all zero when it is handed over. */
typedef struct el4ml_plugin {
    size_t struct_size;      /* required: sizeof(el4ml_plugin) */
    unsigned version;        /* required: EL4ML_PLUGIN_VERSION */
    size_t dimension;        /* required: n > 0 */
    double length_scale;     /* typical size of a move between neighbouring minima; default 1 */
    const char *description; /* one line for people; default: the file's name */
    void *self;              /* the plug-in's own data */

    /* Starts are uniform between these (n each); default -1 and 1, times length_scale. */
    const double *start_low, *start_high;

    /* Required: V(x), and its gradient where that is not NULL. */
    int (*value_gradient)(const void *self, void *workspace, const double *x, double *value,
                          double *gradient);
    /* hv = H(x) v for one vector, exactly. */
    int (*hessian_vector)(const void *self, void *workspace, const double *x, const double *v, double *hv);
    /* All of H(x), (n, n), symmetric. One of the two is enough; without either the study must say
     * `numerical = true`, and both are made from differences of gradients. */
    int (*hessian)(const void *self, void *workspace, const double *x, double *hessian);

    /* All that follows is optional. */
    void (*close)(void *self);                /* the last call */
    void *(*workspace_new)(const void *self); /* NULL: out of memory */
    void (*workspace_free)(void *workspace);
    void (*start)(const void *self, el4ml_plugin_uniform uniform, void *random, double *x);
    int (*inside)(const void *self, const double *x); /* 0: stationary points there are not wanted */

    /* A finite group of symmetries, V(g x) = V(x): y = g x for operation 0 ... operations - 1, all different,
     * each of which keeps distances. Operation 0 is the identity. */
    size_t operations;
    void (*operation)(const void *self, size_t number, const double *x, double *y);

    /* Directions in which V is flat everywhere along the orbit of x: an orthonormal basis (z, n), returning
     * z, at most max_zero_modes; basis may be NULL. usual_zero_modes: of a typical point. */
    size_t max_zero_modes, usual_zero_modes;
    size_t (*zero_modes)(const void *self, void *workspace, const double *x, double *basis);

    /* For groups that are too large to list, or continuous: all three or none, instead of `operation`. align:
     * the image `aligned` of `moving` closest to `fixed`, and its distance; variants 1, 2 ...: other near
     * ones. same: is some image of b within `tolerance` of a (1), or none (0)? multiplicity: ln(|G| / o) with
     * the number o of operations that leave x as it is. random_operation goes with them, for checks. */
    int (*align)(const void *self, void *workspace, const double *fixed, const double *moving,
                 unsigned long long variant, double *aligned, double *distance);
    int (*same)(const void *self, void *workspace, const double *a, const double *b, double tolerance);
    int (*multiplicity)(const void *self, void *workspace, const double *x, double tolerance,
                        double *log_multiplicity, double *order);
    void (*random_operation)(const void *self, void *workspace, el4ml_plugin_uniform uniform, void *random,
                             const double *x, double *y);
} el4ml_plugin;

/* The one function that a plug-in exports. 0: *plugin is filled; anything else: refused, for the reason in
 * host->message. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int el4ml_plugin_open(const el4ml_plugin_host *host, el4ml_plugin *plugin);

#ifdef __cplusplus
}
#endif
#endif
