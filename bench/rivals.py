#!/usr/bin/python3
"""Times what numpy, scipy and scikit-learn take for cases of the table of `make bench`, on the same data.

Prints a line for each, "case <tab> who <tab> time <tab> unit", which table.c reads; the names of the cases are those of
the benchmark programs. CPU time of one thread, least of several repetitions, as there. What is not installed is named
in one line of standard error. --brief: the small cases, a few repetitions."""
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy loads its BLAS

import csv
import importlib
import sys
import time

BRIEF = "--brief" in sys.argv[1:]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "data")


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


np = load("numpy")
optimize = load("scipy.optimize")
neural_network = load("sklearn.neural_network")


def table(name, classes):
    """Standardised inputs and class labels of a file whose last column is the class; synthetic data without a file."""
    if name is None:  # bench_mlp.c makes the same
        rows, inputs = 10000, 784
        return np.sin(1.0 + np.arange(rows * inputs)).reshape(rows, inputs), np.arange(rows) % classes
    with open(os.path.join(DATA, name), newline="") as file:
        lines = list(csv.reader(file))[1:]
    x = np.array([[float(cell) for cell in line[:-1]] for line in lines])
    names = sorted({line[-1] for line in lines})
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return x, np.array([names.index(line[-1]) for line in lines])


class Net:
    """Mean cross-entropy plus lambda |x|^2 and its gradient, in the fewest numpy calls that this takes."""

    def __init__(self, sizes, x, label, l2):
        self.sizes, self.x, self.l2 = sizes, x, l2
        self.rows = np.arange(len(x))
        self.label = label
        self.shapes = list(zip(sizes[1:], sizes[:-1]))
        self.n = sum(o * i + o for o, i in self.shapes)

    def start(self, random):
        parts = []
        for outputs, inputs in self.shapes:
            bound = (6 / (inputs + outputs)) ** 0.5
            parts += [random.uniform(-bound, bound, outputs * inputs), np.zeros(outputs)]
        return np.concatenate(parts)

    def layers(self, flat):
        at = 0
        for outputs, inputs in self.shapes:
            weights = flat[at : at + outputs * inputs].reshape(outputs, inputs)
            at += outputs * inputs
            yield weights, flat[at : at + outputs]
            at += outputs

    def __call__(self, flat):
        layers = list(self.layers(flat))
        values = [self.x]
        for weights, biases in layers[:-1]:
            values.append(np.tanh(values[-1] @ weights.T + biases))
        weights, biases = layers[-1]
        a = values[-1] @ weights.T + biases
        a -= a.max(axis=1, keepdims=True)
        p = np.exp(a)
        total = p.sum(axis=1, keepdims=True)
        count = len(self.x)
        loss = (np.log(total[:, 0]) - a[self.rows, self.label]).mean() + self.l2 * (flat @ flat)
        p /= total
        p[self.rows, self.label] -= 1
        delta = p / count
        gradient = np.empty(self.n)
        slots = list(self.layers(gradient))
        for l in range(len(layers) - 1, -1, -1):
            slots[l][0][:] = delta.T @ values[l]
            slots[l][1][:] = delta.sum(axis=0)
            if l > 0:
                delta = (delta @ layers[l][0]) * (1 - values[l] * values[l])
        gradient += 2 * self.l2 * flat
        return loss, gradient


def least(call, length=0.02, repetitions=9):
    """Least CPU time of a call, in us, in batches of about `length` seconds."""
    if BRIEF:
        length, repetitions = 0.002, 3
    call()
    began = time.process_time()
    call()
    once = time.process_time() - began + 1e-7
    calls = max(1, int(length / once))
    best = float("inf")
    for _ in range(repetitions if once < 0.5 else 2):
        began = time.process_time()
        for _ in range(calls):
            call()
        best = min(best, (time.process_time() - began) / calls)
    return best * 1e6


def say(case, who, value, unit):
    print(f"{case}\t{who}\t{value:.4g}\t{unit}", flush=True)


def sklearn_time(sizes, x, label, flat):
    """One loss and gradient of MLPClassifier, the function that it hands to L-BFGS."""
    model = neural_network.MLPClassifier(sizes[1:-1], activation="tanh", solver="lbfgs", alpha=1e-4, max_iter=1)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, label)
    y = model._label_binarizer.transform(label)
    units = model.coefs_ + model.intercepts_
    activations = [x] + [None] * (len(sizes) - 1)
    deltas = [None] * (len(sizes) - 1)
    packed = np.concatenate([u.ravel() for u in units])
    coefficient_gradients = [np.empty_like(c) for c in model.coefs_]
    intercept_gradients = [np.empty_like(c) for c in model.intercepts_]
    return least(
        lambda: model._loss_grad_lbfgs(packed, x, y, activations, deltas, coefficient_gradients, intercept_gradients)
    )


SHAPES = [
    ("iris.csv", (4, 5, 3)),
    ("iris.csv", (4, 10, 3)),
    ("wine.csv", (13, 10, 3)),
    ("breast_cancer.csv", (30, 20, 2)),
    ("digits.csv", (64, 50, 10)),
    ("digits.csv", (64, 30, 30, 10)),
    (None, (784, 64, 10)),
]


def gradients():
    for name, sizes in SHAPES[:3] if BRIEF else SHAPES:
        x, label = table(name, sizes[-1])
        net = Net(sizes, x, label, 1e-3)
        flat = net.start(np.random.default_rng(1))
        case = "gradient " + "-".join(map(str, sizes))
        say(case, "numpy", least(lambda: net(flat)), "us")
        if neural_network is None or name is None:
            continue
        try:
            say(case, "sklearn", sklearn_time(sizes, x, label, flat), "us")
        except (AttributeError, TypeError) as problem:  # its inside has other names in another release
            print(f"rivals: scikit-learn not timed: {problem}", file=sys.stderr)


class Reached(Exception):
    pass


def minimisations():
    """scipy's L-BFGS from random starts until the RMS gradient is 1e-8: mean CPU time and evaluations."""
    x, label = table("iris.csv", 3)
    net = Net((4, 10, 3), x, label, 1e-4)
    random, count, evaluations = np.random.default_rng(1), 3 if BRIEF else 20, 0

    def value(flat):
        nonlocal evaluations
        evaluations += 1
        v, g = net(flat)
        if g @ g <= 1e-16 * net.n:
            raise Reached
        return v, g

    spent, reached = 0.0, 0
    for _ in range(count):
        start = net.start(random)
        began = time.process_time()
        try:
            optimize.minimize(
                value, start, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 0, "maxfun": 50000, "maxiter": 50000}
            )
        except Reached:
            reached += 1
        spent += time.process_time() - began
    say("minimise 4-10-3", f"scipy ({evaluations / count:.0f} evaluations, {reached} of {count})", spent / count * 1e3, "ms")


def blas():
    """Which BLAS numpy uses: it is most of the time of the large nets."""
    try:
        with open("/proc/self/maps") as file:
            files = {os.path.basename(line.split()[-1]) for line in file}
    except OSError:
        return "unknown"
    names = ("libblas", "libopenblas", "libscipy_openblas", "libmkl", "libblis")
    return ", ".join(sorted(name for name in files if name.startswith(names))) or "an unknown BLAS"


def main():
    missing = [
        name
        for name, module in (("numpy", np), ("scipy", optimize), ("scikit-learn", neural_network))
        if module is None
    ]
    if missing:
        print(f"not installed for {sys.executable}, so not timed: {', '.join(missing)}", file=sys.stderr)
    if np is None:
        return
    gradients()
    if optimize is not None:
        minimisations()
    print(f"numpy {np.__version__} with {blas()}, one thread", file=sys.stderr)


main()
