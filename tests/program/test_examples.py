"""Every study of examples/ and of its folders (plug-ins apart: test_plugin.py), in a short form: it runs, what it finds is verified, and the report is there."""
import glob
import os
import re

import program

EXAMPLES = os.path.join(program.SOURCE, "examples")
STEPS = 4 if program.SLOW else 16  # and as many searches
HEAVY = {"digits": 2, "digits_contrastive": 2, "digits_cross_entropy": 2}  # for these fewer; a slow build leaves them out


def shortened(text, steps=STEPS):
    """Fewer steps and searches; data by absolute path."""
    def least(most):
        return lambda match: "%s = %d" % (match.group(1), min(most, int(match.group(2))))
    text = re.sub(r"^(steps) = (\d+)", least(steps), text, flags=re.M)
    text = re.sub(r"^(budget) = (\d+)", least(steps), text, flags=re.M)
    for table, key in (("explore", "steps"), ("connect", "budget")):
        if not re.search(r"^%s = " % key, text, flags=re.M):
            line = "%s = %d\n" % (key, steps)
            head = "[%s]\n" % table
            text = text.replace(head, head + line) if head in text else text + "\n" + head + line
    return absolute(text)


def absolute(text):
    return re.sub(r'file = "(\.\./)?data/', lambda match: 'file = "%s/' % program.DATA, text)


def studies():
    """Path by name: of the file, or of its folder where the file is study.toml."""
    found = glob.glob(os.path.join(EXAMPLES, "*.toml")) + glob.glob(os.path.join(EXAMPLES, "*", "*.toml"))
    named = {}
    for path in found:
        name = os.path.splitext(os.path.basename(path))[0]
        named[os.path.basename(os.path.dirname(path)) if name == "study" else name] = path
    return named


def example(name):
    with open(studies()[name]) as file:
        return file.read()


class Examples(program.Case):
    def short(self, name, steps=STEPS):
        self.write(name + ".toml", shortened(example(name), HEAVY.get(name, steps)))
        self.good("run", name + ".toml", "-o", name)
        self.good("verify", name)
        return self.json("info", name)

    def test_all(self):
        """One after the other, so that a new example is tested without being named here."""
        names = sorted(name for name, path in studies().items() if "plugin" not in path[len(EXAMPLES):])
        if program.SLOW:
            names = [name for name in names if name not in HEAVY]
        self.assertGreaterEqual(len(names), 20 - program.SLOW * len(HEAVY))
        for name in names:
            with self.subTest(example=name):
                info = self.short(name)
                self.assertGreaterEqual(info["minima"], 1)
                self.assertGreater(info["explore_runs"], 0)
                for file in ("report.html", "disconnectivity.svg", "summary.json"):
                    self.assertTrue(os.path.getsize(self.path(name, file)) > 0)

    def test_convex(self):
        """Logistic regression is one minimum, for every start."""
        info = self.short("logistic")
        self.assertEqual((info["minima"], info["transition_states"], info["explore_failures"]), (1, 0, 0))
        self.assertEqual(self.json("list", "logistic", "minima")[0]["hits"], info["explore_runs"])

    def test_linear_autoencoder(self):
        """One minimum; what joins it to itself is one transition state."""
        info = self.short("autoencoder", 16)
        self.assertEqual((info["minima"], info["degenerate_transition_states"], info["transition_states"]), (1, 1, 1))

    def test_no_minimum(self):
        """Without its L2 term the example of logistic regression has no minimum; it says so, and why, and ends."""
        text = re.sub(r"l2 = .*", "l2 = 0", example("logistic")).replace("steps = 200", "steps = 100000")
        self.write("none.toml", absolute(text))
        result = self.run_program("run", "none.toml", "-o", "none")
        self.assertEqual(result.status, 0, result.err)
        info = self.json("info", "none")
        self.assertEqual(info["minima"], 0)
        self.assertEqual(info["runaways"], info["explore_runs"])
        self.assertLess(info["explore_runs"], 2000)
        with open(self.path("none", "report.html")) as file:
            report = file.read()
        for where in (result.out, info["no_minimum"], self.good("info", "none").out, report):
            self.assertIn("told apart without error", where)
            self.assertIn("l2 = 1e-4", where)

    def test_check(self):
        """The harness on every kind of surface."""
        for name in ("iris", "logistic", "autoencoder", "autoencoder_tanh", "factorisation", "mixture", "morse", "lj7",
                     "schwefel", "kmeans_wine", "gp_diabetes", "breast_cancer_auc"):
            self.write(name + ".toml", shortened(example(name)))
            answer = self.json("check", name + ".toml")
            self.assertTrue(answer["passed"], name)
            self.assertEqual(answer["minimum"]["flat"], answer["minimum"]["zero_modes"], name)
            self.assertIn("passed", self.good("check", name + ".toml").out)


if __name__ == "__main__":
    program.main()
