// Claim: the Step Functions endpoint parses a JSONPath expression once, and one at a time, whichever execution asks: the parser
// that Python 3.10 gets mixes up expressions that are parsed at once.
import { expect, it } from "vitest";
import { enginePython, launcherFolder } from "../../src/engines/paths.ts";
import { runProgram } from "../backends/program.ts";

const program = `
import threading, time
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.utils import json_path

asked, at_work, together = [], 0, 0

def slow_parse(text):
    global at_work, together
    asked.append(text)
    at_work += 1
    together = max(together, at_work)
    time.sleep(0.01)
    at_work -= 1
    return text.upper()

json_path.parse = slow_parse
result_path.parse = lambda text: slow_parse("result " + text)
from step_functions_endpoint import json_paths
json_paths.parse_once()

wrong = []
def execution(parsers):
    for text in ("$.a", "$.b", "$.c"):
        for parser, expected in parsers:
            if parser.parse(text) != expected + text.upper():
                wrong.append(expected + text)

parsers = [(json_path, ""), (result_path, "RESULT ")]
orders = [parsers, parsers[::-1]] * 4
threads = [threading.Thread(target=execution, args=(order,)) for order in orders]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(asked), together, wrong)
`;

it("an expression is parsed once, and no two at a time", async () => {
  const { stdout, stderr } = await runProgram(enginePython, ["-c", program], {
    env: { PYTHONPATH: launcherFolder, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const asked = "['$.a', '$.b', '$.c', 'result $.a', 'result $.b', 'result $.c']";
  expect({ stdout, stderr }).toEqual({ stdout: `${asked} 1 []\n`, stderr: "" });
});
