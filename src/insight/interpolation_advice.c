/* What the lines between minima say, in words. */
#include <math.h>

#include "base/text.h"
#include "el4ml/interpolation.h"

static double percent(double excess, double gain)
{
    return gain > 0 ? 100 * excess / gain : INFINITY;
}

static void say_pair(el4ml_builder *b, const el4ml_interpolation *r)
{
    const el4ml_way *way = &r->lowest;
    const bool joined = r->connected_lowest;
    el4ml_builder_format(b, "Minima %zu and %zu are %slinearly connected%s: ", r->a + 1, r->b + 1,
                         joined ? "" : "not ", r->symmetry ? " after alignment over the symmetry group" : "");
    el4ml_builder_format(b,
                         "on the straight line V rises %.3g above the line between their values, %.3g "
                         "%% of what training gains (%.3g); up to %.3g %% counts as connected.",
                         way->excess, percent(way->excess, r->gain), r->gain, 100 * r->tolerance);
    if (isfinite(way->accuracy_loss))
        el4ml_builder_format(b, " The accuracy on the training rows falls by up to %.3g %% on the way.",
                             100 * way->accuracy_loss);
    if (r->symmetry && r->images > 0)
        el4ml_builder_format(b,
                             " Without alignment it depends on which symmetry copy is met: %.3g on average "
                             "over %zu random copies (5 to 95 %%: %.3g to %.3g).",
                             r->image_mean, r->images, r->image_low, r->image_high);
    if (r->path.count > 0)
        el4ml_builder_format(b,
                             " The path of lowest barrier climbs %.3g from minimum %zu over %zu transition "
                             "state%s, the straight line %.3g.",
                             r->path.barrier, r->a + 1, r->route_length - 1, r->route_length == 2 ? "" : "s",
                             way->barrier);
    else
        el4ml_builder_format(b, " There is no path through the network to compare with: %s.", r->no_path);
    el4ml_builder_text(b, "\n");
    if (r->model && joined)
        el4ml_builder_format(
            b,
            "The parameters of these two can be averaged%s, at a loss of %.6g, %s than the lower "
            "of both.\n",
            r->symmetry ? " after alignment" : "", r->middle,
            r->middle < r->stored.top - fmax(r->stored.barrier, r->stored.barrier_back) ? "less" : "no less");
    else if (r->model)
        el4ml_builder_text(
            b, "Do not average the parameters of these two: combine their predictions instead.\n");
}

static void say_starts(el4ml_builder *b, const el4ml_monotonicity *m)
{
    if (m->converged == 0) {
        el4ml_builder_format(b, "None of %zu random starts converged.\n", m->count);
        return;
    }
    el4ml_builder_format(b,
                         "From %zu of %zu random starts (%.3g %%; %.3g to %.3g %% with %.3g %% confidence) V "
                         "falls all along the straight line to where training ends; the median rise "
                         "on the way is %.2g %% of the whole fall, the largest %.2g %%.\n",
                         m->monotonic, m->converged, 100 * m->share, 100 * m->low, 100 * m->high,
                         100 * m->level, 100 * m->median_rise, 100 * m->largest_rise);
}

static void say_all(el4ml_builder *b, const el4ml_connectivity *c)
{
    el4ml_builder_format(b, "%s%zu pairs of minima: ", c->all ? "All " : "", c->count);
    el4ml_builder_format(b, "%.3g %% are linearly connected", 100 * c->lowest.share);
    if (c->symmetry)
        el4ml_builder_format(b,
                             " after alignment to the best of several nearby symmetry copies, %.3g %% to the "
                             "closest copy, %.3g %% without alignment, to a random copy",
                             100 * c->aligned.share, 100 * c->image.share);
    if (!c->all)
        el4ml_builder_format(b, " (%.3g to %.3g %% of all pairs with %.3g %% confidence)",
                             100 * c->lowest.low, 100 * c->lowest.high, 100 * c->level);
    el4ml_builder_format(b,
                         ". The median rise is %.3g, without alignment %.3g; training gains %.3g, and up to "
                         "%.3g %% of that counts as connected.",
                         c->lowest.median, c->image.median, c->gain, 100 * c->tolerance);
    if (isfinite(c->path_median))
        el4ml_builder_format(b, " Along paths through the network the median barrier is %.3g.",
                             c->path_median);
    el4ml_builder_text(b, "\n");
    if (!c->model) return;
    el4ml_builder_text(
        b, c->lowest.share > 0.5
               ? "Most minima are one solution up to symmetry and small changes: parameters may be "
                 "averaged after alignment.\n"
               : "Most minima are different solutions, not symmetry copies of one: combine "
                 "predictions, not parameters.\n");
}

char *el4ml_interpolation_advice(const el4ml_interpolation *pair, const el4ml_monotonicity *m,
                                 const el4ml_connectivity *c)
{
    el4ml_builder b = {0};
    if (pair) say_pair(&b, pair);
    if (c) say_all(&b, c);
    if (m) say_starts(&b, m);
    return el4ml_builder_take(&b);
}
