/* The commands: one table with what each takes and says of itself. */
#include "program.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name;
    command_function function;
    int least, most;       /* words */
    unsigned long options; /* that only some commands take */
    const char *help;      /* its usage, then what it does */
} command;

#define SETS                                                                                                 \
    "SET: ids and ranges (1,4-7), global, all, basin:ID, funnel:ID, or a set that the landscape keeps (A, "  \
    "B).\n"

static const command commands[] = {
    {"init", command_init, 1, 1, TAKES_OUTPUT | TAKES_TARGET | TAKES_FORCE,
     "el4ml init DATA.csv --target COLUMN [-o FILE.toml] [--force] [--json]\n"
     "Write a commented study file with sensible defaults for this data; -o - prints it.\n"},
    {"run", command_run, 1, 1, TAKES_OUTPUT,
     "el4ml run STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T] [--quiet] [--json]\n"
     "Explore, connect, analyse and report. DIR is ./NAME of the study; an interrupted DIR is continued.\n"},
    {"explore", command_explore, 1, 1, TAKES_OUTPUT,
     "el4ml explore STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T]\n"
     "Minimisations only: basin-hopping or random starts up to [explore] steps.\n"},
    {"connect", command_connect, 1, 1, TAKES_OUTPUT,
     "el4ml connect STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T]\n"
     "Transition-state searches between the minima that DIR holds, up to [connect] budget.\n"},
    {"analyse", command_analyse, 1, 1, TAKES_TEMPERATURES | TAKES_TEMPERATURE | TAKES_SETS,
     "el4ml analyse DIR [--temperatures FROM,TO,COUNT] [--from SET --to SET [--temperature T]] [--json]\n"
     "Heat capacity and the minima behind its peaks, entropy, frustration, sequence basins, funnels, "
     "degrees,\n"
     "barriers; with two sets of minima the rates between them too. The folder is only read.\n" SETS},
    {"rates", command_rates, 1, 1, TAKES_TEMPERATURES | TAKES_TEMPERATURE | TAKES_SETS | TAKES_RATES,
     "el4ml rates DIR --from SET --to SET [--temperature T | --temperatures FROM,TO,COUNT] [--moments N]\n"
     "            [--equal-weights] [--check] [--trajectories N] [--seed N] [--json]\n"
     "Mean first-passage times, rate constants and committors between two sets of minima, exactly; --check\n"
     "samples trajectories beside them. Without a temperature: that of the heat capacity's highest "
     "peak.\n" SETS},
    {"paths", command_paths, 1, 1, TAKES_TEMPERATURE | TAKES_SETS | TAKES_PATHS,
     "el4ml paths DIR --from SET --to SET [--temperature T] [--count N] [--json]\n"
     "el4ml paths DIR --from SET --to SET --barriers [--json]\n"
     "The N fastest paths (5), and the one with the lowest barrier; or the barriers between all pairs of "
     "minima.\n" SETS},
    {"communities", command_communities, 1, 1, TAKES_TEMPERATURE | TAKES_COMMUNITIES,
     "el4ml communities DIR [--method leiden|infomap|rates] [--temperature T] [--unweighted] [--resolution "
     "R]\n"
     "                  [--threshold G] [--seed N] [--json]\n"
     "Groups of minima with much exchange inside and little between; --threshold: free-energy barrier up to\n"
     "which --method rates joins minima.\n"},
    {"report", command_report, 1, 1, TAKES_TEMPERATURES | TAKES_TEMPERATURE | TAKES_SETS | TAKES_COLOUR,
     "el4ml report DIR [--colour VALUE] [--from SET --to SET] [--temperature T] [--temperatures "
     "FROM,TO,COUNT]\n"
     "Write report.html, disconnectivity.svg, heat_capacity.svg, further figures and summary.json. --colour, "
     "of\n"
     "the disconnectivity graph: test, loss, peak, peak:2, community, basin, funnel, hits, committor or "
     "none.\n" SETS},
    {"info", command_info, 1, 1, 0,
     "el4ml info DIR [--json]\n"
     "Counts, global minimum, connectivity, completeness, cost.\n"},
    {"list", command_list, 2, 2, TAKES_COORDINATES,
     "el4ml list DIR minima|transition-states [--json] [--coordinates]\n"
     "The stationary points, one on a line; with --coordinates their coordinates too.\n"},
    {"verify", command_verify, 1, 1, 0,
     "el4ml verify DIR [--threads N] [--json]\n"
     "Recompute energy, gradient, Hessian index and both sides of every transition state from the data.\n"
     "Exit status 1 and the list if any fails.\n"},
    {"check", command_check, 1, 1, 0,
     "el4ml check STUDY.toml [--json]\n"
     "Gradient, Hessian-vector product, Hessian, symmetry and zero modes of the surface, also at a minimum; "
     "cost\n"
     "of each call. Exit status 1 if any fails.\n"},
    {"gp-advice", command_gp_advice, 1, 1, TAKES_OUTPUT | TAKES_ADVICE,
     "el4ml gp-advice STUDY.toml [-o DIR] [--threshold NATS] [--samples N] [--evaluations N] [--threads N]\n"
     "                [--seed N] [--quiet] [--json]\n"
     "For a Gaussian process: is the best setting of the hyperparameters enough, a mixture over the minima, "
     "or\n"
     "does it take sampling? Maps the landscape (as run does) and checks the answer by slice sampling,\n"
     "Hamiltonian and sequential Monte Carlo, each with and without the landscape, up to --samples "
     "effective\n"
     "samples (400) or --evaluations (200000). Writes gp_advice.svg and gp_advice.json into DIR.\n"},
    {"basin-volume", command_basin_volume, 1, 1, TAKES_BASINS,
     "el4ml basin-volume DIR [--initialiser | --box LOW,HIGH] [--minimum ID,...|all] [--samples N]\n"
     "                       [--tolerance T] [--compare] [--map FILE.svg] [--threads N] [--seed N]\n"
     "                       [--time-limit T] [--quiet] [--json]\n"
     "Catchment basins by steepest descent, with error bars; DIR is only read.\n"
     "Starts from the model's initialiser (default): the probability of every minimum, all at once.\n"
     "--box: uniform points of that box, LOW to HIGH in all coordinates (or a pair for each): volumes in "
     "it.\n"
     "--box with --minimum: these minima one by one, outward from each: for volumes that uniform points\n"
     "hardly ever hit, as in many dimensions.\n"
     "--compare: how many starts a minimiser takes elsewhere. --map: picture of a function of two "
     "variables.\n"},
    {"interpret", command_interpret, 1, 1, TAKES_INTERPRET | TAKES_SETS | TAKES_FIGURE,
     "el4ml interpret DIR [--groups funnels|basins] [--persistence V] [--from SET --to SET]\n"
     "                    [--permutations N] [--level Q] [--figure FILE.svg] [--threads N] [--seed N] "
     "[--json]\n"
     "Which parameters are conserved in a funnel, after alignment over the symmetry group; which features "
     "its\n"
     "minima rely on, by their weights and by permutation; what sets two funnels, or two sets, "
     "apart.\n" SETS},
    {"interpolate", command_interpolate, 1, 3, TAKES_LINES | TAKES_STARTS | TAKES_FIGURE,
     "el4ml interpolate DIR [A B] [--points N] [--pairs N] [--starts N] [--figure FILE.svg] [--threads N]\n"
     "                      [--seed N] [--json]\n"
     "The loss on the straight line from minimum A to minimum B, with and without alignment over the\n"
     "symmetry group, and on the path of lowest barrier through the network. Without A and B: over all\n"
     "pairs, or N of them (100). And from N random starts (100) to where training ends: does it fall all "
     "the\n"
     "way?\n"
     "el4ml interpolate DIR --trajectory METHOD,... [--starts N] [--points N] [--figure FILE.svg] [--json]\n"
     "The paths that minimisers (newton-lbfgs, lbfgs, conjugate-gradient, adam, sgd, sam) take from the "
     "same\n"
     "random starts (1): which basins they pass, where they end.\n"},
    {"compare", command_compare, 1, MAX_WORDS, TAKES_STARTS | TAKES_TEMPERATURE | TAKES_FIGURE,
     "el4ml compare DIR DIR ... [--temperature T] [--starts N] [--figure FILE.svg] [--threads N] [--seed N]\n"
     "              [--time-limit T] [--json]\n"
     "Landscapes side by side: minima, transition states, barriers, peaks, frustration; how likely two\n"
     "trainings from random starts agree (the hits of an exploration with method = \"random\", otherwise N\n"
     "trainings made for this, 100), and what a training costs.\n"},
    {"choose-k", command_choose_k, 1, 1, TAKES_OUTPUT | TAKES_K,
     "el4ml choose-k STUDY.toml [--k 2..10] [-o DIR] [--threads N] [--seed N] [--time-limit T] [--json]\n"
     "How many clusters: a landscape of K-means for each K, in DIR/k2, DIR/k3 ... (DIR: ./NAME-k), beside\n"
     "stability, silhouette, gap statistic and Davies-Bouldin index; a verdict, and DIR/choose_k.svg.\n"},
    {"import", command_import, 2, 2, TAKES_OUTPUT | TAKES_KAPPA,
     "el4ml import pathsample|topsearch|pele PATH -o DIR [--kappa K] [--quiet] [--json]\n"
     "Read another program's database into a new DIR, to be analysed without its surface. PATH: the folder "
     "of\n"
     "min.data and its like (or that min.data), of pele the SQLite file. --kappa: positive Hessian "
     "eigenvalues\n"
     "of a minimum; otherwise 3N - 6 where PATHSAMPLE's points tell the number N of atoms.\n"},
    {"ensemble", command_ensemble, 1, MAX_WORDS, TAKES_ENSEMBLE | TAKES_FIGURE | TAKES_TEMPERATURE,
     "el4ml ensemble DIR [DIR ...] [--members N] [--save FOLDER] [--figure FILE.svg] [--bootstraps N] "
     "[--no-refits]\n"
     "                   [--temperature T] [--seed N] [--json]\n"
     "Which minima to combine (lowest, at random, by the peaks of the heat capacity, by community, by "
     "disagreement)\n"
     "and how (mean, vote, stacking, a gate), against the lowest alone, random restarts and bagging. Chosen "
     "on\n"
     "validation rows, or by cross-fitting on training rows; test rows only tell what that is worth.\n"
     "--save: the members of the recommended one as .npz. --no-refits: leave restarts and bagging out.\n"
     "Several landscapes of one study on different splits of its data: means over the splits.\n"},
    {"robustness", command_robustness, 1, MAX_WORDS, TAKES_ROBUSTNESS | TAKES_FIGURE,
     "el4ml robustness DIR [DIR ...] [--most N] [--noise S] [--relative-noise R] [--input-noise S] "
     "[--samples N]\n"
     "                     [--spectra] [--figure FILE.svg] [--seed N] [--json]\n"
     "Of every minimum (the lowest N, 200): Hessian eigenvalues, trace, loss under noise on parameters and "
     "inputs,\n"
     "train-test gap; and how each measure of sharpness goes with generalisation over the minima. --spectra: "
     "all\n"
     "eigenvalues in --json. Several landscapes of one study on different splits: means over the splits.\n"},
    {"predict", command_predict, 2, 2, TAKES_OUTPUT | TAKES_FORCE | TAKES_MINIMUM,
     "el4ml predict DIR DATA.csv [--minimum SET] [-o FILE.csv] [--force] [--json]\n"
     "What a minimum (the global one), or the mean of several, says of each row of DATA: classes with their\n"
     "probabilities, or values. Columns are found by name; with the target's column there are scores "
     "too.\n" SETS},
    {"export", command_export, 2, 2, TAKES_OUTPUT | TAKES_FORCE | TAKES_COORDINATES | TAKES_MINIMUM,
     "el4ml export pathsample|graphml|json DIR -o PATH [--force] [--coordinates] [--quiet] [--json]\n"
     "el4ml export model DIR [--minimum ID] -o FILE.npz [--force] [--quiet] [--json]\n"
     "Write the landscape for other programs: min.data, ts.data, points.min, points.ts, min.A and min.B in "
     "the\n"
     "folder PATH, or the file PATH; json with --coordinates holds those too. --force replaces what is "
     "there.\n"
     "model: the weights of one minimum (the global one), with named arrays, as start = \"FILE.npz\" reads "
     "them.\n"},
};

static const char general_help[] =
    "el4ml maps the solution space of machine-learning models: minima, transition states, "
    "disconnectivity graphs.\n"
    "\n"
    "  el4ml init DATA.csv --target COLUMN      write a commented study file for this data\n"
    "  el4ml run STUDY.toml [-o DIR]            the whole job: explore, connect, analyse, report\n"
    "  el4ml explore|connect STUDY.toml         one stage\n"
    "  el4ml analyse DIR                        thermodynamics and network of what was found\n"
    "  el4ml rates DIR --from SET --to SET      times and rates from some minima to others\n"
    "  el4ml paths DIR --from SET --to SET      the fastest paths between them, and barriers\n"
    "  el4ml communities DIR                    groups of minima\n"
    "  el4ml report DIR                         report.html and the figures\n"
    "  el4ml info DIR                           counts, global minimum, connectivity, completeness\n"
    "  el4ml list DIR minima|transition-states  the tables\n"
    "  el4ml verify DIR                         recompute every stationary point\n"
    "  el4ml check STUDY.toml                   derivatives, symmetry and cost of the surface\n"
    "  el4ml basin-volume DIR                   how likely a start falls to each minimum; basin volumes\n"
    "  el4ml interpret DIR                      what funnels have in common, which features they rely on\n"
    "  el4ml interpolate DIR [A B]              the loss between minima, straight and by the lowest path\n"
    "  el4ml compare DIR DIR ...                landscapes side by side; how reproducible training is\n"
    "  el4ml gp-advice STUDY.toml               Gaussian process: point estimate, mixture or sampling\n"
    "  el4ml choose-k STUDY.toml --k 2..10      how many clusters\n"
    "  el4ml import FORMAT PATH -o DIR          a database of pathsample, topsearch or pele\n"
    "  el4ml export FORMAT DIR -o PATH          for pathsample, or as graphml or json; model: weights as "
    ".npz\n"
    "  el4ml ensemble DIR                       which minima to combine, and what that gains\n"
    "  el4ml robustness DIR                     sharpness, noise, and what they tell of generalisation\n"
    "  el4ml predict DIR DATA.csv               what a minimum says of the rows of a file\n"
    "\n"
    "options: -o DIR, --threads N (all cores), --seed N, --time-limit 10m, --quiet, --json, --version, "
    "--help\n"
    "el4ml COMMAND --help tells more of one command.\n";

enum { COMMANDS = sizeof commands / sizeof *commands };

static const command *find(const char *name)
{
    for (size_t k = 0; k < COMMANDS; k++)
        if (strcmp(name, commands[k].name) == 0) return &commands[k];
    return NULL;
}

bool print_help(const char *name)
{
    const command *c = name ? find(name) : NULL;
    if (name && !c) return false;
    fputs(c ? c->help : general_help, stdout);
    return true;
}

static int unknown_command(const char *name)
{
    fprintf(stderr, "el4ml: there is no command '%s'; the commands are:", name);
    for (size_t k = 0; k < COMMANDS; k++)
        fprintf(stderr, " %s", commands[k].name);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

static int wrong_words(const command *c, int count)
{
    char number[32];
    if (c->least == c->most)
        snprintf(number, sizeof number, "%d argument%s", c->least, c->least == 1 ? "" : "s");
    else if (c->most == MAX_WORDS)
        snprintf(number, sizeof number, "%d or more arguments", c->least);
    else
        snprintf(number, sizeof number, "%d to %d arguments", c->least, c->most);
    fprintf(stderr, "el4ml: %s takes %s, not %d; see el4ml %s --help\n", c->name, number, count, c->name);
    return EXIT_USAGE;
}

int run_command(const arguments *a)
{
    const command *c = find(a->command);
    if (!c) return unknown_command(a->command);
    if (a->word_count < c->least || a->word_count > c->most) return wrong_words(c, a->word_count);
    const char *stray = stray_option(a, c->options);
    if (stray) {
        fprintf(stderr, "el4ml: %s does not take %s; see el4ml %s --help\n", c->name, stray, c->name);
        return EXIT_USAGE;
    }
    catch_signals();
    return c->function(a);
}
