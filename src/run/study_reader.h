/* Typed values out of a study file's tables, with messages that name file, line and key. */
#ifndef EL4ML_RUN_STUDY_READER_H
#define EL4ML_RUN_STUDY_READER_H

#include "base/toml.h"
#include "el4ml/study.h"

/* Once something is wrong (status), all of these functions do nothing: the first message stays. */
typedef struct el4ml_study_reader {
    const char *path;
    el4ml_toml_document *document;
    el4ml_study *study;
    el4ml_status status;
    el4ml_error *error;
} el4ml_study_reader;

void el4ml_reader_no_memory(el4ml_study_reader *r);
const el4ml_toml *el4ml_reader_find(const el4ml_study_reader *r, const char *table, const char *key);
const el4ml_toml *el4ml_reader_require(el4ml_study_reader *r, const char *table, const char *key,
                                       const char *what);
void el4ml_reader_list(const char *const *names, size_t count, char *text, size_t size);
void el4ml_reader_boolean(el4ml_study_reader *r, const char *table, const char *key, bool *value);
void el4ml_reader_check_count(el4ml_study_reader *r, const el4ml_toml *node, int64_t low, int64_t high,
                              uint64_t *value);
void el4ml_reader_count(el4ml_study_reader *r, const char *table, const char *key, int64_t low, int64_t high,
                        uint64_t *value);
void el4ml_reader_check_number(el4ml_study_reader *r, const el4ml_toml *node, double low, bool low_included,
                               double high, bool high_included, double *value);
void el4ml_reader_positive(el4ml_study_reader *r, const char *table, const char *key, double *value);
void el4ml_reader_fraction(el4ml_study_reader *r, const char *table, const char *key, double *value);
void el4ml_reader_copy_text(el4ml_study_reader *r, const char *text, char **copy);
void el4ml_reader_check_text(el4ml_study_reader *r, const el4ml_toml *node, const char **text);
/* A list of texts, not empty; NULL: nothing. */
void el4ml_reader_texts(el4ml_study_reader *r, const el4ml_toml *node, char ***texts, size_t *count);
void el4ml_reader_path(el4ml_study_reader *r, const el4ml_toml *node, char **path);
void el4ml_reader_check_word(el4ml_study_reader *r, const el4ml_toml *node, const char *const *names,
                             unsigned *index);
void el4ml_reader_word(el4ml_study_reader *r, const char *table, const char *key, const char *const *names,
                       unsigned *index);

#endif
