"""choose-k: planted groups are found, its JSON is what the manual says, bad input is refused."""
import os
import random

import program

ROW = {"clusters", "inertia", "minima", "transition_states", "components", "funnels", "temperature", "clusterings",
       "frustration", "barrier", "hits", "stability", "stability_error", "silhouette", "davies_bouldin", "gap", "gap_error"}


class ChooseK(program.Case):
    def planted(self, groups):
        generator = random.Random(groups)
        lines = ["a,b"]
        for i in range(40 * groups):
            lines.append("%r,%r" % (12 * (i % groups % 2) + generator.gauss(0, 1), 9 * (i % groups // 2) + generator.gauss(0, 1)))
        self.write("planted.csv", "\n".join(lines) + "\n")
        self.write("study.toml", program.study({"file": "planted.csv", "standardise": False}, {"kind": "kmeans", "clusters": 2},
                                               explore={"steps": 100}, connect={"budget": 300}))

    def test_planted(self):
        self.planted(3)
        found = self.json("choose-k", "study.toml", "--k", "2..5", "-o", "out")
        self.assertEqual(found["verdict"], 3)
        self.assertEqual([row["clusters"] for row in found["rows"]], [2, 3, 4, 5])
        for row in found["rows"]:
            self.assertEqual(set(row), ROW)
        self.assertEqual(set(found["criteria"]), {"landscape", "stability", "silhouette", "gap", "davies_bouldin"})
        self.assertIn("3 clusters", found["recommendation"])
        self.assertTrue(os.path.getsize(self.path("out", "choose_k.svg")) > 1000)
        self.assertEqual(self.json("verify", "out/k3")["faults"], [])
        again = self.good("choose-k", "study.toml", "--k", "2..5", "-o", "out")
        self.assertIn(found["recommendation"], again.out)

    def test_bad_input(self):
        self.planted(2)
        for k in ("5..2", "0..3", "two", "2..", "2..3x", "-1"):
            self.assertIn("--k", self.refused("choose-k", "study.toml", "--k", k, "-o", "out"))
        self.assertIn("training rows", self.refused("choose-k", "study.toml", "--k", "2..100", "-o", "out"))
        self.write("other.toml", program.study())
        self.assertIn("kmeans", self.refused("choose-k", "other.toml", "-o", "out"))


if __name__ == "__main__":
    program.main()
