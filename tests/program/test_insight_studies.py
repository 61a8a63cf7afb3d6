"""The studies of lines, reproducibility and conserved weights in their tiny form: they run and write what they promise."""
import json
import os
import subprocess

import program


class Studies(program.Case):
    def tiny(self, name, *files):
        script = os.path.join(program.SOURCE, "studies", name, "run")
        done = subprocess.run([script, "--tiny", "-o", self.path("out")], env={**os.environ, "EL4ML": program.EL4ML},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for file in files:
            self.assertGreater(os.path.getsize(self.path("out", file)), 0, file)
        with open(self.path("out", "table.md")) as file:
            table = file.read()
        self.assertEqual(table.strip(), done.stdout.decode().strip())
        self.assertTrue(os.path.exists(os.path.join(program.SOURCE, "studies", name, "README.md")))
        return table

    def test_conserved_weights(self):
        self.tiny("conserved_weights", "scores.json")
        with open(self.path("out", "scores.json")) as file:
            scores = json.load(file)["friedman"]
        self.assertEqual(len(scores), 2)
        for one in scores:
            self.assertEqual((one["relevant"], one["features"]), (5, 15))
            self.assertTrue(all(0 <= a <= 1 for a in one["auc"]))

    def test_reproducibility(self):
        table = self.tiny("reproducibility", "iris.json", "iris.svg")
        self.assertIn("| 1e-1 |", table)

    def test_linear_connectivity(self):
        table = self.tiny("linear_connectivity", "answers.json")
        self.assertIn("| iris | 4 | 1e-3 |", table)


if __name__ == "__main__":
    program.main()
