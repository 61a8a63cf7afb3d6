"""gp-advice on functions whose answer is known: data that leave one narrow fit; two fits that compete, made to have the
same evidence (a fast and small wave, signal or noise); and so few data that no point of the hyperparameters will do."""
import json
import os
import unittest
import xml.dom.minidom

import program

DATA = os.path.join(program.SOURCE, "tests", "data", "gp")
WAYS = [("point", True), ("minima", True), ("importance", True), ("slice", False), ("slice", True), ("hamiltonian", False),
        ("hamiltonian", True), ("sequential", False), ("sequential", True)]


class Advice(program.Case):
    def advise(self, name, *words, test=0, **surface):
        self.write("s.toml", program.study({"file": os.path.join(DATA, name + ".csv"), "target": "y", "test_fraction": test},
                                           dict({"kind": "gp"}, **surface), explore={"method": "random", "steps": 40},
                                           connect={"budget": 40}))
        found = self.json("gp-advice", "s.toml", "-o", "out", "--quiet", "--samples", "100", *words)
        self.assertEqual([(w["method"], w["guided"]) for w in found["ways"]], WAYS)
        with open(self.path("out", "gp_advice.json")) as file:
            self.assertEqual(json.load(file), found)
        xml.dom.minidom.parse(self.path("out", "gp_advice.svg"))
        reference = found["ways"][found["reference"]]
        self.assertTrue(reference["converged"])
        self.assertIsNone(reference["divergence"])
        for way in found["ways"][2:]:
            if way["converged"]:
                self.assertGreaterEqual(way["effective"], 100)
            if way["converged"] and way is not reference:  # the posterior again, up to what a set of samples tells
                self.assertLess(abs(way["divergence"]), 0.05)
        return found

    def ways(self, found, name):
        return {w["guided"]: w for w in found["ways"] if w["method"] == name}

    def test_one_fit(self):
        found = self.advise("one", "--evaluations", "50000", test=0.2)
        self.assertEqual((found["verdict"], found["verdict_of_sampling"]), ("point estimate", "point estimate"))
        self.assertEqual((found["minima"], found["funnels"], found["test_rows"]), (1, 1, 12))
        self.assertRegex(found["recommendation"], r"^The lowest minimum is enough: .*agrees\.$")
        self.assertFalse(found["ways"][found["reference"]]["guided"])
        for way in found["ways"]:
            self.assertLess(way["test_rmse"], 0.5)  # its noise is 0.2
            self.assertLess(abs(way["test_gain"]), 0.1)
        self.assertEqual(found["ways"][0]["test_gain"], 0)
        said = self.good("gp-advice", "s.toml", "-o", "out", "--quiet", "--samples", "100", "--evaluations", "3000").out
        self.assertIn("advice: point estimate", said)

    @unittest.skipIf(program.SLOW, "takes minutes; test_sampling and test_gp_advice have the samplers")
    def test_competing_fits(self):
        found = self.advise("competing", "--evaluations", "40000", noise_bounds=[1e-3, 100.0])
        self.assertEqual((found["verdict"], found["verdict_of_sampling"]), ("mixture over minima", "mixture over minima"))
        self.assertEqual((found["minima"], found["funnels"]), (2, 2))
        for p in found["occupation"]:
            self.assertAlmostEqual(p, 0.5, delta=0.01)
        self.assertGreater(found["point_divergence"], 1)
        # Chains that know of no second fit stay where they are, and know it; with the landscape all agree.
        for name in ("slice", "hamiltonian"):
            alone = self.ways(found, name)[False]
            self.assertFalse(alone["converged"])
            self.assertTrue(alone["r_hat"] > 1.5 or alone["missed_minimum"] in (1, 2))  # all chains began about one
            self.assertLess(self.ways(found, name)[True]["r_hat"], 1.1)
        self.assertTrue(self.ways(found, "sequential")[True]["converged"])

    @unittest.skipIf(program.SLOW, "takes minutes; test_sampling and test_gp_advice have the samplers")
    def test_few_rows(self):
        found = self.advise("few", "--evaluations", "60000")
        self.assertEqual((found["verdict"], found["verdict_of_sampling"]), ("full sampling", "full sampling"))
        self.assertGreater(found["mixture_divergence"], 0.1)
        # the evidence, from uniform points of the box and from the minima
        both = self.ways(found, "sequential")
        self.assertAlmostEqual(both[True]["log_evidence"], both[False]["log_evidence"], delta=0.3)
        self.assertAlmostEqual(self.ways(found, "importance")[True]["log_evidence"], both[False]["log_evidence"], delta=0.3)

    def test_wrong_use(self):
        self.write("s.toml", program.study())
        self.assertIn('no study of kind "gp"', self.refused("gp-advice", "s.toml"))
        self.assertIn("--evaluations", self.refused("gp-advice", "s.toml", "--evaluations", "0"))
        self.assertIn("--threshold", self.refused("run", "s.toml", "--threshold", "1"))
        self.write("g.toml", program.study({"file": os.path.join(DATA, "few.csv"), "target": "y"}, {"kind": "gp"}))
        self.assertIn("not above 0", self.refused("gp-advice", "g.toml", "--threshold", "-1"))


if __name__ == "__main__":
    program.main()
