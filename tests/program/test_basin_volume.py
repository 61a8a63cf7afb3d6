"""basin-volume: what it answers, what it refuses, that threads and kills change nothing."""
import math
import os
import pty
import signal
import xml.dom.minidom

import program

STARTS = {"measure", "level", "samples", "failed", "not_finite", "unknown_hits", "unseen_probability", "rank_correlation",
          "rank_correlation_p_value", "ranked", "time_up", "evaluations", "hessian_products", "hessians", "seconds", "basins"}
BOX = {"log_box_volume", "box_invariant"}
HITS = {"id", "energy", "hits", "probability", "interval", "lpphe", "harmonic"}
VOLUMES = {"log_volume", "standard_error", "log_volume_interval", "log_orbit_volume"}
TETHERS = {"samples", "tests", "acceptance", "tethers", "exchange", "drift", "converged"}
FEW = "200" if program.SLOW else "1000"


def function(name, **tables):
    return program.study(surface={"kind": "function", "name": name}, explore={"steps": 60, "method": "random"}, **tables)


def without_time(answer):
    return {key: value for key, value in answer.items() if key != "seconds"}


class Basins(program.Case):
    def setUp(self):
        super().setUp()
        self.write("h.toml", function("himmelblau"))
        self.good("run", "h.toml")
        self.before = program.listing(self.path("h"))

    def basins(self, *words, **options):
        answer = self.json("basin-volume", "h", *words, **options)
        self.assertEqual(program.listing(self.path("h")), self.before)
        return answer

    def test_probabilities_under_the_initialiser(self):
        answer = self.basins("--samples", FEW)
        self.assertEqual(set(answer), STARTS)
        self.assertEqual(answer["measure"], "initialiser")
        self.assertEqual(answer["samples"], int(FEW))
        self.assertEqual(len(answer["basins"]), 4)
        for basin in answer["basins"]:
            self.assertEqual(set(basin), HITS)
            low, high = basin["interval"]
            self.assertTrue(0 <= low <= basin["probability"] == basin["hits"] / int(FEW) <= high <= 1)
            self.assertAlmostEqual(basin["harmonic"], -basin["lpphe"] / 2, 12)
        self.assertEqual(sum(basin["hits"] for basin in answer["basins"]), int(FEW))
        self.assertEqual(answer, {**self.basins("--initialiser", "--samples", FEW), "seconds": answer["seconds"]})
        self.assertAlmostEqual(answer["unseen_probability"], 1 / int(FEW))

    def test_volumes_from_uniform_points(self):
        answer = self.basins("--box", "-5,5", "--samples", FEW, "--compare")
        self.assertEqual(set(answer), STARTS | BOX | {"misassigned_by_minimiser"})
        self.assertEqual(answer["measure"], "box")
        self.assertAlmostEqual(answer["log_box_volume"], math.log(100), 12)
        self.assertTrue(answer["box_invariant"])
        for basin in answer["basins"]:
            self.assertEqual(set(basin), HITS | VOLUMES)
            self.assertAlmostEqual(basin["log_volume"], math.log(100 * basin["probability"]), 12)
            low, high = basin["log_volume_interval"]
            self.assertTrue(low < basin["log_volume"] < high)
        self.assertAlmostEqual(sum(math.exp(basin["log_volume"]) for basin in answer["basins"]), 100, 6)

    def test_volumes_one_by_one(self):
        words = ["--box=-5,4.5,-4,5", "--minimum", "3,1", "--samples", "100"]
        answer = self.basins(*words)
        self.assertEqual(set(answer), (STARTS | BOX) - {"unknown_hits", "unseen_probability"})
        self.assertEqual(answer["measure"], "tethers")
        self.assertEqual([basin["id"] for basin in answer["basins"]], [3, 1])
        together = self.basins("--box=-5,4.5,-4,5", "--samples", FEW)["basins"]
        for basin in answer["basins"]:
            self.assertEqual(set(basin), (HITS | VOLUMES | TETHERS) - {"hits", "probability", "interval"})
            other = together[basin["id"] - 1]  # measured another way
            error = math.hypot(basin["standard_error"], other["standard_error"])
            self.assertLess(abs(basin["log_volume"] - other["log_volume"]), 5 * error)
        self.assertEqual(without_time(answer), without_time(self.basins(*words, "--threads", "1")))
        self.assertNotEqual(without_time(answer), without_time(self.basins(*words, "--seed", "12")))
        every = self.basins("--box=-6,6", "--minimum", "all", "--samples", "1")
        self.assertEqual([basin["id"] for basin in every["basins"]], [1, 2, 3, 4])

    def test_threads_and_seeds(self):
        one, two, other = (without_time(self.basins("--samples", FEW, *words)) for words in
                           (["--threads", "1"], ["--threads", "2"], ["--seed", "9"]))
        self.assertEqual(one, two)
        self.assertNotEqual(one["basins"], other["basins"])

    def test_text(self):
        text = self.good("basin-volume", "h", "--samples", "50").out
        self.assertIn("probability", text.splitlines()[0])
        self.assertIn("cost: ", text)
        text = self.good("basin-volume", "h", "--box=-5,5", "--minimum", "2", "--samples", "1", "--quiet")
        self.assertIn("ln(volume)", text.out.splitlines()[0])
        self.assertEqual(text.err, "")

    def test_map(self):
        answer = self.basins("--box=-6,6,-5,5", "--samples", "10", "--map", "map.svg")
        self.assertEqual(len(answer["basins"]), 4)
        picture = xml.dom.minidom.parse(self.path("map.svg"))
        self.assertEqual(picture.documentElement.tagName, "svg")
        self.assertEqual(len(picture.getElementsByTagName("circle")), 4)

    def test_refused(self):
        def refused(words, *texts):
            message = self.refused("basin-volume", *words)
            for text in texts:
                self.assertIn(text, message)
        refused(["nowhere"], "nowhere")
        refused(["h", "--minimum", "1"], "--minimum", "--box")
        refused(["h", "--map", "m.svg"], "--map", "--box")
        refused(["h", "--box", "-1,1", "--initialiser"], "--initialiser", "--box")
        refused(["h", "--box", "-1,1", "--minimum", "1", "--compare"], "--compare")
        for box in ("1,-1", "1", "1,2,3", "a,b", "-1,1,", "0,inf", "nan,1", "-1,1,-1,1,-1,1", "1,1"):
            refused(["h", "--box=" + box], "--box", box)
        for minima in ("0", "5", "1,9", "x", "1,", "-1", "1;2", "18446744073709551617"):
            refused(["h", "--box=-9,9", "--minimum=" + minima], "--minimum")
        refused(["h", "--box=100,101", "--minimum=1"], "outside the box")
        for samples in ("0", "-3", "1e4", "x"):
            refused(["h", "--samples=" + samples], "--samples")
        for tolerance in ("0", "-1", "2", "nan", "x"):
            refused(["h", "--tolerance=" + tolerance], "--tolerance")
        refused(["h", "--box=-6,6", "--map", "no/folder/m.svg", "--samples=1"], "no/folder")
        self.assertIn("does not take --box", self.refused("info", "h", "--box", "-1,1"))

    def test_time_limit_and_interruption(self):
        answer = self.basins("--samples", "1000000000", "--time-limit", "0.5")
        self.assertTrue(answer["time_up"])
        self.assertTrue(0 < answer["samples"] < 1000000000)
        terminal, its_end = pty.openpty()
        process = self.start("basin-volume", "h", "--samples", "1000000000", stderr=its_end)
        os.close(its_end)
        shown = b""
        while b" left" not in shown:  # the live line: it is at work
            shown += os.read(terminal, 65536)
        process.send_signal(signal.SIGINT)
        while True:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # closed by the program's end
                break
        os.close(terminal)
        out = process.communicate(timeout=60)[0]
        self.assertEqual((process.returncode, out), (130, b""))
        self.assertTrue(shown.replace(b"\r\n", b"\n").endswith(b"\r\x1b[Kel4ml: interrupted\n"), shown)


class Others(program.Case):
    def test_a_net(self):
        self.write("net.toml", program.iris([2], explore={"steps": 20}))
        self.good("explore", "net.toml")
        answer = self.json("basin-volume", "net", "--box=-2,2", "--samples", "60")
        self.assertTrue(answer["box_invariant"])
        first = answer["basins"][0]
        self.assertAlmostEqual(first["log_orbit_volume"] - first["log_volume"],
                               self.json("list", "net", "minima")[0]["log_multiplicity"], 9)
        self.assertFalse(self.json("basin-volume", "net", "--box=-2,1.9", "--samples", "10")["box_invariant"])
        self.assertIn("two variables", self.refused("basin-volume", "net", "--box=-2,2", "--map", "m.svg"))

    def test_a_cluster_has_no_isolated_minima(self):
        self.write("lj.toml", program.study(surface={"kind": "lennard-jones", "atoms": 4}, explore={"steps": 4}))
        self.good("explore", "lj.toml")
        self.assertEqual(self.json("basin-volume", "lj", "--samples", "30")["basins"][0]["hits"], 30)
        self.assertIn("zero modes", self.refused("basin-volume", "lj", "--box=-2,2", "--minimum=1"))

    def test_minima_that_are_not_known(self):
        self.write("s.toml", program.study(surface={"kind": "function", "name": "schwefel"}, explore={"steps": 3}))
        self.good("explore", "s.toml")
        known = len(self.json("list", "s", "minima"))
        answer = self.json("basin-volume", "s", "--samples", "300")
        strangers = answer["basins"][known:]
        self.assertGreater(len(strangers), 10)
        self.assertTrue(all(basin["id"] is None and basin["harmonic"] is None for basin in strangers))
        self.assertEqual(sum(basin["hits"] for basin in strangers), answer["unknown_hits"])
        self.assertIn("new", self.good("basin-volume", "s", "--samples", "30").out)


if __name__ == "__main__":
    program.main()
