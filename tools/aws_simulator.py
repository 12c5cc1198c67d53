"""Asks @cloud-copilot/iam-simulate, which runs in a process of its own.

    npm install @cloud-copilot/iam-simulate      (anywhere outside of this repository; AGPL-3.0, never shipped)
    NODE_PATH=that/node_modules python tools/aws_differential.py

Comes in: requests with their policies, without holes. Goes out: "Allowed", "ImplicitlyDenied", "ExplicitlyDenied", or
"error:" and why the simulator refuses to answer.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from types import TracebackType
from typing import Any

Json = dict[str, Any]

_RUNNER = """
const {runSimulation} = require('@cloud-copilot/iam-simulate');
const lines = require('readline').createInterface({input: process.stdin});
async function one(c) {
  try {
    const r = await runSimulation(c, {simulationMode: 'Strict'});
    return r.resultType === 'error' ? 'error:' + JSON.stringify(r.errors).slice(0, 300) : r.overallResult;
  } catch (e) { return 'error:' + e.message; }
}
(async () => {
  for await (const line of lines) {
    const out = [];
    for (const c of JSON.parse(line)) out.push(await one(c));
    process.stdout.write(JSON.stringify(out) + '\\n');
  }
})();
"""
_BATCH = 500


class Simulator:
    """One process, kept for all questions; use it in a `with`."""

    def __enter__(self) -> Simulator:
        self._process = subprocess.Popen(
            ["node", "-e", _RUNNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def ask(self, questions: Iterable[Json]) -> list[str]:
        """The verdicts, in order; raises `RuntimeError` when the process has died."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the simulator is not running")
        answers: list[str] = []
        listed = list(questions)
        for start in range(0, len(listed), _BATCH):
            stdin.write(json.dumps(listed[start : start + _BATCH]) + "\n")
            stdin.flush()
            line = stdout.readline()
            if not line:
                raise RuntimeError("the simulator has stopped; is it installed where NODE_PATH says?")
            answers.extend(json.loads(line))
        return answers
