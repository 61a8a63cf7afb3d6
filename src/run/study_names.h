/* The words of the study file, in the order of their enumerations; NULL-terminated. */
#ifndef EL4ML_RUN_STUDY_NAMES_H
#define EL4ML_RUN_STUDY_NAMES_H

extern const char *const el4ml_kind_names[];
extern const char *const el4ml_activation_names[];
extern const char *const el4ml_code_activation_names[]; /* "linear", then el4ml_activation_names */
extern const char *const el4ml_covariance_names[];
extern const char *const el4ml_loss_names[];
extern const char *const el4ml_method_names[];
extern const char *const el4ml_minimiser_names[];
extern const char *const el4ml_goal_names[];

#endif
