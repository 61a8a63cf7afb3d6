/* What the files of the Gaussian process share. A covariance is a sum of terms, a term a signal variance
 * times a product of factors, a factor one kernel on some of the inputs. Parameters are logarithms, term by
 * term: the signal variance, then of each factor its length scales and its shape; the noise variance comes
 * last. */
#ifndef EL4ML_SURFACE_GP_H
#define EL4ML_SURFACE_GP_H

#include "base/factor.h"
#include "el4ml/surfaces.h"
#include "surface/gp_kernels.h"

#define EL4ML_GP_TERMS 8
#define EL4ML_GP_FACTORS 4
#define EL4ML_GP_NAME 192 /* bytes of a hyperparameter's name, the excerpt of an input's included */

typedef struct el4ml_gp_factor {
    el4ml_gp_form form;
    size_t inputs, *input; /* which; ascending, each once */
    bool ard;              /* a length scale for each of them */
    size_t length;         /* its first length scale's parameter */
    size_t shape;          /* the parameter alpha or nu; SIZE_MAX: none */
} el4ml_gp_factor;

typedef struct el4ml_gp_term {
    size_t signal, end; /* parameters signal ... end - 1 are this term's */
    size_t factors;
    el4ml_gp_factor factor[EL4ML_GP_FACTORS];
    size_t
        group; /* the first term that this one may be exchanged with; its own number: with none before it */
} el4ml_gp_term;

typedef struct el4ml_gp_expression {
    size_t terms, parameters; /* with the noise */
    el4ml_gp_term term[EL4ML_GP_TERMS];
} el4ml_gp_expression;

/* Reads the expression of `options` (docs/el4ml.1, kernel); names (inputs) may be NULL. */
el4ml_status el4ml_gp_parse(const el4ml_gp_options *options, size_t inputs, const char *const *names,
                            el4ml_gp_expression *e, el4ml_error *error);
void el4ml_gp_expression_clear(el4ml_gp_expression *e);
const char *el4ml_gp_form_name(el4ml_gp_form form);

static inline size_t el4ml_gp_lengths(const el4ml_gp_factor *f)
{
    return f->ard ? f->inputs : 1;
}

typedef struct el4ml_gp {
    el4ml_gp_expression e;
    size_t rows, size; /* N, and that rounded up to whole vectors */
    size_t inputs;
    double *block; /* owns all vectors below */
    double *x;     /* (inputs, size), padded with zeros */
    double *y;     /* (size) likewise */
    double jitter;
    double *lower, *upper;             /* (parameters) */
    double *prior_mean, *prior_spread; /* (parameters) of the Gaussian on the logarithm; NaN: none */
    char **names;                      /* (parameters) */
    double nearest;                    /* smallest positive squared difference in any one input */
} el4ml_gp;

/* Rounding error of the gradient over its estimate (gp.c). */
#define EL4ML_GP_ROUNDING 1e-16

/* How much is known at the workspace's point. */
enum { EL4ML_GP_NOTHING, EL4ML_GP_VALUE, EL4ML_GP_GRADIENT, EL4ML_GP_HESSIAN };

typedef struct el4ml_gp_workspace {
    int known;
    double *at;     /* (n) the point */
    double *theta;  /* (n) e^at */
    double *scaled; /* (inputs of all factors one after another, size): x over its length scale */
    double *k;      /* (size, size): the covariance without noise; upper triangle */
    double *term[EL4ML_GP_TERMS];                  /* (size, size) each; k itself where there is one term */
    double *jet[EL4ML_GP_TERMS][EL4ML_GP_FACTORS]; /* (6, size, size): of a Matern factor with free nu */
    el4ml_factor factor;
    double *inverse, *turned, *w, *alpha; /* U^-1, scratch (size, size); K^-1 - alpha alpha^T; K^-1 y */
    double *derivative;                   /* (n, size, size): U^-T dK/dx_p U^-1 */
    double *projected;                    /* (n, size): U^-T dK/dx_p alpha */
    double *rows;                         /* scratch of a row: see gp_derivatives.c */
    el4ml_gp_nodes nodes;
    double value, *gradient, *hessian; /* (n), (n, n) */
    double trace_inverse;              /* of K^-1 */
    double *blocks, *costs;            /* scratch of symmetry */
    size_t *indices;
} el4ml_gp_workspace;

/* gp_covariance.c */
/* Covariance, its factor, alpha and the value at x; NUMERICAL when it is not positive definite. */
el4ml_status el4ml_gp_value(const el4ml_gp *g, el4ml_gp_workspace *w, const double *x);
/* Squared distances q (size) of row i to the columns from `from` on, over the scaled inputs of a factor, and
 * with u (inputs, size) each input's part. */
void el4ml_gp_distances(const el4ml_gp *g, const el4ml_gp_workspace *w, size_t term, size_t factor, size_t i,
                        size_t from, double *q, double *u);
/* row (size): the covariance, without noise, of a point (inputs) with the training rows; the value must be
 * known. */
void el4ml_gp_cross(const el4ml_gp *g, el4ml_gp_workspace *w, const double *point, double *row);
/* Row i of jet number `which` of a factor; NULL where it keeps none. */
double *el4ml_gp_jet(const el4ml_gp *g, const el4ml_gp_workspace *w, size_t term, size_t factor, size_t which,
                     size_t i);

/* gp_derivatives.c; the value must be known. */
void el4ml_gp_gradient(const el4ml_gp *g, el4ml_gp_workspace *w);
void el4ml_gp_hessian(const el4ml_gp *g, el4ml_gp_workspace *w); /* the gradient must be known */
/* Doubles of workspace->rows. */
size_t el4ml_gp_row_scratch(const el4ml_gp *g);

/* gp_matern.c */
double el4ml_digamma(double x);
double el4ml_trigamma(double x);
/* Room for every nu within these limits. False: out of memory. */
#define EL4ML_GP_LEAST_NU 0.1
#define EL4ML_GP_MOST_NU 100.0
bool el4ml_gp_nodes_init(el4ml_gp_nodes *nodes);
/* Nodes of the integral over scales for this nu, good for squared distances from `least` on. */
void el4ml_gp_nodes_set(el4ml_gp_nodes *nodes, double nu, double least);
void el4ml_gp_nodes_clear(el4ml_gp_nodes *nodes);

/* gp_workspace.c */
void *el4ml_gp_workspace_new(const void *self);
void el4ml_gp_workspace_free(void *workspace);

/* gp.c */
/* Everything up to `level` at x. */
el4ml_status el4ml_gp_prepare(const el4ml_gp *g, el4ml_gp_workspace *w, const double *x, int level);

/* gp_setup.c */
el4ml_status el4ml_gp_build(const el4ml_gp_options *options, const el4ml_dataset *train,
                            const char *const *input_names, el4ml_gp **made, el4ml_surface_info *info,
                            el4ml_error *error);
/* gp.c */
void el4ml_gp_free(el4ml_gp *g);
/* NULL when it is another surface. */
const el4ml_gp *el4ml_gp_of(const el4ml_surface *surface);

/* gp_symmetry.c */
el4ml_status el4ml_gp_align(const void *self, void *workspace, const double *fixed, const double *moving,
                            uint64_t variant, double *aligned, double *distance);
el4ml_status el4ml_gp_same(const void *self, void *workspace, const double *a, const double *b,
                           double tolerance, bool *same);
el4ml_status el4ml_gp_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                   double *log_multiplicity, double *order);
void el4ml_gp_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                               double *y);
/* Which terms may be exchanged, once bounds and priors are known; false: none. */
bool el4ml_gp_find_groups(el4ml_gp *g);

/* gp_predict.c */
el4ml_status el4ml_gp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                              el4ml_metrics *metrics);
/* The means for each row. */
el4ml_status el4ml_gp_means(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                            double *outputs);

#endif
