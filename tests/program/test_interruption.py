"""Interruptions of every kind, at random moments: continued, the tables are those of an undisturbed run, in every column
of every point, hits included."""
import os
import random
import signal
import subprocess
import time

import program

MODEL = program.study({"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression", "test_fraction": 0.25},
                      {"kind": "mlp", "hidden": [3], "loss": "mse", "l2": 1e-3},
                      explore={"steps": 40 if program.SLOW else 200}, connect={"budget": 20 if program.SLOW else 80, "improve": 20})
CLUSTER = program.study(surface={"kind": "lennard-jones", "atoms": 7}, explore={"steps": 100},
                        connect={"goal": "exhaust", "unseen": 0.02 if program.SLOW else 5e-3})


class Interruptions(program.Case):
    def setUp(self):
        super().setUp()
        self.write("model.toml", MODEL)
        self.write("cluster.toml", CLUSTER)

    def undisturbed(self, name, *words):
        began = time.monotonic()
        self.good("run", name + ".toml", "-o", "whole", *words)
        return self.tables("whole"), time.monotonic() - began

    def strike(self, number, delay, *words):
        """Send the signal after the delay; the exit status and what was said."""
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        return program.Result(process.returncode, out.decode(), err.decode())

    def many_kills(self, name, seed):
        """Twenty kills that found the program at work. A folder that gets ready in between is compared, and the next
        one begun."""
        expected, seconds = self.undisturbed(name)
        for table in ("minima", "transition_states"):
            self.assertGreater(len(expected[table]), 2, table)
        moments = random.Random(seed)
        kills = folders = attempts = 0
        while kills < 20:
            attempts += 1
            self.assertLess(attempts, 200, "the program is never found at work")
            result = self.strike(signal.SIGKILL, moments.uniform(0, 0.4) * seconds, "run", name + ".toml", "-o",
                                 "cut%d" % folders)
            if result.status == -signal.SIGKILL:
                kills += 1
                continue
            self.assertEqual(result.status, 0, result.err)
            self.assert_same_tables(expected, self.tables("cut%d" % folders))
            folders += 1
        self.good("run", name + ".toml", "-o", "cut%d" % folders)
        self.assert_same_tables(expected, self.tables("cut%d" % folders))
        self.good("verify", "cut%d" % folders)
        self.assertEqual(set(os.listdir(self.path("cut%d" % folders))), program.FILES)

    def test_killed_model(self):
        self.many_kills("model", 1)

    def test_killed_cluster(self):
        self.many_kills("cluster", 2)

    def test_read_after_kill(self):
        """What is there after a kill can be looked at, and looking changes nothing of the run."""
        expected, seconds = self.undisturbed("model")
        result = self.strike(signal.SIGKILL, 0.6 * seconds, "run", "model.toml", "-o", "cut")
        if result.status == -signal.SIGKILL and os.path.exists(self.path("cut", "study.toml")):
            info = self.json("info", "cut")
            self.assertEqual(len(self.json("list", "cut", "minima")), info["minima"])
            self.good("report", "cut")
        self.good("run", "model.toml", "-o", "cut")
        self.assert_same_tables(expected, self.tables("cut"))

    def test_signals(self):
        expected, seconds = self.undisturbed("model")
        for number, fraction in ((signal.SIGINT, 0.25), (signal.SIGTERM, 0.6)):
            folder = "cut%d" % number
            for attempt in range(20):
                result = self.strike(number, fraction * seconds * 0.9 ** attempt, "run", "model.toml", "-o", folder)
                if result.status != 0 and result.status != -number:
                    break
                program.shutil.rmtree(self.path(folder), ignore_errors=True)  # too late, or too early: once more
            self.assertEqual(result.status, 130, result.err)
            self.assertEqual(result.out, "")
            self.assertEqual(result.err, "el4ml: interrupted; %s keeps what was found: run the same command again to "
                                         "continue\n" % folder)
            self.good("run", "model.toml", "-o", folder)
            self.assert_same_tables(expected, self.tables(folder))

    def test_stages_and_threads(self):
        expected, _ = self.undisturbed("model", "--threads", "1")
        for threads in ("2", "3"):
            self.good("run", "model.toml", "-o", "threads" + threads, "--threads", threads)
            self.assert_same_tables(expected, self.tables("threads" + threads))
        self.good("explore", "model.toml", "-o", "stages")
        explored = self.tables("stages")
        self.assertEqual(explored["transition_states"], [])
        self.good("connect", "model.toml", "-o", "stages")
        self.assert_same_tables(expected, self.tables("stages"))
        self.good("run", "model.toml", "-o", "other", "--seed", "2")
        self.assertNotEqual(expected["minima"], self.tables("other")["minima"])
        self.good("verify", "other")

    def test_second_program(self):
        """The second program on a folder says so and stops; readers do not."""
        self.write("long.toml", CLUSTER.replace("0.02", "1e-6").replace("0.005", "1e-6"))
        first = self.start("run", "long.toml", "-o", "out")
        try:
            for _ in range(600):
                if os.path.exists(self.path("out", "study.toml")) or first.poll() is not None:
                    break
                try:
                    first.wait(timeout=0.05)
                except subprocess.TimeoutExpired:
                    pass
            self.assertIsNone(first.poll())
            for command in ("run", "explore", "connect"):
                second = self.run_program(command, "long.toml", "-o", "out")
                self.assertEqual((second.status, second.out), (2, ""))
                self.assertEqual(second.err, "el4ml: out: another el4ml is working in this folder; wait for it or use -o\n")
            self.json("info", "out")
            self.json("list", "out", "minima")
            self.assertIsNone(first.poll())
        finally:
            first.send_signal(signal.SIGINT)
            first.communicate(timeout=60)
        self.assertEqual(first.returncode, 130)
        self.good("run", "cluster.toml", "-o", "out")  # and the folder is free again


if __name__ == "__main__":
    program.main()
