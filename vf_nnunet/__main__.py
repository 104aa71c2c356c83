"""`python -m vf_nnunet`."""

import sys

from vf_nnunet.cli import main

if __name__ == "__main__":
    sys.exit(main())
