/* What the two halves of plug-ins share: plugin.c calls them, plugin_load.c loads them. */
#ifndef EL4ML_SURFACE_PLUGIN_SURFACE_H
#define EL4ML_SURFACE_PLUGIN_SURFACE_H

#include <stdatomic.h>

#include "el4ml/plugin.h"
#include "el4ml/surfaces.h"

typedef struct el4ml_plugin_surface {
    el4ml_plugin plugin;
    void *library; /* dlopen's */
    char *file;
    char sha256[65];
    double step;               /* of second derivatives from gradients */
    atomic_ullong *not_finite; /* results with 0 that were not finite */
} el4ml_plugin_surface;

/* Closes the plug-in, where it was opened, unloads it, and frees `self`, an el4ml_plugin_surface. */
void el4ml_plugin_destroy(void *self);
/* Hooks for what the plug-in brings. */
el4ml_surface_ops el4ml_plugin_hooks(const el4ml_plugin *plugin);
/* The plug-in whose code this thread is about to run; NULL: none any more. */
void el4ml_plugin_enter(const char *file);

#endif
