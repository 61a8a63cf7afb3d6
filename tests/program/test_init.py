"""init: from any table to a study that runs; and tables the program has not seen."""
import csv
import json
import os
import random
import re

import program


class Shipped(program.Case):
    def test_each_table(self):
        for name, target in program.TARGETS.items():
            data = os.path.join(program.DATA, name + ".csv")
            result = self.good("init", data, "--target", target)
            self.assertEqual(result.out, "%s.toml written; look it over, then: el4ml run %s.toml\n" % (name, name))
            with open(self.path(name + ".toml")) as file:
                text = file.read()
            self.assertIn('loss = "%s"' % ("mse" if name == "diabetes" else "cross_entropy"), text)
            self.assertGreater(text.count("#"), 10)
            self.assertTrue(self.json("check", name + ".toml", timeout=300)["passed"])
            steps = 2 if name == "digits" else 8
            self.write(name + ".toml", re.sub(r"(?m)^budget = \d+", "budget = 1",
                                              re.sub(r"(?m)^steps = \d+", "steps = %d" % steps, text)))
            info = self.json("run", name + ".toml", "--time-limit", "2s")
            self.assertLessEqual(info["explore_runs"], steps)
            self.assertEqual(set(os.listdir(self.path(name))), program.FILES)
            if info["minima"] > 0 and name != "digits":
                for minimum in self.json("list", name, "minima"):
                    self.assertIsNotNone(minimum["test"]["loss"])  # it holds rows out

    def test_it_does_not_overwrite(self):
        data = os.path.join(program.DATA, "iris.csv")
        self.write("iris.toml", "mine")
        self.assertEqual(self.refused("init", data, "--target", "species"),
                         "el4ml: iris.toml exists already; give another name with -o, or --force to replace it\n")
        self.assertIn("el4ml: nowhere/x.toml: ", self.refused("init", data, "--target", "species", "-o", "nowhere/x.toml"))
        self.good("init", data, "--target", "species", "--force")
        self.good("check", "iris.toml")

    def test_print(self):
        data = os.path.join(program.DATA, "iris.csv")
        before = program.listing(self.folder)
        text = self.good("init", data, "--target", "species", "-o", "-").out
        self.assertEqual(program.listing(self.folder), before)
        self.assertEqual(self.json("init", data, "--target", "species", "-o", "-"), {"path": None, "text": text})
        self.assertEqual(self.json("init", data, "--target", "species"), {"path": "iris.toml", "text": text})
        with open(self.path("iris.toml")) as file:
            self.assertEqual(file.read(), text)

    def test_elsewhere(self):
        """The study finds its data wherever it is written to, and from wherever it is run."""
        os.makedirs(self.path("tables"))
        os.makedirs(self.path("studies"))
        with open(os.path.join(program.DATA, "iris.csv"), "rb") as file:
            self.write("tables/flowers.csv", file.read())
        self.good("init", "tables/flowers.csv", "--target", "species", "-o", "studies/a.toml")
        self.good("init", "tables/flowers.csv", "--target", "species")
        self.good("init", "../tables/flowers.csv", "--target", "species", "-o", "b.toml", cwd=self.path("studies"))
        for name in ("studies/a.toml", "flowers.toml", "studies/b.toml"):
            self.good("check", name)
            self.good("check", os.path.join("..", name), cwd=self.path("tables"))

    def test_nearest(self):
        said = self.refused("init", os.path.join(program.DATA, "iris.csv"), "--target", "specie")
        self.assertIn("did you mean 'species'?", said)


class Unseen(program.Case):
    """Tables made here."""
    def run_table(self, content, target, name="d.csv", **checks):
        self.write(name, content)
        study = os.path.splitext(name)[0] + ".toml"
        self.good("init", name, "--target", target)
        self.assertTrue(self.json("check", study)["passed"])
        with open(self.path(study)) as file:
            text = file.read()
        self.write(study, re.sub(r"(?m)^budget = \d+", "budget = 4", re.sub(r"(?m)^steps = \d+", "steps = 16", text)))
        result = self.good("run", study, "-o", "out")
        self.good("verify", "out")
        return text, result

    def test_five_integer_classes(self):
        """A constant column, duplicate rows, integer labels."""
        draw = random.Random(5)
        rows = []
        for k in range(60):
            label = k % 5
            rows.append([round(draw.gauss(label, 0.7), 3), 4.25, round(draw.gauss(-label, 1), 3), label])
        rows += rows[:10]
        text, result = self.run_table("a,same,b,label\n" + "".join("%g,%g,%g,%d\n" % tuple(r) for r in rows), "label")
        self.assertIn('loss = "cross_entropy"', text)
        self.assertIn("5 classes: 0, 1, 2, 3, 4", text)
        self.assertEqual(result.err.count("\n"), 1)
        self.assertIn("el4ml: warning: 1 input column is constant", result.err)
        self.assertIn("same", result.err)
        with open(self.path("out", "report.html"), encoding="utf-8") as file:
            self.assertIn("constant", file.read())
        self.assertEqual(self.good("run", "d.toml", "-o", "again", "--quiet").err, "")
        for minimum in self.json("list", "out", "minima"):
            for part in ("train", "test"):
                self.assertGreaterEqual(minimum[part]["accuracy"], 0)
                self.assertLessEqual(minimum[part]["accuracy"], 1)

    def test_regression(self):
        draw = random.Random(6)
        rows = [(x, y, 30 + 5 * x - 2 * y * y + draw.gauss(0, 0.1)) for x, y in
                ((draw.uniform(-1, 1), draw.uniform(-1, 1)) for _ in range(60))]
        text, _ = self.run_table("x,y,z\n" + "".join("%.6f,%.6f,%.6f\n" % r for r in rows), "z")
        self.assertIn('loss = "mse"', text)
        best = min(self.json("list", "out", "minima"), key=lambda m: m["energy"])
        self.assertGreater(best["train"]["r2"], 0.9)
        self.assertGreater(best["test"]["r2"], 0.5)
        # metrics in the target's own unit: MSE = (1 - R^2) variance, population, of the training rows
        self.assertLess(best["train"]["loss"], (1 - best["train"]["r2"]) * 40)

    def test_awkward_csv(self):
        """Byte order mark, CRLF, quoted names with commas, quotes and line breaks, spaces, other letters."""
        names = ["petal, long", 'the "width"', "größe µ", " spaced  out ", "line\nbreak", "the class"]
        draw = random.Random(7)
        lines = [names]
        for k in range(40):
            lines.append(["%.3f" % draw.gauss(k % 2, 1) for _ in names[1:]] + ['say "%s", yes' % "ab"[k % 2]])
        content = "\ufeff" + "\r\n".join(",".join('"%s"' % cell.replace('"', '""') for cell in line) for line in lines)
        text, _ = self.run_table(content.encode("utf-8"), "the class", name="my data (1).csv")
        self.assertIn('target = "the class"', text)
        said = self.refused("init", "my data (1).csv", "--target", "the clas", "-o", "x.toml")
        self.assertIn("did you mean 'the class'?", said)

    def test_target_anywhere(self):
        """The column's place does not matter, nor do quotes around its name in the study."""
        rows = "".join("%s,%g,%g\n" % ("xy"[k % 2], k % 5, k % 3) for k in range(20))
        text, _ = self.run_table('"a ""b"" \\c",u,v\n' + rows, 'a "b" \\c')
        self.assertIn("target = " + json.dumps('a "b" \\c'), text)


if __name__ == "__main__":
    program.main()
