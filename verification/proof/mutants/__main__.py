"""Check that the proof notices changes: change the product in one place at a time and find a case that fails.

    python -m verification.proof.mutants              every mutant; exit 1 when one survives
    python -m verification.proof.mutants --only STEP  those whose name contains STEP

Nothing on disk changes: a definition is changed when it is read, a request before it is sent to the store. Every task
is left out, left without its Catch, and has its failure ignored; every condition of every write is dropped, and every
row that marks an effect is not written. A mutant that its own faults do not kill is judged by the saga checker or the
tests of its store, then by related faults, by the tests of all stores and workflows, and by every fault.
"""

import argparse
import multiprocessing
import sys
import warnings

from verification.proof.mutants import pool
from verification.proof.mutants.judgement import mutants


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m verification.proof.mutants", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", default="", help="judge the mutants whose name contains this")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="processes")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    chosen = (mutant for mutant in mutants() if options.only in str(mutant))
    judged = survived = 0
    for one in pool.verdicts(chosen, options.jobs):
        judged += 1
        survived += not one.killer
        how = f"{one.violation}\n    {one.killer}" if one.killer else "SURVIVED"
        print(f"{one.mutant} ({one.tried} cases)\n    {how}", flush=True)
    print(f"{judged} mutants, {judged - survived} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
