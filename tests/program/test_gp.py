"""Gaussian processes by the program: the example as it is, what its commands say of bounds, and wrong studies."""
import json
import os
import shutil

import program

EXAMPLE = os.path.join(program.SOURCE, "examples", "gp_diabetes", "study.toml")
# scikit-learn 1.2.1 and SciPy's L-BFGS-B, 300 starts: energy; logarithms of signal, length(bmi), length(s5), noise
KNOWN = ((123.21356985043, (0.939332, 1.272828, 1.437541, -0.519613)),
         (126.40522308166, (0.404567, -0.823819, 0.886116, -0.714512)),
         (137.56747839984, (-0.105489, -0.674453, -3.588338, -1.777782)),
         (137.72756174004, (0.004831, -4.540853, -1.354271, -4.605170)))
NAMES = ["signal", "length(bmi)", "length(s5)", "noise"]


class Example(program.Case):
    @classmethod
    def setUpClass(cls):
        cls.made = None

    def setUp(self):
        super().setUp()
        if Example.made is None:
            self.good("run", EXAMPLE, "-o", "gp", "--threads", "1")
            Example.made = os.path.realpath(self.folder) + "-kept"
            shutil.copytree(self.path("gp"), Example.made)
        else:
            shutil.copytree(Example.made, self.path("gp"))

    @classmethod
    def tearDownClass(cls):
        if cls.made:
            shutil.rmtree(cls.made, ignore_errors=True)

    def test_minima(self):
        minima = self.json("list", "gp", "minima", "--coordinates")
        self.assertEqual(len(minima), 3)
        for found, (energy, x) in zip(sorted(minima, key=lambda m: m["energy"]), KNOWN):
            self.assertAlmostEqual(found["energy"], energy, delta=1e-7)
            for a, b in zip(found["coordinates"], x):
                self.assertAlmostEqual(a, b, delta=1e-5)
            self.assertTrue(found["proved"])
            self.assertLess(found["gradient_rms"], 1e-9)
            self.assertEqual((found["active_bounds"], found["on_bounds"], found["log_multipliers"]), (0, [], 0))
        info = self.json("info", "gp")
        self.assertTrue(info["goal_reached"])
        self.assertEqual((info["components"], info["minima_on_bounds"], info["at_rounding_floor"]), (1, 0, 0))

    def test_verification(self):
        self.assertTrue(self.json("verify", "gp")["passed"])

    def test_check(self):
        check = self.json("check", EXAMPLE)
        self.assertTrue(check["passed"])
        self.assertEqual([b["name"] for b in check["bounds"]], NAMES)
        for bound in check["bounds"]:
            self.assertAlmostEqual(bound["lower"], -4.605170185988091, delta=1e-14)
            self.assertAlmostEqual(bound["upper"], 4.605170185988091, delta=1e-14)

    def test_report(self):
        with open(self.path("gp", "report.html"), encoding="utf-8") as file:
            self.assertIn("negative log marginal likelihood", file.read())

    def test_basins_within_the_bounds(self):
        self.assertIn("beyond the surface's own bounds", self.refused("basin-volume", "gp", "--box", "-5,4"))


class Bounds(program.Case):
    def test_minimum_on_a_bound(self):
        """A minimum with its noise on the lower bound, started within its basin."""
        with open(EXAMPLE) as file:
            text = file.read()
        text = text.replace("../data", program.DATA).replace("bounds = [1e-2, 1e2]",
                                                             "bounds = [[0.9, 1.1], [0.01, 0.02], [0.2, 0.3], [1e-2, 0.1]]")
        self.write("s.toml", text.replace("steps = 100", "steps = 10"))
        self.good("run", "s.toml", "-o", "out")
        minima = self.json("list", "out", "minima", "--coordinates")
        energy, x = KNOWN[3]
        found = [m for m in minima if abs(m["energy"] - energy) < 1e-7]
        self.assertEqual(len(found), 1)
        for a, b in zip(found[0]["coordinates"], x):
            self.assertAlmostEqual(a, b, delta=1e-5)
        self.assertEqual(found[0]["on_bounds"], [{"coordinate": 3, "name": "noise", "bound": "lower"}])
        self.assertEqual(found[0]["active_bounds"], 1)
        self.assertEqual(found[0]["coordinates"][3], -4.605170185988091)
        self.assertTrue(self.json("verify", "out")["passed"])
        self.assertIn("noise low", self.good("list", "out", "minima").out)
        self.assertIn("on a bound: minima 1", self.good("info", "out").out)
        self.assertEqual(self.json("info", "out")["minima_on_bounds"], 1)
        with open(self.path("out", "report.html"), encoding="utf-8") as file:
            self.assertIn("noise low", file.read())
        self.good("export", "json", "out", "-o", "out.json")
        with open(self.path("out.json")) as file:
            self.assertIn("bounds", json.dumps(json.load(file)))

    def test_same_for_any_number_of_threads(self):
        for threads in ("1", "2"):
            self.good("run", EXAMPLE, "-o", threads, "--threads", threads)
        self.assert_same_tables(self.tables("1"), self.tables("2"))


class Wrong(program.Case):
    def test_studies(self):
        with open(EXAMPLE) as file:
            good = file.read().replace("../data", program.DATA)
        for old, new, said in (
                ('"s5"]', '"s55"]', "no column 's55'; did you mean 's5'?"),
                ('"s5"]', '"bmi"]', "'bmi' is named twice"),
                ('"s5"]', '"progression"]', "is the target"),
                ("rows = 100", "rows = 1000", "1000 rows are asked for, there are 442"),
                ('kernel = "se"', 'kernel = "se * se"', "column 6"),
                ('kernel = "se"', 'kernel = "se(s55)"', "did you mean 's5'?"),
                ('kernel = "se"', 'kernel = "sf"', "s.toml:15:10"),
                ("bounds = [1e-2, 1e2]", "bounds = [[1, 2], [1, 2]]", "2 pairs for 4 hyperparameters"),
                ("bounds = [1e-2, 1e2]", "bounds = [1e-200, 1]", "from 1e-50"),
                ("ard = true", 'activation = "tanh"', "does not belong to kind")):
            self.assertIn(old, good)
            self.write("s.toml", good.replace(old, new))
            self.assertIn(said, self.refused("run", "s.toml"))
        iris = good.replace("diabetes.csv", "iris.csv").replace("progression", "species").replace('"bmi", "s5"', '"petal_width"')
        self.write("s.toml", iris)
        self.assertIn("iris.csv:2: column 'species': 'setosa' is not a number", self.refused("run", "s.toml"))


if __name__ == "__main__":
    program.main()
