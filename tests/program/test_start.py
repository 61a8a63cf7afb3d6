"""start = "weights.npz": a trained model to begin from, stored as others store theirs."""
import io
import os
import random
import struct
import zipfile

import program

SIZES = [4, 3, 3]  # iris, hidden = [3]


def npy(shape, values, dtype="<f8"):
    """numpy's format 1.0, NEP 1."""
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (dtype, tuple(shape))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    packed = struct.pack("<%d%s" % (len(values), {"<f8": "d", "<f4": "f"}[dtype]), *values)
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + packed


def npz(arrays, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, (shape, values) in arrays:
            archive.writestr(name + ".npy", npy(shape, values))
    return buffer.getvalue()


def layers(theta, sizes=SIZES):
    """Weights (units, inputs) row by row, and biases, of each layer."""
    at = 0
    for inputs, units in zip(sizes, sizes[1:]):
        yield inputs, units, theta[at:at + inputs * units], theta[at + inputs * units:at + (inputs + 1) * units]
        at += (inputs + 1) * units


def pytorch(theta, sizes=SIZES):
    arrays = []
    for k, (inputs, units, w, b) in enumerate(layers(theta, sizes)):
        arrays += [("%d.weight" % (2 * k), ((units, inputs), w)), ("%d.bias" % (2 * k), ((units,), b))]
    return arrays


def scikit(theta, sizes=SIZES):
    parts = list(layers(theta, sizes))
    turned = [("coefs_%d" % k, ((i, u), [w[j * i + m] for m in range(i) for j in range(u)]))
              for k, (i, u, w, b) in enumerate(parts)]
    return turned + [("intercepts_%d" % k, ((u,), b)) for k, (i, u, w, b) in enumerate(parts)]


class Start(program.Case):
    def setUp(self):
        super().setUp()
        self.plain = program.iris([3], explore={"steps": 64}, connect={"budget": 60})
        self.write("plain.toml", self.plain)
        self.write("s.toml", self.plain.replace("[explore]\n", '[explore]\nstart = "w.npz"\n'))

    def test_where_it_lies(self):
        self.good("run", "plain.toml", "-o", "plain")
        self.assertIsNone(self.json("info", "plain")["start"])
        minima = self.json("list", "plain", "minima", "--coordinates")
        ranked = sorted(minima, key=lambda m: m["energy"])
        self.assertGreaterEqual(len(ranked), 2)
        goal = ranked[1]
        draw = random.Random(3)
        theta = [x + draw.gauss(0, 1e-4) for x in goal["coordinates"]]
        reports = {}
        for name, content in (("pytorch", npz(pytorch(theta))), ("scikit", npz(scikit(theta))),
                              ("flat", npz([("theta", ((len(theta),), theta))])),
                              ("deflated", npz(pytorch(theta), zipfile.ZIP_DEFLATED))):
            self.write("w.npz", content)
            self.assertEqual(self.good("check", "s.toml").status, 0)
            self.good("run", "s.toml", "-o", name)
            reports[name] = self.json("info", name)["start"]
        first = reports["pytorch"]
        for name, report in reports.items():
            self.assertEqual(report, first, name)
        self.assertLess(abs(first["minimum_energy"] - goal["energy"]), 1e-9)
        self.assertGreater(first["energy"], first["minimum_energy"])
        self.assertLess(first["distance"], 0.1)
        self.assertGreater(first["gradient_rms"], 1e-8)
        found = self.json("list", "pytorch", "minima")
        self.assertEqual(found[first["minimum"] - 1]["energy"], first["minimum_energy"])
        self.assertEqual(first["rank"], 1 + sum(m["energy"] < first["minimum_energy"] for m in found))
        self.assertEqual(first["rank"], 2)
        said = self.good("info", "pytorch").out
        self.assertIn("falls to minimum %d " % first["minimum"], said)
        self.assertIn("rank 2", said)
        with open(self.path("pytorch", "report.html"), encoding="utf-8") as file:
            report = file.read()
        self.assertIn("w.npz", report)
        with open(self.path("pytorch", "study.toml")) as file:
            self.assertIn(self.path("w.npz"), file.read())

    def test_energy_of_a_known_point(self):
        """All weights zero: the classes are equally likely and V = ln 3."""
        self.write("w.npz", npz(pytorch([0.0] * 27)))
        self.good("run", "s.toml", "-o", "out")
        self.assertAlmostEqual(self.json("info", "out")["start"]["energy"], 1.0986122886681098, places=14)

    def test_square_layers(self):
        """Where every matrix is square the name decides: coef... is (inputs, units)."""
        study = program.iris([4], explore={"steps": 16}, connect={"budget": 5})
        self.write("s.toml", study.replace("[explore]\n", '[explore]\nstart = "w.npz"\n'))
        draw = random.Random(4)
        sizes = [4, 4, 3]
        theta = [draw.gauss(0, 1) for _ in range(35)]
        energies = []
        for k, arrays in enumerate((pytorch(theta, sizes), scikit(theta, sizes))):
            self.write("w.npz", npz(arrays))
            self.good("run", "s.toml", "-o", "out%d" % k)
            energies.append(self.json("info", "out%d" % k)["start"]["energy"])
        self.assertEqual(energies[0], energies[1])

    def test_wrong(self):
        theta = [0.1] * 27
        good = pytorch(theta)
        cases = [
            (good[:2], "1 matrices and 1 vectors for a model of 2 layers"),
            (good[:3], "w.npz"),
            ([("0.weight", ((5, 4), [0.0] * 20))] + good[1:], "'0.weight'"),
            (good[:1] + [("0.bias", ((4,), [0.0] * 4))] + good[2:], "'0.bias'"),
            (good[:1] + [("0.bias", ((1, 3), [0.0] * 3))] + good[2:], "'0.bias'"),
            (good + [("4.weight", ((3, 3), [0.0] * 9)), ("4.bias", ((3,), [0.0] * 3))], "'4.weight'"),
            (good + [("scale", ((), [1.0]))], "'scale'"),
            (good + [("stack", ((2, 2, 2), [1.0] * 8))], "'stack'"),
            ([("m%d" % k, ((2, 2), [1.0] * 4)) for k in range(40)], "'m0'"),
            ([("theta", ((26,), theta[:26]))], "w.npz"),
            ([], "w.npz"),
            ([("theta", ((27,), [float("nan")] * 27))], "not a finite number"),
        ]
        for arrays, said in cases:
            self.write("w.npz", npz(arrays))
            for command in ("run", "explore", "check"):
                message = self.refused(command, "s.toml")
                self.assertIn(self.path("w.npz"), message)
                self.assertIn(said, message)
        whole = npz(good)
        for content in (b"", whole[:60], whole[:-30], whole[:80] + b"\xff" * 20 + whole[100:], npy((27,), theta)):
            self.write("w.npz", content)
            self.assertIn(self.path("w.npz"), self.refused("run", "s.toml"))


if __name__ == "__main__":
    program.main()
