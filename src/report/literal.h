#ifndef EL4ML_REPORT_LITERAL_H
#define EL4ML_REPORT_LITERAL_H

enum { EL4ML_LITERAL_SIZE = 256 };

/* Rich text takes * _ ^ as marks; a user's own text, such as an axis label, is to be taken literally. Returns
 * out; an empty text for NULL. */
const char *el4ml_literal(const char *text, char out[EL4ML_LITERAL_SIZE]);

#endif
