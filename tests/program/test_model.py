"""predict and export model: what a minimum says of a file's rows, and its weights taken elsewhere and back."""
import csv
import io
import math
import os
import struct
import zipfile

import program


def arrays(path):
    """name -> (shape, values) of an uncompressed .npz, by NEP 1; text as a list of str."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            data = archive.read(name)
            assert data[:8] == b"\x93NUMPY\1\0"
            length = struct.unpack("<H", data[8:10])[0]
            assert (10 + length) % 64 == 0
            head = eval(data[10:10 + length].decode(), {"__builtins__": {}})
            body, count = data[10 + length:], math.prod(head["shape"])
            if head["descr"] == "<f8":
                values = list(struct.unpack("<%dd" % count, body))
            else:
                width = 4 * int(head["descr"][2:])
                values = [body[k * width:(k + 1) * width].decode("utf-32-le").rstrip("\0") for k in range(count)]
            assert not head["fortran_order"]
            found[name[:-4]] = (head["shape"], values)
    return found


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


class Model(program.Case):
    @classmethod
    def setUpClass(cls):
        case = cls("prepare")
        case.setUp()
        cls.case = case
        case.write("s.toml", program.iris([3], explore={"steps": 32}, connect={"budget": 0}))
        case.good("run", "s.toml", "-o", "net", "--quiet")

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def prepare(self):
        pass

    def setUp(self):
        if self._testMethodName == "prepare":
            super().setUp()
        else:
            self.folder = self.case.folder
        self.iris = os.path.join(program.DATA, "iris.csv")

    def test_weights_by_hand(self):
        """The exported arrays, run through a perceptron written here, give what predict says."""
        self.good("export", "model", "net", "--minimum", "1", "-o", "w.npz", "--force")
        a = arrays(self.path("w.npz"))
        self.assertEqual(a["class_names"][1], ["setosa", "versicolor", "virginica"])
        w, b, v, c = (a[k][1] for k in ("0.weight", "0.bias", "2.weight", "2.bias"))
        (units, inputs), (outputs, _) = a["0.weight"][0], a["2.weight"][0]
        said = table(self.good("predict", "net", "--minimum", "1", self.iris).out)
        with open(self.iris, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(said), len(rows))
        for row, answer in zip(rows, said):
            x = [(float(row[name]) - m) / s for name, m, s in
                 zip(a["input_names"][1], a["input_mean"][1], a["input_scale"][1])]
            h = [math.tanh(b[j] + sum(w[j * inputs + k] * x[k] for k in range(inputs))) for j in range(units)]
            o = [c[j] + sum(v[j * units + k] * h[k] for k in range(units)) for j in range(outputs)]
            total = sum(math.exp(z) for z in o)
            for name, z in zip(a["class_names"][1], o):
                self.assertAlmostEqual(float(answer[name]), math.exp(z) / total, delta=1e-12)
            self.assertEqual(answer["predicted"], a["class_names"][1][o.index(max(o))])

    def test_round_trip(self):
        """start = the exported file: the very same point, so the same energy and no way to its minimum."""
        minimum = self.json("list", "net", "minima", "--coordinates")[0]
        answer = self.json("export", "model", "net", "--minimum", "1", "-o", "back.npz")
        self.assertEqual(answer["energy"], minimum["energy"])
        a = arrays(self.path("back.npz"))
        flat = [v for k in ("0.weight", "0.bias", "2.weight", "2.bias") for v in a[k][1]]
        self.assertEqual(flat, minimum["coordinates"])
        self.write("t.toml", program.iris([3], explore={"steps": 8, "start": "back.npz"}, connect={"budget": 0}))
        self.good("run", "t.toml", "-o", "again", "--quiet")
        start = self.json("info", "again")["start"]
        self.assertAlmostEqual(start["energy"], minimum["energy"], delta=1e-14)
        self.assertLess(start["distance"], 1e-7)
        self.assertIn("exists already", self.refused("export", "model", "net", "--minimum", "1", "-o", "back.npz"))

    def test_other_layers(self):
        """Regression and autoencoders have layers too: named alike, read back alike."""
        for kind, keys, names in (("logistic", "", ["0.weight", "0.bias"]),
                                  ("autoencoder", 'code = 2\nactivation = "tanh"\n',
                                   ["0.weight", "0.bias", "2.weight", "2.bias"])):
            data = f'[data]\nfile = "{self.iris}"\ntarget = "species"\n[surface]\nkind = "{kind}"\nl2 = 1e-2\n{keys}'
            self.write("o.toml", data + '[explore]\nsteps = 4\n[connect]\nbudget = 4\n')
            self.good("run", "o.toml", "-o", kind, "--quiet")
            minimum = self.json("list", kind, "minima", "--coordinates")[0]
            self.good("export", "model", kind, "--minimum", "1", "-o", kind + ".npz")
            a = arrays(self.path(kind + ".npz"))
            self.assertEqual([v for k in names for v in a[k][1]], minimum["coordinates"])
            self.write("o.toml", data + f'[explore]\nsteps = 4\nstart = "{kind}.npz"\n[connect]\nbudget = 0\n')
            self.good("run", "o.toml", "-o", kind + "-again", "--quiet")
            start = self.json("info", kind + "-again")["start"]
            self.assertAlmostEqual(start["energy"], minimum["energy"], delta=1e-14)

    def test_columns_by_name(self):
        """In any order, others left alone, with and without the target; scores are those of the database."""
        with open(self.iris, newline="") as file:
            rows = list(csv.DictReader(file))
        names = [n for n in rows[0] if n != "species"]

        def file(columns):
            lines = [",".join(columns)] + [",".join(r.get(n, "note") for n in columns) for r in rows]
            return "\n".join(lines) + "\n"
        self.write("turned.csv", file(["remark"] + names[::-1] + ["species"]))
        self.write("bare.csv", file(names))
        whole = self.json("predict", "net", "--minimum", "1", self.iris)
        self.assertEqual(whole, self.json("predict", "net", "--minimum", "1", "turned.csv"))
        bare = self.json("predict", "net", "--minimum", "1", "bare.csv")
        self.assertIsNone(bare["scores"])
        self.assertEqual(bare["probabilities"], whole["probabilities"])
        minimum = self.json("list", "net", "minima")[0]
        self.assertEqual(whole["scores"]["accuracy"], minimum["train"]["accuracy"])
        self.assertAlmostEqual(whole["scores"]["log_loss"], minimum["train"]["loss"], delta=1e-12)

    def test_several(self):
        count = len(self.json("list", "net", "minima"))
        each = [self.json("predict", "net", "--minimum", str(k + 1), self.iris) for k in range(count)]
        mean = self.json("predict", "net", "--minimum", "all", self.iris)
        self.assertEqual(mean["minima"], list(range(1, count + 1)))
        for i, row in enumerate(mean["probabilities"]):
            for c, p in enumerate(row):
                self.assertAlmostEqual(p, sum(e["probabilities"][i][c] for e in each) / count, delta=1e-14)

    def test_output(self):
        said = self.good("predict", "net", self.iris, "-o", "out.csv").out
        self.assertIn("accuracy", said)
        with open(self.path("out.csv")) as file:
            self.assertEqual(file.read(), self.good("predict", "net", self.iris).out)

    def test_refused(self):
        with open(self.iris) as file:
            text = file.read()
        self.write("misspelt.csv", text.replace("petal_width", "petal_widht", 1))
        self.assertIn("did you mean 'petal_widht'?", self.refused("predict", "net", "misspelt.csv"))
        self.write("class.csv", text.replace("setosa", "rose", 1))
        self.assertIn("class.csv:2: column 'species': 'rose'", self.refused("predict", "net", "class.csv"))
        self.write("word.csv", text.replace("5.1", "much", 1))
        self.assertIn("word.csv:2", self.refused("predict", "net", "word.csv"))
        self.assertIn("--minimum", self.refused("predict", "net", self.iris, "--minimum", "4711"))
        self.assertIn("one minimum", self.refused("export", "model", "net", "--minimum", "all", "-o", "x.npz"))
        self.assertIn("-o", self.refused("export", "model", "net"))
        self.write("there.csv", "x\n")
        self.assertIn("exists already", self.refused("predict", "net", self.iris, "-o", "there.csv"))
        self.write("f.toml", program.study(explore={"steps": 8}))
        self.good("run", "f.toml", "-o", "function", "--quiet")
        result = self.run_program("predict", "function", self.iris)
        self.assertNotEqual(result.status, 0)
        self.assertIn("predicts nothing", result.err)


class Values(program.Case):
    def test_own_unit(self):
        """A regression predicts in the target's own unit, and scores in it."""
        file = os.path.join(program.DATA, "diabetes.csv")
        self.write("s.toml", program.study({"file": file, "target": "progression"},
                                           {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-2},
                                           explore={"steps": 8}, connect={"budget": 0}))
        self.good("run", "s.toml", "-o", "net", "--quiet")
        answer = self.json("predict", "net", "--minimum", "1", file)
        with open(file, newline="") as stream:
            y = [float(row["progression"]) for row in csv.DictReader(stream)]
        self.assertEqual(len(y), answer["rows"])
        squares = sum((a - b) ** 2 for a, b in zip(y, answer["predicted"]))
        mean = sum(y) / len(y)
        self.assertAlmostEqual(answer["scores"]["rmse"], math.sqrt(squares / len(y)), delta=1e-9)
        self.assertAlmostEqual(answer["scores"]["r2"], 1 - squares / sum((v - mean) ** 2 for v in y), delta=1e-12)


if __name__ == "__main__":
    program.main()
