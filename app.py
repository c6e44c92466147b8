"""Start the assistant: settings, an index that fits the corpus, the page. `python app.py`"""

from __future__ import annotations

import os
import sys

from assistant.commands.serve import serve
from assistant.errors import AssistantError
from assistant.page.ready import make_ready
from assistant.settings import read_settings


def main() -> int:
    """0 after a normal stop, 2 for anything the user can mend."""
    try:
        settings = read_settings(os.environ)
        warning = make_ready(settings)
        if warning:
            print(warning, file=sys.stderr)
        return serve(settings)
    except AssistantError as error:
        print(f"{error.problem}\n{error.remedy}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
