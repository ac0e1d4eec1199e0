"""gunicorn on a socket that somebody else holds, as systemd passes it.

That is descriptor 3 (see systemd.socket(5)).
"""

import os
import sys

if __name__ == "__main__":
    held, *arguments = sys.argv[1:]
    os.dup2(int(held), 3)
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    # The same process goes on
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606
