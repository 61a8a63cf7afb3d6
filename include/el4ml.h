/* el4ml: energy landscapes of machine-learning models. This header includes the whole public interface. */
#ifndef EL4ML_EL4ML_H
#define EL4ML_EL4ML_H

#include "el4ml/status.h"
#include "el4ml/random.h"
#include "el4ml/data.h"
#include "el4ml/surface.h"
#include "el4ml/predictions.h"
#include "el4ml/surfaces.h"
#include "el4ml/plugin.h"
#include "el4ml/study.h"
#include "el4ml/minimise.h"
#include "el4ml/saddle.h"
#include "el4ml/sampling.h"
#include "el4ml/landscape.h"
#include "el4ml/formats.h"
#include "el4ml/run.h"
#include "el4ml/analysis.h"
#include "el4ml/basin_volume.h"
#include "el4ml/advice.h"
#include "el4ml/choose_k.h"
#include "el4ml/answers.h"
#include "el4ml/network.h"
#include "el4ml/basins.h"
#include "el4ml/statistics.h"
#include "el4ml/graph.h"
#include "el4ml/communities.h"
#include "el4ml/thermo.h"
#include "el4ml/kinetics.h"
#include "el4ml/microcanonical.h"
#include "el4ml/report.h"

#endif
