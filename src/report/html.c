#include "el4ml/report.h"
#include "report/markup.h"
el4ml_status el4ml_report_html(const el4ml_report_input *input, char **html, el4ml_error *error)
{
    el4ml_markup m = {0};
    el4ml_markup_raw(&m, input->name);
    return el4ml_markup_finish(&m, html, error);
}
