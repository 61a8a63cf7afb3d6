"""Plug-ins: the example, every way in which one can be wrong, and crashes, which must cost nothing that was committed."""
import os
import re
import shutil
import subprocess
import unittest

import program

INCLUDE = os.path.join(program.SOURCE, "include")
EXAMPLE = os.path.join(program.SOURCE, "examples", "plugin")
COMPILER = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")

# V = sum_i (x_i^2 - 1)^2 / 4; `fault` says what is wrong, and from which call on.
SOURCE = r"""
#include <el4ml/plugin.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

static char fault[40] = "none";
static long after = 0;
static atomic_long calls;
static size_t n = 3;

static int is(const char *name)
{
    return strcmp(fault, name) == 0;
}

static void maybe_crash(void)
{
    static volatile int zero = 0, seven = 7;
    if (atomic_fetch_add(&calls, 1) < after) return;
    if (is("segv")) *(volatile int *)NULL = 1;
    if (is("fpe")) zero = seven / zero;
    if (is("abort")) abort();
}

static int value_gradient(const void *self, void *work, const double *x, double *value, double *gradient)
{
    (void)self; (void)work;
    maybe_crash();
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        const double well = x[i] * x[i] - 1;
        *value += well * well / 4;
        if (gradient) gradient[i] = well * x[i];
    }
    if (is("gradient") && gradient) gradient[1] *= 1.01;
    if (is("jump")) *value += x[0] > 0.3 * x[1] ? 1e-3 : 0;
    if (is("rough")) *value += fabs(sin(1e9 * x[0]));
    if (atomic_load(&calls) > after && is("nan")) *value = NAN;
    if (atomic_load(&calls) > after && is("nangradient") && gradient) gradient[0] = NAN;
    return (is("undefined") && atomic_load(&calls) > after) || (is("half") && x[0] < 0);
}

static int hessian_vector(const void *self, void *work, const double *x, const double *v, double *hv)
{
    (void)self; (void)work;
    for (size_t i = 0; i < n; i++)
        hv[i] = (3 * x[i] * x[i] - 1) * v[i] * (is("product") ? 1.01 : 1);
    return 0;
}

static int hessian(const void *self, void *work, const double *x, double *h)
{
    (void)self; (void)work;
    memset(h, 0, n * n * sizeof *h);
    for (size_t i = 0; i < n; i++)
        h[i * n + i] = 3 * x[i] * x[i] - 1;
    return 0;
}

/* Signs: all 2^n of them. */
static void operation(const void *self, size_t number, const double *x, double *y)
{
    (void)self;
    for (size_t i = 0; i < n; i++)
        y[i] = number >> i & 1 ? -x[i] : x[i];
    if (is("operation") && number) y[0] += 0.1;
}

int el4ml_plugin_open(const el4ml_plugin_host *host, el4ml_plugin *p)
{
    for (size_t k = 0; k < host->parameters; k++) {
        if (strcmp(host->names[k], "fault") == 0) snprintf(fault, sizeof fault, "%s", host->values[k]);
        else if (strcmp(host->names[k], "after") == 0) after = atol(host->values[k]);
        else {
            snprintf(host->message, host->message_size, "there is no parameter '%s'", host->names[k]);
            return 1;
        }
    }
    if (getenv("CRASH")) snprintf(fault, sizeof fault, "%s", getenv("CRASH")); /* the same study may crash or not */
    if (getenv("CRASH")) after = atol(getenv("CRASH_AFTER"));
    if (is("open")) abort();
    if (is("silent")) return 1;
    p->struct_size = is("size") ? 8 : is("newer") ? sizeof *p + 8 : sizeof *p;
    p->version = is("version") ? 99 : EL4ML_PLUGIN_VERSION;
    p->dimension = is("dimension") ? 0 : n;
    p->length_scale = is("scale") ? -1 : 0;
    p->value_gradient = is("nothing") ? NULL : value_gradient;
    if (!is("first") && !is("matrix")) p->hessian_vector = hessian_vector;
    if (is("matrix")) p->hessian = hessian;
    if (is("symmetric") || is("operation")) {
        p->operations = (size_t)1 << n;
        p->operation = operation;
    }
    if (is("align")) p->align = (int (*)(const void *, void *, const double *, const double *, unsigned long long, double *, double *))value_gradient;
    return 0;
}
"""


@unittest.skipIf(COMPILER is None, "needs a C compiler")
class Plugin(program.Case):
    @classmethod
    def setUpClass(cls):
        cls.builder = cls("compile")
        program.Case.setUp(cls.builder)
        cls.library = cls.builder.compile(SOURCE, "wells.so")

    @classmethod
    def tearDownClass(cls):
        cls.builder.doCleanups()

    def compile(self, source, name):
        self.write("source.c", source)
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-I", INCLUDE, self.path("source.c"), "-o", self.path(name),
                        "-lm"], check=True)
        return self.path(name)

    def study(self, fault="none", after=0, surface=None, **tables):
        keys = {"kind": "plugin", "file": self.library}
        keys.update(surface or {})
        tables.setdefault("explore", {"steps": 100, "method": "random"})
        tables.setdefault("connect", {"budget": 100})
        text = program.study(None, keys, **tables)
        # JSON writes an inline table otherwise than TOML does
        text = text.replace("[explore]", "parameters = { fault = \"%s\", after = %d }\n[explore]" % (fault, after), 1)
        return self.write("s.toml", text)


class Good(Plugin):
    def test_example(self):
        """The chain of examples/plugin without coupling: 2^n minima at 0, n 2^(n-1) transition states at 1/4."""
        shutil.copy(os.path.join(EXAMPLE, "chain.c"), self.folder)
        with open(os.path.join(EXAMPLE, "chain.c")) as file:
            self.assertLessEqual(len(file.readlines()), 40)
        with open(os.path.join(EXAMPLE, "Makefile")) as file:
            self.write("Makefile", file.read().replace("../../include", INCLUDE))
        subprocess.run(["make", "-s", "CC=" + COMPILER], cwd=self.folder, check=True)
        with open(os.path.join(EXAMPLE, "chain.toml")) as file:
            text = file.read()
        self.write("chain.toml", text)
        self.good("run", "chain.toml")
        self.good("verify", "chain")
        self.write("free.toml", re.sub(r"coupling = [0-9.]+", "coupling = 0", text))
        info = self.json("run", "free.toml", "-o", "free")
        self.assertEqual((info["minima"], info["transition_states"], info["goal_reached"]), (16, 32, True))
        for minimum in self.json("list", "free", "minima"):
            self.assertLess(abs(minimum["energy"]), 1e-16)
        for state in self.json("list", "free", "transition-states"):
            self.assertLess(abs(state["energy"] - 0.25), 1e-12)
        self.good("verify", "free")

    def test_second_derivatives_from_each_other(self):
        """A Hessian alone, products alone, and neither: the same landscape."""
        for fault in ("none", "matrix", "first"):
            self.study(fault, surface={"numerical": True} if fault == "first" else None)
            self.good("check", "s.toml")
            info = self.json("run", "s.toml", "-o", fault)
            self.assertEqual((info["minima"], info["components"]), (8, 1))
            self.good("verify", fault)
            for minimum in self.json("list", fault, "minima"):
                self.assertAlmostEqual(minimum["log_product"], 3 * 0.6931471805599453, places=8)

    def test_symmetry(self):
        """With the group of signs all minima are one, in eight copies, and so are the transition states, in four."""
        self.study("symmetric")
        info = self.json("run", "s.toml", "-o", "out")
        self.assertEqual(info["minima"], 1)
        self.assertAlmostEqual(self.json("list", "out", "minima")[0]["log_multiplicity"], 3 * 0.6931471805599453)
        self.good("verify", "out")
        self.assertTrue(self.json("check", "s.toml")["passed"])

    def test_threads(self):
        self.study("symmetric")
        for threads in ("1", "2"):
            self.good("run", "s.toml", "-o", threads, "--threads", threads)
        self.assert_same_tables(self.tables("1"), self.tables("2"))


class Refused(Plugin):
    def test_wrong_plugins(self):
        for fault, words in {
                "gradient": ["the gradient disagrees with differences", "dV/dx1"],
                "rough": ["not smooth"], "first": ["hessian_vector", "numerical = true"],
                "version": ["version 99", "rebuild"], "size": ["struct_size"], "newer": ["newer"],
                "dimension": ["dimension = 0"], "scale": ["length_scale"], "nothing": ["value_gradient is required"],
                "silent": ["refused"], "align": ["come together"], "undefined": ["not defined at any"]}.items():
            self.study(fault)
            for words_of_command in (["run", "s.toml", "-o", "out"], ["check", "s.toml"]):
                message = self.refused(*words_of_command)
                self.assertIn("wells.so: ", message)
                for word in words:
                    self.assertIn(word, message, fault)

    def test_unknown_parameter(self):
        self.study()
        with open(self.path("s.toml")) as file:
            text = file.read().replace("fault =", "falt =")
        self.write("s.toml", text)
        self.assertIn("wells.so: there is no parameter 'falt'", self.refused("run", "s.toml"))

    def test_no_plugin(self):
        self.write("text.so", "not a library")
        self.compile("int nothing;", "empty.so")
        os.remove(self.path("source.c"))
        for name, word in (("missing.so", "No such file"), ("text.so", "cannot be loaded"),
                           ("empty.so", "no function el4ml_plugin_open")):
            self.write("s.toml", program.study(None, {"kind": "plugin", "file": "./" + name}))
            message = self.refused("run", "s.toml", "-o", "out")
            self.assertIn(name, message)
            self.assertIn(word, message)

    def test_changed_plugin(self):
        """A landscape belongs to the bytes of its plug-in."""
        library = self.compile(SOURCE, "mine.so")
        self.study(surface={"file": library})
        self.good("run", "s.toml", "-o", "out")
        self.compile(SOURCE.replace("/ 4;", "/ 2;").replace("well * x[i]", "2 * well * x[i]"), "mine.so")
        for words in (["run", "s.toml", "-o", "out"], ["verify", "out"]):
            message = self.refused(*words)
            self.assertIn("mine.so", message)
            self.assertIn("changed", message)
        other = self.compile(SOURCE, "moved.so")  # the same bytes elsewhere are the same surface
        shutil.copy(other, self.path("mine.so"))
        self.good("verify", "out")
        self.study(surface={"file": other})
        self.good("run", "s.toml", "-o", "out")


class Broken(Plugin):
    """The exit status is 1, one line names the plug-in, and what was committed is there."""
    def test_crashes(self):
        """Run again, without the crash, the landscape becomes what it is without one."""
        self.study(explore={"steps": 400, "method": "random"})
        evaluations = self.json("explore", "s.toml", "-o", "whole")["evaluations"]
        self.good("run", "s.toml", "-o", "whole")
        for crash, words in (("segv", "memory"), ("fpe", "arithmetic"), ("abort", "abort")):
            result = self.run_program("run", "s.toml", "-o", crash, 
                                      env=dict(os.environ, CRASH=crash, CRASH_AFTER=str(int(0.8 * evaluations))))
            self.assertEqual(result.status, 1, result.err)
            self.assertEqual(result.err.count("\n"), 1, result.err)
            self.assertIn("wells.so: the plug-in crashed", result.err)
            self.assertIn(words, result.err)
            info = self.json("info", crash)
            self.assertGreater(info["explore_runs"], 0)
            self.assertLess(info["explore_runs"], 400)
            self.good("run", "s.toml", "-o", crash)
            self.assert_same_tables(self.tables("whole"), self.tables(crash))

    def test_crash_when_opened(self):
        self.study("open")
        result = self.run_program("run", "s.toml", "-o", "out")
        self.assertEqual(result.status, 1)
        self.assertIn("wells.so: the plug-in crashed", result.err)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_not_a_number(self):
        """At a start: nothing is begun. Later: it is finished, and told."""
        for fault in ("nan", "nangradient"):
            self.study(fault)
            result = self.run_program("run", "s.toml", "-o", fault)
            self.assertEqual(result.status, 1)
            self.assertIn("wells.so: its value or gradient at a start is not a finite number", result.err)
            self.assertFalse(os.path.exists(self.path(fault)))
            self.study(fault, 3000, explore={"steps": 400, "method": "random"})
            result = self.run_program("run", "s.toml", "-o", fault)
            self.assertEqual(result.status, 1, result.err)
            self.assertRegex(result.err, r"wells\.so: its value or derivatives were not finite numbers \d+ times")
            info = self.json("info", fault)
            self.assertEqual(info["minima"], 8)
            self.assertGreater(info["not_finite"], 0)

    def test_domain(self):
        """Where a plug-in says that V is not defined, that is no fault: half of the minima are left."""
        self.study("half")
        info = self.json("run", "s.toml", "-o", "out")
        self.assertEqual(info["minima"], 4)
        self.good("verify", "out")

    def test_check_finds_wrong_second_derivatives(self):
        for fault, number in (("product", "hessian_product_error"), ("operation", "symmetry_error")):
            self.study(fault)
            answer = self.json("check", "s.toml", status=1)
            self.assertFalse(answer["passed"])
            self.assertGreater(answer[number], 1e-4)


if __name__ == "__main__":
    del Plugin
    program.main()
