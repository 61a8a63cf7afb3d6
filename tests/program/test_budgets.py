"""Budgets and time limits: they may change between runs, and a goal that was not reached is said so."""
import os

import program


def text(steps, budget, **connect):
    return program.study({"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression"},
                         {"kind": "mlp", "hidden": [3], "loss": "mse", "l2": 1e-3},
                         explore={"steps": steps}, connect=dict({"budget": budget}, **connect))


class Budgets(program.Case):
    def run_study(self, content, folder, *words):
        self.write("s.toml", content)
        result = self.good("run", "s.toml", "-o", folder, *words)
        return result.out.splitlines()[-1], self.json("info", folder)

    def test_time_limit(self):
        """A limit too short for any work, then a longer one, then none: the end is that of an undisturbed run."""
        study = program.study(surface={"kind": "lennard-jones", "atoms": 7}, explore={"steps": 100},
                              connect={"goal": "exhaust", "unseen": 2e-2})
        last, info = self.run_study(study, "out", "--time-limit", "0.000001s")
        self.assertTrue(last.startswith("goal not reached: the time limit"), last)
        self.assertIs(info["goal_reached"], False)
        self.assertEqual(info["transition_states"], 0)
        last, _ = self.run_study(study, "out", "--time-limit", "0.3s", "--threads", "1")
        self.assertRegex(last, "goal reached|time limit")
        last, info = self.run_study(study, "out", "--time-limit=1h30m")
        self.assertTrue(last.startswith("goal reached: "), last)
        self.assertIs(info["goal_reached"], True)
        self.run_study(study, "whole")
        self.assert_same_tables(self.tables("whole"), self.tables("out"))

    def test_time_limit_holds_inside_a_batch(self):
        """Searches that take minutes are cut short; only CPU time is counted, since other programs may be running."""
        self.write("s.toml", program.study({"file": os.path.join(program.DATA, "digits.csv"), "target": "digit"},
                                           {"kind": "mlp", "hidden": [40, 40]}))
        before = os.times()
        result = self.good("run", "s.toml", "-o", "out", "--time-limit", "1s", "--quiet")
        after = os.times()
        self.assertLess(after.children_user - before.children_user, 60 if program.SLOW else 10)
        self.assertIs(self.json("info", "out")["goal_reached"], False)

    def test_budget_is_spent(self):
        last, info = self.run_study(text(100, 10), "out")
        self.assertEqual(last, "goal not reached: the budget was spent first; raise [connect] budget to continue")
        self.assertEqual((info["explore_runs"], info["searches"]), (100, 10))
        self.assertIs(info["goal_reached"], False)
        self.assertGreater(info["components"], 1)
        again, unchanged = self.run_study(text(100, 10), "out")
        self.assertEqual((again, dict(unchanged, seconds=0)), (last, dict(info, seconds=0)))

    def test_more_steps_continue(self):
        self.run_study(text(100, 0), "out")
        first = self.tables("out")
        _, info = self.run_study(text(300, 0), "out")
        self.assertEqual(info["explore_runs"], 300)
        grown = self.tables("out")
        self.assertGreater(len(grown["minima"]), len(first["minima"]))
        for before, after in zip(first["minima"], grown["minima"]):  # known points stay, but for their hits
            self.assertEqual(before[:6] + before[7:], after[:6] + after[7:])
            self.assertLessEqual(before[6], after[6])
        hits = sum(row[6] for row in grown["minima"])
        self.assertEqual(hits, 300 - info["explore_failures"])
        _, info = self.run_study(text(200, 0), "out")  # fewer than were done: nothing to do
        self.assertEqual(info["explore_runs"], 300)

    def test_more_budget_continues(self):
        self.run_study(text(100, 10), "out")
        few = self.tables("out")
        _, info = self.run_study(text(100, 40), "out")
        self.assertEqual(info["searches"], 40)
        many = self.tables("out")
        self.assertGreater(len(many["transition_states"]), len(few["transition_states"]))
        self.assertEqual([row[:6] for row in many["minima"][:len(few["minima"])]], [row[:6] for row in few["minima"]])

    def test_goals_change(self):
        study = program.study(explore={"steps": 40}, connect={"goal": "connected"})
        _, info = self.run_study(study, "out")
        self.assertTrue(info["goal_reached"])
        self.assertEqual((info["minima"], info["components"]), (4, 1))
        last, info = self.run_study(study.replace('"connected"', '"connected"\nimprove = 20'), "out")
        self.assertTrue(last.startswith("goal reached"), last)
        last, info = self.run_study(study.replace('"connected"', '"exhaust"\nunseen = 0.02'), "out")
        self.assertEqual((info["minima"], info["transition_states"]), (4, 4))  # Himmelblau: all there are
        self.assertIn("hardly ever", last)

    def test_not_finite(self):
        """A loss that overflows everywhere: failures are counted and told, nothing is stored."""
        self.write("d.csv", "a,b\n" + "".join("%d,%de200\n" % (k, k * k) for k in range(10)))
        self.write("s.toml", program.study({"file": "d.csv", "target": "b", "standardise": False},
                                           {"kind": "mlp", "hidden": [2], "loss": "mse"},
                                           explore={"steps": 16}, connect={"budget": 10}))
        result = self.good("run", "s.toml", "-o", "out")
        self.assertIn("16 searches met a value that was not finite", result.out)
        self.assertIn("no minimisation reached a minimum (16 failed)", result.out)
        self.assertEqual(result.out.splitlines()[-1], "goal not reached: no minimum was found")
        info = self.json("info", "out")
        self.assertEqual((info["minima"], info["global_minimum"], info["goal_reached"]), (0, None, False))
        self.assertEqual(set(os.listdir(self.path("out"))), program.FILES - {"figures"})  # nothing to draw
        for words in (["info", "out"], ["list", "out", "minima"], ["analyse", "out"], ["report", "out"], ["verify", "out"]):
            self.good(*words)


if __name__ == "__main__":
    program.main()
