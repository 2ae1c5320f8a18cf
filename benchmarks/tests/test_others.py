"""Parts that are scripts of their own."""

import unittest
from pathlib import Path
from unittest import mock

from harness import others


class Asked(Exception):
    pass


class OthersTests(unittest.TestCase):
    """Parts that are scripts of their own are called with the server's program: without --only nobody calls them."""

    def test_scripts_are_called_with_the_server(self) -> None:
        for part, script in ((others.hostile, "hostile.py"), (others.bucket, "bucket.py")):
            with mock.patch("harness.others.run", side_effect=Asked) as run:
                with self.assertRaises(Asked):
                    part(mock.Mock())
            arguments = run.call_args.args[0]
            self.assertEqual(Path(arguments[1]).name, script)
            self.assertEqual(Path(arguments[arguments.index("--binary") + 1]).name, "till")


if __name__ == "__main__":
    unittest.main()
