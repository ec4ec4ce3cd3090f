#!/usr/bin/env python3
"""Counts the tests of a JUnit file that ctest wrote: count.py FILE.

The last line is `N passed, N failed`; those that skipped themselves (a test's own exit status 77)
are named before it. A test that could not be started counts as failed. Exit status 0 when some
passed and none failed.
"""

import sys
import xml.etree.ElementTree


def main():
    passed = []
    failed = []
    skipped = []
    for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
        name = case.get("name")
        mark = case.find("skipped")
        if mark is not None and mark.get("message", "").startswith("SKIP_RETURN_CODE"):
            skipped.append(name)
        elif case.get("status") == "run":
            passed.append(name)
        else:
            failed.append(name)
    for name in skipped:
        print(f"skipped: {name}")
    for name in failed:
        print(f"failed: {name}")
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
